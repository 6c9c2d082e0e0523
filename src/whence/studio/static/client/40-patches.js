// -------------------------------------------------------------------------------------------- patches

const policy = globalThis.trustedTypes?.createPolicy("whence", { createHTML: (html) => html });

/** Attributes that act, or break the policy of content: handlers, inline styles, addresses that are scripts. */
function isUnsafe(name, value) {
  const script = /^(javascript|data(?!:image\/)):/i.test(`${value}`.replace(/[\0-\x20]/g, ""));
  return (
    /^(on|srcdoc$|style$)/i.test(name) ||
    (script && /^(.*:)?(href|src|action|formaction|data)$/i.test(name))
  );
}

function strip(root) {
  for (const el of root.querySelectorAll("*")) {
    const animated = /href|^on|style/i.test(el.getAttribute("attributeName"));
    if (
      animated ||
      /^(script|style|link|iframe|frame|object|embed|base)$/i.test(el.localName) ||
      el.hasAttribute("http-equiv")
    )
      el.remove();
    // Not el.attributes: in a form, that may be a field of this name.
    for (const name of el.getAttributeNames())
      if (isUnsafe(name, el.getAttribute(name))) el.removeAttribute(name);
    if (el.content?.append) strip(el.content);
  }
}

function parsed(html, namespace) {
  const template = document.createElement("template"),
    outer = { svg: "svg", mathml: "math" }[namespace];
  if (outer) html = `<${outer}>${html}</${outer}>`;
  template.innerHTML = policy ? policy.createHTML(html) : html;
  strip(template.content);
  return outer ? template.content.firstChild : template.content;
}

const alike = (a, b) => a.nodeName === b.nodeName && a.namespaceURI === b.namespaceURI;

/**
 * Make the siblings from `first` up to `end` into `nodes`, changing as little as can be. An id is an identity: an
 * element with one becomes that with the same, wherever it stood, or a new one; others become the next of their
 * kind. What is left over goes last, so that nothing that is wanted leaves the page, which would cost it its
 * focus, its scroll and its animations.
 */
function morph(parent, first, end, nodes, root) {
  const partners = new Map(),
    wanted = new Set(),
    homes = new Set(),
    placed = new Set(),
    left = [],
    known = new Map();
  const focus = document.activeElement,
    { selectionStart, selectionEnd } = focus;

  function pair(fresh, old) {
    partners.set(fresh, old);
    wanted.add(old);
    for (let up = fresh; (up = up.parentNode);) homes.add(up);
  }
  for (let old = first; old && old !== end; old = old.nextSibling)
    for (const el of within(old)) if (el !== root) known.set(el.id, el);
  if (root) pair(nodes[0], root);
  for (const node of nodes)
    for (const el of within(node)) {
      const old = el.id && known.get(el.id);
      if (old && !partners.has(el) && !wanted.has(old) && alike(old, el)) pair(el, old);
    }

  function similar(node, old, end) {
    for (let near = 16; old && old !== end && near-- && !node.id; old = old.nextSibling)
      if (alike(old, node) && !old.id && !wanted.has(old)) return old;
    return null;
  }
  function children(parent, before, end, nodes) {
    const after = () => (before ? before.nextSibling : parent.firstChild);
    for (const node of nodes) {
      const next = after(),
        old = partners.get(node) ?? similar(node, next, end);
      // A new element that holds old ones is made empty, and filled as the others are.
      before = old ?? (homes.has(node) ? document.importNode(node) : node);
      placed.add(before);
      if (old && old !== next && parent.moveBefore && parent.isConnected) parent.moveBefore(old, next);
      else if (before !== next) parent.insertBefore(before, next);
      if (old) update(old, node);
      else if (before === node) wire(node);
      else {
        rewire(before);
        children(before, null, null, [...node.childNodes]);
      }
    }
    for (let rest = after(); rest && rest !== end; rest = rest.nextSibling) left.push(rest);
  }
  function update(old, node) {
    if (old.isEqualNode(node)) return;
    if (old.nodeType !== 1) {
      old.data = node.data;
      return;
    }
    if (old.hasAttribute("data-ignore-morph") && node.hasAttribute("data-ignore-morph")) return;
    const entries = entriesOf(old),
      busy = old === focus,
      kind = old.localName;
    for (const [name, { value }] of entries) if (node.getAttribute(name) !== value) stop(old, name);
    const changed = attributes(old, node);
    rewire(old);
    if (kind === "textarea") {
      if (busy || old.defaultValue === node.defaultValue) return;
      old.defaultValue = node.defaultValue;
      changed.add("value");
    } else if (!entries.has("data-text")) children(old, null, null, [...node.childNodes]);
    // The server has changed its mind: a field shows that.
    if (changed.has("value") && /^(input|textarea)$/.test(kind) && old.type !== "file")
      old.value = node.value;
    if (changed.has("checked")) old.checked = node.checked;
    if (changed.has("selected")) old.selected = node.hasAttribute("selected");
    for (const { again } of entries.values()) again?.();
  }

  children(parent, first?.previousSibling, end, nodes);
  for (const node of left)
    if (!placed.has(node)) {
      unwire(node);
      node.remove();
    }
  if (document.activeElement !== focus) {
    const again = focus.isConnected ? focus : document.getElementById(focus.id);
    again?.focus({ preventScroll: true });
    if (typeof selectionStart === "number") again?.setSelectionRange?.(selectionStart, selectionEnd);
  }
}

