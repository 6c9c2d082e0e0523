// The page's client: Datastar's markup and its two events, without `eval`. Expressions go through a small grammar
// that reaches signals and a few properties of the element and the event, and nothing else. What the server sends
// is parsed where nothing runs, stripped of all that could act, and morphed in by id.

const words = (text) => new Set(text.split(" "));
const empty = () => Object.create(null);
const isPlain = (value) =>
  Object(value) === value && [null, Object.prototype].includes(Object.getPrototypeOf(value));

function allowed(key) {
  if (/^(__proto__|constructor|prototype)$/.test(key)) throw new TypeError(`${key} is refused`);
  return key;
}
