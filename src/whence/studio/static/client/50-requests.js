// ------------------------------------------------------------------------------------------- requests

const jobs = new WeakMap(); // element -> method and address -> the request that is under way

const tell = (el, type, argsRaw = {}) => dispatch("datastar-fetch", { type, el, argsRaw });

/** The events of a stream (WHATWG HTML 9.2) as far as they are complete; `state` keeps what is not. */
function eventsOf(state, text) {
  if (state.cut && text[0] === "\n") text = text.slice(1);
  state.cut = text ? text.endsWith("\r") : state.cut;
  const lines = (state.rest + text).split(/\r\n|\r|\n/),
    events = [];
  state.rest = lines.pop();
  for (const line of lines) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (!line) {
      if (state.data.length) events.push([state.type, state.data]);
      Object.assign(state, { type: "", data: [] });
    } else if (name === "data") state.data.push(value);
    else if (name === "event") state.type = value;
    else if (name === "id") state.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) state.interval = +value;
  }
  return events;
}

async function receive(response, el, state) {
  const { headers, body, ok } = response,
    kind = headers.get("content-type") ?? "";
  if (kind.startsWith("text/event-stream")) {
    const stream = body.getReader(),
      decoder = new TextDecoder();
    for (let part; !(part = await stream.read()).done;)
      for (const [type, data] of eventsOf(state, decoder.decode(part.value, { stream: true }))) {
        const args = empty();
        for (const line of data) {
          const [name, rest = ""] = line.split(/ (.*)/s);
          args[name] = name in args ? `${args[name]}\n${rest}` : rest;
        }
        state.attempt = 0;
        await hear(el, type, args);
      }
    return;
  }
  const type = ok && { "text/html": "elements", "application/json": "signals" }[kind.split(";")[0]],
    args = {};
  for (const name of ["selector", "mode", "namespace", "only-if-missing"])
    args[camel(name)] = headers.get(`datastar-${name}`) ?? undefined;
  if (type) await hear(el, `datastar-patch-${type}`, { ...args, [type]: await response.text() });
}

/** What `fetch` is given: a form, or the signals as they are now. Undefined if the form is not filled in. */
function prepared(method, { el, evt }, to, { contentType, selector, filterSignals, headers }) {
  const url = ownAddress(to),
    query = method === "GET" || method === "DELETE";
  headers = {
    Accept: "text/event-stream, text/html, application/json",
    "Datastar-Request": "true",
    ...headers,
  };
  let body;
  if (contentType === "form") {
    const form = selector ? document.querySelector(selector) : el.closest("form"),
      data = new FormData(form, evt?.submitter);
    if (!form.noValidate && !form.reportValidity()) return undefined;
    body = query || form.enctype !== "multipart/form-data" ? new URLSearchParams(data) : data;
    if (query) url.search = body;
  } else {
    const signals = empty();
    for (const [path, value] of leaves(filterSignals)) put(signals, path, value);
    body = JSON.stringify(signals);
    if (query) url.searchParams.set("datastar", body);
    else headers["Content-Type"] = "application/json";
  }
  return [url, { method, headers, body: query ? undefined : body }];
}

/**
 * Send, and apply what comes back. A newer request of an element to the same address cancels the former; but a
 * write that is on its way is let through, in order, and only its reply is not applied: two quick edits are two.
 *
 * What reads is tried again when the connection fails; if it is to last, also when it ends, for then its server has
 * gone. It is given up only where the server says so (4xx, 204) or after `retryMaxCount`, and that is told.
 */
function request(method, c, to, options = {}) {
  const {
    retry,
    retryInterval = 1000,
    retryScaler = 2,
    retryMaxWaitMs = 30000,
    retryMaxCount = 10,
    requestCancellation,
    openWhenHidden,
  } = options;
  const { el } = c,
    prepare = () => prepared(method, c, to, options),
    reads = method === "GET",
    key = method + to;
  const mine = jobs.get(el) ?? new Map(),
    former = requestCancellation !== "disabled" && mine.get(key),
    cut = new AbortController();
  const job = {
    lasting: reads && (retry ? retry === "always" : openWhenHidden),
    end: () => {
      job.over = true;
      cut.abort();
    },
  };
  const state = { id: "", interval: retryInterval, attempt: 0 };
  let sent = prepare();
  if (!sent) return;
  if (former && (reads || options.contentType === "form")) former.end();
  else if (former) former.late = true;
  jobs.set(el, mine.set(key, job));
  tell(el, "started");
  job.answered = new Promise(async (answered) => {
    if (!reads) await former?.answered;
    while (!job.over && (await again(answered))) sent = prepare() ?? sent; // the signals as they are now
    answered();
    if (mine.get(key) === job) mine.delete(key);
    tell(el, "finished");
  });

  async function again(answered) {
    let wait = 50;
    Object.assign(state, { rest: "", type: "", data: [], cut: false });
    if (state.id) sent[1].headers["Last-Event-ID"] = state.id;
    try {
      const response = await fetch(sent[0], { ...sent[1], signal: cut.signal }),
        { status, ok } = response;
      answered();
      if (job.late) return false;
      if (!ok) tell(el, "error", { status });
      await receive(response, el, state);
      if (!reads || status === 204 || (ok && !job.lasting)) return false;
      if (status > 399 && status < 500 && status !== 429)
        return tell(el, "retries-failed", { status }) && false;
      wait += 1000 * response.headers.get("retry-after") || 0;
    } catch ({ message }) {
      if (!reads && !job.over) tell(el, "error", { message });
      if (!reads || job.over) return false;
    }
    if (state.attempt >= retryMaxCount) return tell(el, "retries-failed") && false;
    // Full jitter: pages that lost the same server do not all come back at once.
    wait = Math.max(
      wait,
      Math.random() * Math.min(retryMaxWaitMs, state.interval * retryScaler ** state.attempt++),
    );
    tell(el, "retrying");
    return new Promise((done) => setTimeout(done, wait, true));
  }
}

const change = (filter, to) =>
  batch(() => leaves({ exclude: "^$", ...filter }).forEach(([path, value]) => write(path, to(value))));
const ACTIONS = {
  setAll: (c, value, filter) => change(filter, () => value),
  toggleAll: (c, filter) => change(filter, (value) => !value),
};
for (const name of ["get", "post", "put", "patch", "delete"])
  ACTIONS[name] = (...given) => request(name.toUpperCase(), ...given);

batch(() => wire(document.documentElement));
