// Measures in the page: from an edit to the picture and the words that it should bring, and how old an event is.
window.probe = {
  heard: [],
  said() {
    const plain = (el) => el.textContent.replace(/\s+/g, " ").trim();
    const headline = document.querySelector("#reading .headline");
    return [headline ? plain(headline) : "", ...[...document.querySelectorAll("#reading .ways .text")].map(plain).sort()].join("|");
  },
  afterPaint(done) {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage(0);
    });
  },
  edit({ event, detail, edge, there, headline, ways, helps }) {
    const wanted = [headline, ...ways].map((text) => text.replace(/\s+/g, " ")).sort().join("|");
    const said = () => probe.said().split("|").sort().join("|");
    const drawn = () => !!document.querySelector(`#canvas #${edge}`) === there;
    return new Promise((done, fail) => {
      const began = performance.now(), took = { work: 0 };
      const helped = () => document.querySelectorAll("#reading .help li").length === helps;
      const end = () => { observer.disconnect(); clearTimeout(clock); document.removeEventListener("datastar-fetch", hear); done(took); };
      const observer = new MutationObserver(() => {
        if (!took.dom && drawn() && said() === wanted.split("|").sort().join("|")) {
          took.dom = performance.now() - began;
          probe.afterPaint(() => { took.painted = performance.now() - began; if (took.helped || !helps) end(); });
        }
        if (helps && took.dom && !took.helped && helped()) {
          took.helped = performance.now() - began;
          if (took.painted) end();
        }
      });
      let last = 0;
      const hear = ({ detail }) => {
        // The client tells of an event before it applies it; by the next task it has.
        if (!detail.type.startsWith("datastar-patch") || took.dom) return;
        const at = performance.now();
        if (!last) { last = at; took.first = at - began; setTimeout(() => { took.work = performance.now() - at; }, 0); }
      };
      document.addEventListener("datastar-fetch", hear);
      const clock = setTimeout(() => { observer.disconnect(); fail(new Error(`not shown after 10 s: ${wanted} but ${said()}, drawn ${drawn()}`)); }, 10000);
      observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      document.getElementById("canvas").dispatchEvent(new CustomEvent(event, { bubbles: true, detail }));
    });
  },
  listen() {
    let last = "";
    new MutationObserver(() => {
      const stamp = /at (\d+\.\d+)/.exec(document.getElementById("topbar").innerHTML)?.[1];
      if (!stamp || stamp === last) return;
      last = stamp;
      const now = () => performance.timeOrigin + performance.now(), it = { dom: now() - stamp };
      probe.afterPaint(() => { it.painted = now() - stamp; probe.heard.push(it); });
    }).observe(document.getElementById("topbar"), { subtree: true, childList: true, attributes: true, characterData: true });
  },
};