/** Bring the attributes in line, but for those that the client keeps; returns the names of those that changed. */
function attributes(old, node) {
  const changed = new Set(),
    kept = words(
      `style ${node.getAttribute("data-preserve-attr")} ${old.matches("dialog:modal") ? "open" : ""}`,
    );
  if (old === document.activeElement && old.localName === "input") kept.add("value"); // somebody types there
  for (const { name } of [...old.attributes])
    if (!node.hasAttribute(name) && !kept.has(name)) {
      changed.add(name);
      old.removeAttribute(name);
    }
  for (const attribute of node.attributes)
    if (!kept.has(attribute.name) && old.getAttribute(attribute.name) !== attribute.value) {
      changed.add(attribute.name);
      old.setAttributeNode(attribute.cloneNode()); // setAttribute refuses names that the parser takes
    }
  return changed;
}

const inserted = (how) => (target, nodes) => {
  target[how](...nodes);
  nodes.forEach(wire);
};
const MODES = {
  outer: (target, nodes) =>
    morph(target.parentNode, target, target.nextSibling, nodes, alike(target, nodes[0]) && target),
  inner: (target, nodes) => morph(target, target.firstChild, null, nodes),
  replace: (target, nodes) => {
    unwire(target);
    inserted("replaceWith")(target, nodes);
  },
  remove: (target) => {
    unwire(target);
    target.remove();
  },
};
for (const how of ["prepend", "append", "before", "after"]) MODES[how] = inserted(how);

function patchElements({ elements = "", selector, mode = "outer", namespace, useViewTransition }) {
  const apply = MODES[mode],
    fragment = parsed(elements, namespace);
  const patch = () =>
    batch(() => {
      const pairs = selector
        ? Array.from(document.querySelectorAll(selector), (target) => [target, fragment.cloneNode(true)])
        : Array.from(fragment.children, (el) => [
            document.getElementById(el.id),
            mode === "inner" ? el : { children: [el] },
          ]);
      if (!pairs.some(([target]) => target)) console.error(`Whence: nothing here is ${selector ?? elements}`);
      for (const [target, { children, childNodes }] of pairs)
        if (target) apply(target, [...(mode === "outer" || !childNodes ? children : childNodes)]);
    });
  return useViewTransition === "true" && document.startViewTransition
    ? document.startViewTransition(patch).updateCallbackDone
    : patch();
}

/** Apply one event. Whatever is wrong with it, the page and the stream go on. */
async function hear(el, type, args) {
  tell(el, type, args);
  try {
    if (type === "datastar-patch-elements") await patchElements(args);
    if (type === "datastar-patch-signals")
      batch(() => merge(JSON.parse(args.signals), args.onlyIfMissing === "true"));
  } catch ({ message }) {
    console.error(`Whence: ${type}: ${message}`);
  }
}
