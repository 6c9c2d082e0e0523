// Hands on the drawing: what is done on `<svg data-canvas>` by mouse, finger or keys becomes an event on it, wh-….
// It knows no addresses, and keeps what it knows by id, so that the server may draw anew at any time.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  r: ["rename"],
  t: ["role", { role: "treatment" }],
  y: ["role", { role: "outcome" }],
  u: ["latent"],
};
const canvas = () => document.querySelector("svg[data-canvas]");
const marks = (kind = ".node, .edge") => [...canvas().querySelectorAll(kind)];
const markOf = (el, kind = ".node, .edge") => (canvas()?.contains(el) ? el.closest(kind) : null);
const byId = (id) => document.getElementById(id);
const editing = () => canvas()?.dataset.canvas !== "read";
const on = (type, listen) => document.addEventListener(type, listen);

let selected = null,
  spot = [0, 0]; // the id of the mark that Tab comes to, and where it stands
let link = null; // {from, to}: an edge that is being drawn; `at` while it follows a pointer
let drag = null; // {id, from, by}: a node that is moved; `start` while it is held, `sent` until the server has drawn it there
let typing = 0;

const fire = (name, detail, target = canvas()) =>
  target.dispatchEvent(new CustomEvent(`wh-${name}`, { bubbles: true, detail }));
const round = (x) => Math.round(x * 10) / 10;

const say = (text) => document.querySelector("[data-say]")?.replaceChildren(text);

function inside({ clientX, clientY }) {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(canvas().getScreenCTM().inverse());
  return [round(x), round(y)];
}

function placeOf(mark) {
  if (mark.dataset.x) return [+mark.dataset.x, +mark.dataset.y];
  const { x, y, width, height } = mark.getBBox();
  return [x + width / 2, y + height / 2];
}

const moved = (mark) => placeOf(mark).map((at, i) => round(at + drag.by[i]));

/** The nearest in a direction, or in any; what lies aside counts for farther away. */
function nearest([x, y], [dx, dy], among) {
  const far = (mark) => {
    const [a, b] = placeOf(mark),
      along = (a - x) * dx + (b - y) * dy;
    if (!dx && !dy) return Math.hypot(a - x, b - y);
    return along > 0.5 ? along + 2 * Math.abs((a - x) * dy + (b - y) * dx) : Infinity;
  };
  return among.filter((mark) => far(mark) < Infinity).sort((a, b) => far(a) - far(b))[0];
}

function select(mark) {
  selected = mark.id;
  mark.focus();
  fire("select", { id: selected });
  show();
}

const set = (el, name, value) => el.getAttribute(name) === value || el.setAttribute(name, value);

/** Put on the drawing what the hand is about: the place of Tab, the node that moves, the edge that is drawn. */
function show() {
  const svg = canvas(),
    lines = [];
  if (!svg) return;
  const lost = selected && !byId(selected),
    near = lost ? nearest(spot, [0, 0], marks()) : byId(selected);
  const stop = near ?? marks(".node")[0];
  for (const mark of marks()) set(mark, "tabindex", mark === stop ? "0" : "-1");
  // The mark is gone: whoever stood on it stands on the next.
  if (lost && [null, document.body].includes(document.activeElement)) (near ?? svg).focus();
  selected = near?.id;
  if (near) spot = placeOf(near);

  const node = drag && byId(drag.id);
  if (!node) drag = null;
  else if (drag.sent && `${placeOf(node)}` !== drag.from) settle();
  else if (`${drag.by}` !== "0,0") {
    const by = drag.by.map((length) => `${length}px`).join(" ");
    if (node.style.translate !== by) node.style.translate = by;
    for (const {
      dataset: { from, to },
    } of marks(".edge")) {
      const other = byId(from === drag.id ? to : to === drag.id ? from : "");
      if (other) lines.push(moved(node), placeOf(other));
    }
  }
  const from = link && byId(link.from);
  if (from) lines.push(placeOf(from), byId(link.to) ? placeOf(byId(link.to)) : (link.at ?? placeOf(from)));
  let rubber = svg.querySelector(".rubber");
  if (!lines.length) return void rubber?.remove();
  rubber ??= svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
  set(rubber, "class", "rubber");
  set(rubber, "pointer-events", "none");
  set(rubber, "d", lines.map(([x, y], i) => `${"ML"[i % 2]}${x} ${y}`).join(""));
}

function settle() {
  if (drag && byId(drag.id)) byId(drag.id).style.translate = "";
  drag = null;
}

/** Tell where the node is now. It stays there until the server has drawn it, or has had its time. */
function drop() {
  if (!drag || !byId(drag.id) || `${drag.by}` === "0,0") return settle();
  const now = Object.assign(drag, { start: null, sent: true }),
    [x, y] = moved(byId(drag.id));
  fire("move", { id: drag.id, x, y });
  setTimeout(() => {
    if (drag === now) {
      settle();
      show();
    }
  }, 3000);
}

function connect(mark) {
  const { from, to } = link;
  link = null;
  say("");
  if (mark && byId(to)) fire("connect", { from, to, mark });
  show();
}

