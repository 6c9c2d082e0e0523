// ---------------------------------------------------------------------------------------- expressions

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+)|("(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|([$@]?[a-z_]\w*)|[=!]==|=>|\?\?|\|\||&&|[-+=!<>]=|\+\+|--|[-+*/%<>=!?:.,;()[\]{}]|$)/iy;
const [NUMBER, STRING, WORD] = [1, 2, 3];
const CONSTANTS = { true: true, false: false, null: null, undefined: undefined };
const MATH = words("round min max abs");
const CALLABLE = words(
  "includes startsWith endsWith trim toLowerCase toUpperCase toFixed slice join indexOf preventDefault stopPropagation focus blur select showModal close click requestSubmit reset",
);
const READABLE = words(
  "id tagName name type value checked disabled open hidden textContent dataset files form length key detail target currentTarget ctrlKey shiftKey altKey metaKey",
);
const UNARY = { "!": (a) => !a, "-": (a) => -a, "+": (a) => +a };
// How tightly each binds; below these are 0, a sequence, and 1, an assignment or a choice.
const BINARY = {
  "??": [2, (a, b) => a() ?? b()],
  "||": [3, (a, b) => a() || b()],
  "&&": [4, (a, b) => a() && b()],
  "==": [5, (a, b) => a() == b()],
  "!=": [5, (a, b) => a() != b()],
  "===": [5, (a, b) => a() === b()],
  "!==": [5, (a, b) => a() !== b()],
  "<": [6, (a, b) => a() < b()],
  "<=": [6, (a, b) => a() <= b()],
  ">": [6, (a, b) => a() > b()],
  ">=": [6, (a, b) => a() >= b()],
  "+": [7, (a, b) => a() + b()],
  "-": [7, (a, b) => a() - b()],
  "*": [8, (a, b) => a() * b()],
  "/": [8, (a, b) => a() / b()],
  "%": [8, (a, b) => a() % b()],
};

const isData = (of) =>
  typeof of === "string" || Array.isArray(of) || isPlain(of) || of instanceof DOMStringMap;
const isOfPage = (of) => [Event, Element, FileList].some((kind) => of instanceof kind);

function property(of, key) {
  allowed(key);
  if (isData(of)) return Object.hasOwn(of, key) ? of[key] : undefined;
  if (isOfPage(of) && READABLE.has(`${key}`)) return of[key];
  throw new TypeError(`${key} may not be read`);
}

function method(of, key, args) {
  if (!CALLABLE.has(key) || isPlain(of) || !(isData(of) || isOfPage(of) || typeof of === "number"))
    throw new TypeError(`${key} may not be called`);
  return of[key](...args);
}

/** A literal, in either quotes, by the rules of JSON. */
const unquoted = (text) =>
  JSON.parse(
    `"${text.slice(1, -1).replace(/\\[^'"]|\\?(["'])/g, (pair, quote) => (quote === '"' ? '\\"' : (quote ?? pair)))}"`,
  );

/**
 * An expression as a function of {el, evt}, with the paths of the signals that it reads. Pratt's parser: a node is
 * a function, with a `path` if it may be assigned, and `of` and `key` if it may be called.
 */
function parse(source) {
  let kind,
    text,
    end = 0,
    paths = new Set();

  function fail(what = text || "end") {
    throw new SyntaxError(`unexpected ${what} in ${source}`);
  }
  function take() {
    const taken = text;
    TOKEN.lastIndex = end;
    const found = TOKEN.exec(source) ?? fail(source.slice(end));
    end = TOKEN.lastIndex;
    kind = found.findIndex((part, i) => i && part);
    text = found[0].trim();
    return taken;
  }
  const skip = (mark) => text === mark && (take(), true);
  const expect = (...marks) => marks.forEach((mark) => skip(mark) || fail());
  const word = () => (kind === WORD && /^\w/.test(text) ? allowed(take()) : fail());

  function list(close, item) {
    const items = [];
    while (!skip(close)) {
      items.push(item());
      if (text !== close) expect(",");
    }
    return (c) => items.map((each) => each(c));
  }
  const values = (close) => list(close, () => expression(1));
  function entry() {
    const key = kind === STRING ? allowed(unquoted(take())) : kind === NUMBER ? take() : word();
    expect(":");
    const value = expression(1);
    return (c) => [key, value(c)];
  }
  function signal(path) {
    paths.add(path);
    return Object.assign(() => read(path), { path });
  }
  function member(of) {
    const key = word();
    paths.delete(of.path);
    return Object.assign(of.path ? signal([...of.path, key]) : (c) => property(of(c), key), { of, key });
  }
  function within(close, floor = 0) {
    const inner = expression(floor);
    expect(close);
    return (c) => inner(c);
  }
  function named(name) {
    const key = name.slice(1);
    if (name[0] === "$") return signal([allowed(key)]);
    if (name === "@peek") {
      const before = new Set(paths);
      expect("(", "(", ")", "=>");
      const inner = within(")", 1);
      paths = before;
      return inner;
    }
    if (name[0] === "@") {
      if (!Object.hasOwn(ACTIONS, key)) fail(name);
      expect("(");
      const args = values(")");
      return (c) => ACTIONS[key](c, ...args(c));
    }
    if (name === "el" || name === "evt") return (c) => c[name];
    if (Object.hasOwn(CONSTANTS, name)) return () => CONSTANTS[name];
    if (name === "location")
      return (expect(".", "href"), Object.assign(() => location.href, { leave: true }));
    if (name !== "Math") fail(name);
    expect(".");
    const which = word();
    if (!MATH.has(which)) fail(which);
    expect("(");
    const args = values(")");
    return (c) => Math[which](...args(c));
  }
  function operand() {
    if (kind === NUMBER) {
      const value = +take();
      return () => value;
    }
    if (kind === STRING) {
      const value = unquoted(take());
      return () => value;
    }
    if (kind === WORD) return named(take());
    if (skip("(")) return within(")");
    if (skip("[")) return values("]");
    if (skip("{")) {
      const entries = list("}", entry);
      return (c) => plain(Object.fromEntries(entries(c)));
    }
    if (/^(\+\+|--)$/.test(text)) return stepped(take(), expression(9));
    const apply = Object.hasOwn(UNARY, text) ? UNARY[take()] : fail(),
      inner = expression(9);
    return (c) => apply(inner(c));
  }
  function assigned({ path, leave }, value) {
    if (leave) return (c) => location.assign(ownAddress(value(c)));
    if (!path) fail("assignment");
    return (c) => {
      const now = value(c, () => read(path));
      batch(() => write(path, now));
      return now;
    };
  }
  const stepped = (sign, of) => assigned(of, (c, old) => (sign === "++" ? +old() + 1 : old() - 1));

  function expression(floor) {
    for (let left = operand(); ;) {
      const before = left;
      if (skip(".")) left = member(before);
      else if (skip("[")) {
        const key = within("]");
        left = (c) => property(before(c), key(c));
      } else if (skip("(")) {
        const { of, key } = before,
          args = of ? values(")") : fail();
        left = (c) => method(of(c), key, args(c));
      } else if (/^(\+\+|--)$/.test(text)) {
        const sign = take(),
          now = stepped(sign, before);
        left = (c) => (sign === "++" ? now(c) - 1 : now(c) + 1);
      } else if (Object.hasOwn(BINARY, text) && BINARY[text][0] > floor) {
        const [power, apply] = BINARY[take()],
          after = expression(power);
        left = (c) =>
          apply(
            () => before(c),
            () => after(c),
          );
      } else if (floor < 2 && skip("?")) {
        const yes = within(":", 1),
          no = expression(1);
        left = (c) => (before(c) ? yes : no)(c);
      } else if (floor < 2 && /^[-+]?=$/.test(text)) {
        const sign = take(),
          after = expression(1);
        if (sign === "=") paths.delete(before.path);
        left = assigned(before, (c, old) =>
          sign === "=" ? after(c) : BINARY[sign[0]][1](old, () => after(c)),
        );
      } else if (floor < 1 && skip(",")) {
        const after = expression(1);
        left = (c) => (before(c), after(c));
      } else return left;
    }
  }

  take();
  const steps = [];
  while (text)
    if (!skip(";")) {
      steps.push(expression(0));
      if (text) expect(";");
    }
  return Object.assign((c) => steps.reduce((_, step) => step(c), undefined), {
    paths: [...paths].map(nameOf),
  });
}

function ownAddress(to) {
  const address = new URL(to, location.href);
  if (address.origin !== location.origin) throw new TypeError("not of this server");
  return address;
}
