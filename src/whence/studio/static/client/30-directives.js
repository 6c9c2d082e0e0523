// ----------------------------------------------------------------------------------------- directives

const wired = new WeakMap(); // element -> attribute -> {value, stop, again}
const entriesOf = (el) => wired.get(el) ?? wired.set(el, new Map()).get(el);
const camel = (key) => key.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
const shown = (value) => (Object(value) === value ? JSON.stringify(value) : `${value ?? ""}`);
const milliseconds = (text) => parseFloat(text) * (/\ds$/.test(text) ? 1000 : 1);

/** Not more often than the modifiers say: debouncing waits anew at each call, throttling does not. */
function paced(act, { delay, debounce, throttle }) {
  const tags = debounce ?? throttle ?? "",
    wait = milliseconds(tags[0]);
  if (delay) return (evt) => setTimeout(act, milliseconds(delay[0]), evt);
  if (!tags) return act;
  const leading = debounce ? tags.includes("leading") : !tags.includes("noleading");
  const trailing = debounce ? !tags.includes("notrailing") : !leading || tags.includes("trailing");
  let timer, last;
  function tick() {
    const evt = last;
    timer = last = null;
    if (!evt || !trailing) return;
    if (!debounce) timer = setTimeout(tick, wait);
    act(evt);
  }
  return (evt) => {
    if (leading && !timer) act(evt);
    else last = evt;
    if (timer && !debounce) return;
    clearTimeout(timer);
    timer = setTimeout(tick, wait);
  };
}

/** What a form field says, as a signal; the type of the signal that is there is kept. */
function taken(el, old) {
  const { value, type, checked } = el;
  if (type === "checkbox") {
    if (Array.isArray(old)) return old.filter((each) => each !== value).concat(checked ? value : []);
    return el.hasAttribute("value") && typeof old !== "boolean" ? (checked ? value : "") : checked;
  }
  if (type === "radio" && !checked) return old ?? "";
  if (type === "select-multiple") return Array.from(el.selectedOptions, (each) => each.value);
  if (type === "file") return Array.from(el.files, (file) => ({ name: file.name, mime: file.type })); // the bytes go by a form
  if (typeof old !== "number" && type !== "number" && type !== "range") return value;
  return value === "" || isNaN(value) ? old : +value;
}

function fill(el, value) {
  const text = shown(value),
    many = Array.isArray(value),
    busy = el === document.activeElement,
    { type, selectionStart, selectionEnd } = el;
  if (type === "checkbox")
    el.checked = many ? value.includes(el.value) : typeof value === "string" ? text === el.value : value;
  else if (type === "radio") el.checked = text === el.value;
  else if (type === "select-multiple")
    for (const each of el.options) each.selected = many && value.includes(each.value);
  // A number that is being typed ("1.50") is left as it stands; so is the caret.
  else if (
    type !== "file" &&
    el.value !== text &&
    !(busy && typeof value === "number" && +el.value === value)
  ) {
    el.value = text;
    if (busy && (selectionStart ?? null) !== null) el.setSelectionRange(selectionStart, selectionEnd);
  }
}

// What only shows a value; done again after a morph, which has put there what the server sent.
const PAINTERS = {
  text(el, value) {
    if (el.textContent !== shown(value)) el.textContent = shown(value);
  },
  show(el, value) {
    el.style.display = value ? "" : "none";
  },
  class(el, value) {
    for (const [names, on] of Object.entries(value))
      for (const name of names.split(" ")) el.classList.toggle(name, !!on);
  },
  attr(el, value) {
    for (const [name, given] of Object.entries(value)) {
      if (isUnsafe(name, given)) throw new TypeError(`${name} may not be set`);
      if (given === false || (given ?? null) === null) el.removeAttribute(name);
      else el.setAttribute(name, given === true ? "" : shown(given));
    }
  },
};