// ------------------------------------------------------------------------------------------- pointers

on("pointerdown", (evt) => {
  const mark = markOf(evt.target);
  if (!mark || evt.button) return;
  evt.preventDefault(); // no text is selected on the way
  settle();
  select(mark);
  if (!editing() || !mark.matches(".node")) return;
  if (evt.shiftKey || evt.target.closest(".handle")) link = { from: mark.id, at: inside(evt) };
  else drag = { id: mark.id, from: `${placeOf(mark)}`, by: [0, 0], start: inside(evt) };
});

on("pointermove", (evt) => {
  if (link?.at) {
    const under = markOf(document.elementFromPoint(evt.clientX, evt.clientY), ".node")?.id;
    Object.assign(link, { at: inside(evt), to: under === link.from ? null : under });
  } else if (drag?.start) {
    const by = inside(evt).map((at, i) => round(at - drag.start[i]));
    if (`${drag.by}` !== "0,0" || Math.hypot(...by) > 4) drag.by = by;
  } else return;
  show();
});

on("pointerup", (evt) => {
  if (link?.at) connect(evt.altKey ? "<->" : "->");
  else if (drag?.start) drop();
});

on("pointercancel", () => {
  link = null;
  settle();
  show();
});

on("dblclick", (evt) => {
  if (!editing() || !canvas()?.contains(evt.target)) return;
  const mark = markOf(evt.target),
    [x, y] = inside(evt);
  if (mark) fire("open", { id: mark.id });
  else fire("add", { x, y });
});

on("focusin", ({ target }) => {
  if (markOf(target) === target && target.id !== selected && !link) select(target);
});

// ------------------------------------------------------------------------------------------- keyboard

/** What a key does in the drawing; true if it was meant for it. */
function pressed(key, shift, mark) {
  const node = mark?.matches(".node"),
    id = mark?.id,
    arrow = ARROWS[key];
  if (link) {
    const next =
      arrow &&
      nearest(
        placeOf(byId(link.to ?? link.from)),
        arrow,
        marks(".node").filter((each) => each.id !== link.from),
      );
    if (next) {
      link.to = next.id;
      say(next.getAttribute("aria-label"));
      show();
    }
    if (key === "Escape" || key === "Tab") connect(null);
    if (key === "Enter" || key === "c") connect(key === "c" ? "<->" : "->");
    return key !== "Tab";
  }
  if (arrow && !shift) {
    const next = mark ? nearest(placeOf(mark), arrow, marks()) : marks()[0];
    if (next) select(next);
  } else if (!editing()) return false;
  else if (arrow && node) {
    if (drag?.id !== id) {
      settle();
      drag = { id, from: `${placeOf(mark)}`, by: [0, 0] };
    }
    drag.by = drag.by.map((by, i) => by + 8 * arrow[i]);
    drag.sent = false;
    clearTimeout(typing);
    typing = setTimeout(drop, 250); // once the keys rest
    show();
  } else if (key === "n") {
    const { x, y, width, height } = canvas().viewBox.baseVal,
      [left, top] = mark ? placeOf(mark) : [x + width / 2, y + height / 2 - 80];
    fire("add", { x: round(left), y: round(top + 80) });
  } else if (mark && key === "Enter") fire("open", { id });
  else if (mark && (key === "Delete" || key === "Backspace")) fire("remove", { id });
  else if (node && key === "e") {
    link = { from: id };
    say(
      `An edge from ${mark.getAttribute("aria-label")} Arrow keys choose where to, Enter draws it, C a common cause.`,
    );
    show();
  } else if (node && Object.hasOwn(KEYS, key)) fire(KEYS[key][0], { id, ...KEYS[key][1] });
  else return false;
  return true;
}

on("keydown", (evt) => {
  const { target, shiftKey, altKey } = evt,
    key = evt.key.length > 1 ? evt.key : evt.key.toLowerCase();
  if (altKey) return;
  if (evt.ctrlKey || evt.metaKey) {
    if ((key !== "z" && key !== "y") || target.closest("input, textarea, select, [contenteditable]")) return;
    fire(key === "y" || shiftKey ? "redo" : "undo", {}, document);
  } else if (!canvas()?.contains(target) || !pressed(key, shiftKey, markOf(target))) return;
  evt.preventDefault();
});

// ------------------------------------------------------------------------------------- files and copies

for (const type of ["dragover", "dragleave", "drop"])
  on(type, (evt) => {
    const zone = evt.target.closest?.("[data-drop]"),
      { types, files } = evt.dataTransfer;
    if (!types.includes("Files")) return;
    evt.preventDefault(); // a file that misses must not take the page's place
    zone?.classList.toggle("dropping", type === "dragover");
    if (type !== "drop" || !zone || !files.length) return;
    const input = zone.querySelector("input[type=file]");
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

on("click", async ({ target }) => {
  const source = byId(target.closest?.("[data-copy]")?.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    say("Copied.");
  } catch {
    say("Not copied.");
  }
});

new MutationObserver(show).observe(document.body, {
  subtree: true,
  childList: true,
  attributeFilter: ["tabindex", "style", "data-x", "data-y"],
});
show();
