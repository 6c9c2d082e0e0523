// -------------------------------------------------------------------------------------------- signals

const store = empty(),
  refs = new Map(),
  effects = new Set();
const due = [new Set(), new Set()]; // computed signals go first, so that no effect sees an old one
let depth = 0,
  current = null,
  changes = null;
const nameOf = (path) => `${path.join(".")}.`; // ends in a dot, so that a prefix is an ancestor

/** A copy that holds plain data only, and no key that reaches a prototype. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (Object(value) === value && !isPlain(value)) throw new TypeError("not plain data");
  return isPlain(value)
    ? Object.entries(value).reduce(
        (copy, [key, inner]) => ((copy[allowed(key)] = plain(inner)), copy),
        empty(),
      )
    : value;
}

function read(path) {
  let value = store;
  for (const key of path) {
    if (value === undefined || value === null) return undefined;
    value = value === store && !(key in store) ? refs.get(key) : property(value, key);
  }
  return value;
}

function put(into, path, value) {
  const last = path.at(-1);
  for (const key of path.slice(0, -1)) into = isPlain(into[key]) ? into[key] : (into[key] = empty());
  if (value === undefined) delete into[last];
  else into[last] = value;
}

/** Undefined takes the signal away. */
function write(path, value) {
  path.forEach(allowed);
  if (JSON.stringify(read(path)) === JSON.stringify((value = plain(value)))) return;
  put(store, path, value);
  put((changes ??= empty()), path, value ?? null);
  touch(nameOf(path));
}

function touch(name) {
  for (const each of effects)
    if (each !== current && each.paths.some((known) => known.startsWith(name) || name.startsWith(known)))
      due[each.rank].add(each);
}

/** A JSON merge patch: null removes. */
function merge(patch, onlyIfMissing, path = []) {
  for (const [key, value] of Object.entries(plain(patch))) {
    const inner = [...path, key];
    if (isPlain(value) && Object.keys(value).length) merge(value, onlyIfMissing, inner);
    else if (!onlyIfMissing || read(inner) === undefined) write(inner, value ?? undefined);
  }
}

/** Effects run after all of the work, each once. */
function batch(work) {
  depth++;
  try {
    return work();
  } finally {
    if (depth === 1) settle();
    depth--;
  }
}

const dispatch = (type, detail) => document.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));

function settle() {
  for (let left = 20000; left--;) {
    const [next] = due[0].size ? due[0] : due[1];
    if (next) {
      due[next.rank].delete(next);
      next.run();
    } else if (changes) {
      const detail = changes;
      changes = null;
      dispatch("datastar-signal-patch", detail);
    } else return;
  }
  due.forEach((each) => each.clear());
  console.error("Whence: effects without end");
}

/** Run now, and again whenever a signal that stands in the expression changes; returns what ends it. */
function effect(paths, work, rank = 1) {
  const self = { paths, rank, run };
  function run() {
    const outer = current;
    current = self;
    work();
    current = outer;
  }
  effects.add(self);
  batch(run);
  return () => {
    effects.delete(self);
    due[rank].delete(self);
  };
}

/** The signals whose names match, as [path, value]; local ones (an underscore begins their name) if asked for. */
function leaves({ include = "", exclude = "(^|\\.)_" } = {}, from = store, path = []) {
  return Object.entries(from).flatMap(([key, value]) => {
    const inner = [...path, key],
      name = inner.join(".");
    if (isPlain(value)) return leaves({ include, exclude }, value, inner);
    return RegExp(include).test(name) && !RegExp(exclude).test(name) ? [[inner, value]] : [];
  });
}