// What begins something, and returns what ends it.
const DIRECTIVES = {
  signals({ el, key, path, mods, code }) {
    const value = code({ el }),
      patch = empty();
    if (key) put(patch, path, value ?? "");
    batch(() => merge(key ? patch : value, mods.ifmissing));
  },
  computed: ({ el, path, code, guarded }) =>
    effect(code.paths, () => guarded(() => write(path, code({ el }))), 0),
  effect: ({ code, act }) => effect(code.paths, act),
  init: ({ act, mods }) => void paced(act, mods)(),
  ref({ el, path: [name] }) {
    refs.set(name, el);
    batch(() => touch(nameOf([name])));
    return () => refs.delete(name);
  },
  bind({ el, path, entry, guarded }) {
    const listen = () => batch(() => write(path, taken(el, read(path))));
    if (el.type === "radio") el.name ||= path.join(".");
    if (read(path) === undefined) listen();
    entry.again = () => guarded(() => fill(el, read(path)));
    const stops = [on(el, "input", listen), on(el, "change", listen), effect([nameOf(path)], entry.again)];
    return () => stops.forEach((stop) => stop());
  },
  indicator({ el, path }) {
    let going = 0;
    const count = (more) => batch(() => write(path, (going += more) > 0));
    count(0);
    return on(
      document,
      "datastar-fetch",
      ({ detail: { type, el: from } }) => from === el && count({ started: 1, finished: -1 }[type] ?? 0),
    );
  },
  on({ el, key, mods, act }) {
    const far = mods.outside || mods.document || /^datastar-(fetch|signal-patch)$/.test(key),
      later = paced(act, mods);
    const stop = on(
      mods.window ? window : far ? document : el,
      key,
      (evt) => {
        if (mods.outside && el.contains(evt.target)) return;
        if (mods.prevent || (key === "submit" && el.localName === "form")) evt.preventDefault();
        if (mods.stop) evt.stopPropagation();
        if (mods.once) stop();
        later(evt);
      },
      { capture: !!mods.capture, passive: mods.passive && true },
    );
    return stop;
  },
};

function on(target, type, listen, options) {
  target.addEventListener(type, listen, options);
  return () => target.removeEventListener(type, listen, options);
}

/** Wire one attribute. Whatever is wrong with it is told once, and the page goes on. */
function start(el, name, value) {
  const [head, ...tags] = name.slice(5).split("__"),
    [plugin, key] = head.split(/:(.*)/s);
  const paint = Object.hasOwn(PAINTERS, plugin) && PAINTERS[plugin],
    entry = { value };
  if (!paint && !Object.hasOwn(DIRECTIVES, plugin)) return;
  entriesOf(el).set(name, entry);
  function guarded(work) {
    try {
      if (!entry.over) work();
    } catch ({ message }) {
      if (!entry.told) console.error(`Whence: ${name} on <${el.localName} id="${el.id}">: ${message}`);
      entry.told = true;
    }
  }
  guarded(() => {
    const named = /^(bind|ref|indicator)$/.test(plugin),
      code = named ? null : parse(value);
    if (paint) {
      entry.again = () =>
        guarded(() => {
          const now = code({ el });
          paint(el, key ? { [key]: now } : now);
        });
      entry.stop = effect(code.paths, entry.again);
      return;
    }
    const mods = empty();
    for (const tag of tags) {
      const [mod, ...rest] = tag.split(".");
      mods[mod] = rest;
    }
    const path = (key ? camel(key) : value).split(".");
    if (named) path.forEach(allowed);
    const act = (evt) => guarded(() => batch(() => code({ el, evt })));
    entry.stop = DIRECTIVES[plugin]({ el, key, path, mods, code, act, entry, guarded });
  });
}

function stop(el, name) {
  const entry = wired.get(el).get(name);
  wired.get(el).delete(name);
  entry.over = true;
  entry.stop?.();
  if (name === "data-show") el.style.display = "";
}

/** Wire what is not wired. */
function rewire(el) {
  if (el.closest("[data-ignore]")) return;
  for (const { name, value } of [...el.attributes])
    if (name.startsWith("data-") && !wired.get(el)?.has(name)) start(el, name, value);
}

const within = (node) => (node.nodeType === 1 ? [node, ...node.querySelectorAll("*")] : []);
const wire = (node) => within(node).forEach(rewire);

function unwire(node) {
  for (const el of within(node)) {
    for (const name of wired.get(el)?.keys() ?? []) stop(el, name);
    for (const job of jobs.get(el)?.values() ?? []) if (job.lasting) job.end();
  }
}
