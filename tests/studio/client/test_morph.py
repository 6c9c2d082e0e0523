"""What the server sends becomes the page, and what a person is doing there is not disturbed by it."""
# ruff: noqa: E501 - a page in one line is easier to read than one cut into pieces

import json

import pytest
from datastar_py.sse import ServerSentEventGenerator as Events

from studio.client.test_directives import STREAM, speak, until

ALL = "document.querySelector('#all').innerHTML.replace(/\\s+/g, ' ').trim()"


@pytest.mark.parametrize(
    ("mode", "selector", "elements", "expected"),
    [
        ("outer", None, "<b id=x>new</b>", '<i>1</i><b id="x">new</b><i>2</i>'),
        ("outer", "#x", "<u>n</u><u>m</u>", "<i>1</i><u>n</u><u>m</u><i>2</i>"),
        ("inner", "#x", "<u>n</u> text", '<i>1</i><b id="x" class="c"><u>n</u> text</b><i>2</i>'),
        ("inner", None, "<b id=x>new</b>", '<i>1</i><b id="x" class="c">new</b><i>2</i>'),
        ("replace", "#x", "<u>n</u>", "<i>1</i><u>n</u><i>2</i>"),
        ("prepend", "#x", "<u>n</u>", '<i>1</i><b id="x" class="c"><u>n</u>old</b><i>2</i>'),
        ("append", "#x", "<u>n</u>t", '<i>1</i><b id="x" class="c">old<u>n</u>t</b><i>2</i>'),
        ("before", "#x", "<u>n</u>", '<i>1</i><u>n</u><b id="x" class="c">old</b><i>2</i>'),
        ("after", "#x", "<u>n</u>", '<i>1</i><b id="x" class="c">old</b><u>n</u><i>2</i>'),
        ("remove", "#x", None, "<i>1</i><i>2</i>"),
        ("append", "#all i", "<u>n</u>", '<i>1<u>n</u></i><b id="x" class="c">old</b><i>2<u>n</u></i>'),
        ("remove", "#all i", None, '<b id="x" class="c">old</b>'),
    ],
)
def test_every_mode(show, site, mode, selector, elements, expected):
    tab = show(
        f'{STREAM}<div id=all><i>1</i><b id=x class=c>old</b><i>2</i></div><p id=done data-text="$done"></p>'
    )
    speak(
        site,
        Events.patch_elements(elements, selector=selector, mode=mode),
        Events.patch_signals({"done": "yes"}),
    )
    tab.wait_for_selector("#done:text('yes')")
    assert tab.evaluate(ALL) == expected


@pytest.mark.parametrize(
    ("namespace", "outer", "element"),
    [("svg", "svg", "circle"), ("mathml", "math", "mi")],
)
def test_namespaces(show, site, namespace, outer, element):
    tab = show(f"{STREAM}<{outer} id=all viewBox='0 0 9 9'><g id=g></g></{outer}>")
    speak(
        site,
        Events.patch_elements(
            f"<{element} id=new data-text=\"'t'\"></{element}>",
            selector="#all",
            mode="append",
            namespace=namespace,
        ),
    )
    tab.wait_for_selector("#new", state="attached")
    outer_space, space = tab.evaluate("[all.namespaceURI, document.getElementById('new').namespaceURI]")
    assert space == outer_space
    assert space.endswith({"svg": "svg", "mathml": "MathML"}[namespace])


def test_view_transitions_show_the_same_in_the_same_order(show, site):
    tab = show(f"{STREAM}<div id=all>0</div>")
    speak(
        site,
        Events.patch_elements("<div id=all>1</div>", use_view_transition=True),
        Events.patch_elements("<div id=all data-x=2>2</div>"),
    )
    tab.wait_for_selector("#all[data-x='2']")
    assert tab.evaluate(ALL) == "2"


def test_focus_caret_scroll_and_what_is_typed_are_kept_under_ten_frames_a_second(show, site):
    rows = "".join(f"<p id=row{i}>row {i}</p>" for i in range(40))
    frame = (
        """<section id=all><h2>frame %d</h2>%s<div id=box class=tall>"""
        + rows
        + """</div>
      <input id=plain value="server"><input id=bound data-bind:bound value="server"><textarea id=area>server</textarea>
      <details id=more data-preserve-attr="open"><summary>s</summary>d</details><p id=moving class=moves>m</p></section>"""
    )
    css = (
        ".tall{height:90px;overflow:auto} .moves{animation:m 60s linear} @keyframes m{to{margin-left:300px}}"
    )
    tab = show(STREAM + frame % (0, ""), css)
    site.opened.get(timeout=10)
    tab.evaluate(
        "box.scrollTop = 333; more.open = true; area.value = 'mine'; window.started = moving.getAnimations()[0].startTime"
    )
    tab.focus("#plain")
    tab.evaluate("plain.setSelectionRange(2, 2)")
    tab.evaluate("window.kept = [...document.querySelectorAll('#all [id]')]")
    for i in range(1, 11):
        # Every second frame has something before all the others, so that they are not where they were.
        site.say(Events.patch_elements(frame % (i, f"<em id=e{i}>x</em>" if i % 2 else "")))
        tab.keyboard.type(str(i % 10))
        tab.wait_for_timeout(100)
    tab.wait_for_selector("h2:text('frame 10')")
    assert tab.evaluate("[plain.value, plain.selectionStart, document.activeElement.id]") == [
        "se1234567890rver",
        12,
        "plain",
    ]
    assert tab.evaluate(
        "[area.value, more.open, box.scrollTop, moving.getAnimations()[0].startTime === started]"
    ) == ["mine", True, 333, True]
    assert tab.evaluate("kept.every((el) => document.getElementById(el.id) === el)")
    tab.focus("#bound")
    tab.keyboard.press("End")
    for i in range(5):
        site.say(Events.patch_elements((frame % (20 + i, "")).replace('"server"', f'"server{i}"')))
        tab.keyboard.type("x")
        tab.wait_for_timeout(100)
    tab.wait_for_selector("h2:text('frame 24')")
    assert tab.evaluate("[bound.value, document.activeElement.id, plain.value]") == [
        "serverxxxxx",
        "bound",
        "server4",
    ]


def test_the_caret_stays_in_a_field_in_which_nothing_is_typed_yet(show, site):
    field = '<form id=all><input id=i value="%s"><input id=b data-bind:b value="%s"><textarea id=t>%s</textarea></form>'
    tab = show(STREAM + field % ("server", "server", "server"))
    site.opened.get(timeout=10)
    for i, name in enumerate("ibt"):
        tab.focus(f"#{name}")
        tab.evaluate(f"{name}.setSelectionRange(2, 4)")
        site.say(Events.patch_elements((field % ((f"new{i}",) * 3)).replace("<form", f"<form class=c{i}")))
        tab.wait_for_selector(f"#all.c{i}")
        caret = tab.evaluate(f"[{name}.value.slice(0, 3), {name}.selectionStart, {name}.selectionEnd]")
        assert caret == ["new" if name != "b" and i else "ser", 2, 4]
    assert tab.evaluate("[i.value, b.value, t.value]") == ["new2", "server", "new1"]


def test_a_field_shows_what_the_server_has_changed_unless_somebody_types_there(show, site):
    form = """<form id=all><input id=i value="%s"><input id=c type=checkbox %s><textarea id=t>%s</textarea>
      <select id=s><option value=a %s>a<option value=b %s>b</select></form>"""
    tab = show(STREAM + form % ("1", "", "1", "selected", ""))
    tab.evaluate("i.value = 'typed'; t.value = 'typed'; s.value = 'b'")
    speak(
        site,
        Events.patch_elements((form % ("1", "", "1", "selected", "")).replace("<form", "<form class=same")),
    )
    tab.wait_for_selector("#all.same")
    assert tab.evaluate("[i.value, c.checked, t.value, s.value]") == ["typed", False, "typed", "b"]
    tab.focus("#t")
    site.say(Events.patch_elements(form % ("2", "checked", "2", "", "selected")))
    tab.wait_for_selector("#all:not(.same)")
    assert tab.evaluate("[i.value, c.checked, t.value, s.value]") == ["2", True, "typed", "b"]
    tab.focus("#i")
    site.say(Events.patch_elements(form % ("2", "", "3", "selected", "")))
    until(tab, "t.value === '3'")
    assert tab.evaluate("[i.value, c.checked, t.value, s.value]") == ["2", False, "3", "a"]


def test_a_bound_select_shows_its_signal_when_its_options_come_later(show, site):
    tab = show(f"{STREAM}<div data-signals:pick=\"'b'\"></div><select id=s data-bind:pick></select>")
    speak(site, Events.patch_elements("<select id=s data-bind:pick><option>a<option>b<option>c</select>"))
    until(tab, "s.options.length === 3")
    assert tab.evaluate("s.value") == "b"


def test_elements_with_ids_are_the_same_ones_in_any_order_and_at_any_depth(show, site):
    import random

    rng = random.Random(5)
    tab = show(f"{STREAM}<div id=all></div>")
    site.opened.get(timeout=10)

    def tree(names, depth):
        made, names = [], list(names)
        while names:
            cut = rng.randint(1, len(names))
            head, names = names[:cut], names[cut:]
            if depth and rng.random() < 0.5:
                made.append(f"<div>{tree(head, depth - 1)}</div>")
            elif depth and rng.random() < 0.5:
                made.append(f'<div id="{head[0]}">{tree(head[1:], depth - 1)}</div>')
            else:
                made += [f'<div id="{name}">{rng.choice(["", "text", "<b>b</b>"])}</div>' for name in head]
        return "".join(made)

    names = [f"k{i}" for i in range(14)]
    for i in range(40):
        rng.shuffle(names)
        inner = tree(names[: rng.randint(4, 14)], 3)
        html = f'<div id="all" data-i="{i}">{inner}</div>'
        tab.evaluate(
            "window.before = Object.fromEntries([...document.querySelectorAll('#all [id]')].map((el) => [el.id, el]))"
        )
        site.say(Events.patch_elements(html))
        tab.wait_for_selector(f"#all[data-i='{i}']", state="attached")
        assert tab.evaluate("document.querySelector('#all').outerHTML") == html
        assert tab.evaluate(
            "[...document.querySelectorAll('#all [id]')].every((el) => !before[el.id] || before[el.id] === el)"
        )


def test_what_is_taken_away_stops_and_what_is_new_is_wired(show, site):
    frame = """<div id=all>%s</div>"""
    old = '<p id=old data-effect="$runs = ($runs ?? 0) + 1; $n" data-on:ping__document="$pings = ($pings ?? 0) + 1">old</p>'
    new = '<p id=new data-text="\'n\' + $n" data-on:click="$n = $n + 1"></p>'
    tab = show(
        f'{STREAM}<div data-signals:n="1"></div><i id=log data-text="[$runs, $pings]"></i>{frame % old}'
    )
    speak(site, Events.patch_elements(frame % new))
    tab.wait_for_selector("#new:text('n1')")
    tab.evaluate("document.dispatchEvent(new Event('ping'))")
    tab.click("#new")
    assert tab.text_content("#new") == "n2"
    assert tab.text_content("#log") == "[1,null]"
    site.say(Events.patch_elements((frame % new).replace("$n + 1", "$n + 10").replace("'n'", "'m'")))
    tab.wait_for_selector("#new:text('m2')")
    tab.click("#new")
    assert tab.text_content("#new") == "m12"
    site.say(Events.patch_elements("<p id=new>plain</p>"))
    tab.wait_for_selector("#new:text('plain')")
    tab.click("#new")
    assert tab.text_content("#new") == "plain"


def test_ignored_parts_and_open_dialogs_are_left_alone(show, site):
    tab = show(
        f"""{STREAM}<div id=all><div id=mine data-ignore-morph>mine</div><dialog id=box>old</dialog>
        <div data-ignore id=raw><p id=off data-text="1">off</p></div></div>"""
    )
    tab.evaluate("box.showModal(); mine.append('!')")
    speak(
        site,
        Events.patch_elements(
            """<div id=all data-v=2><div id=mine data-ignore-morph>theirs</div><dialog id=box>new</dialog>
            <div data-ignore id=raw><p id=off data-text="2">still off</p><p id=more data-text="3">off too</p></div></div>"""
        ),
    )
    tab.wait_for_selector("#all[data-v='2']")
    assert tab.evaluate("[mine.textContent, box.open, box.matches(':modal'), box.textContent]") == [
        "mine!",
        True,
        True,
        "new",
    ]
    assert tab.evaluate("[off.textContent, more.textContent]") == ["still off", "off too"]


HOSTILE = [
    "<script>window.hit = 1</script>",
    "<svg><script>window.hit = 1</script></svg>",
    "<script src=/static/evil.js></script>",
    "<img src=x onerror='window.hit = 1'>",
    "<svg onload='window.hit = 1'></svg>",
    "<p id=o onclick='window.hit = 1' ONFOCUS='x'>p</p>",
    "<a id=js href='javascript:window.hit = 1'>a</a>",
    "<a id=js2 href=' \tJaVa&#10;ScRiPt:window.hit = 1'>a</a>",
    "<a id=js3 href='&#1;javascript:window.hit = 1'>a</a>",
    "<svg><a id=js4 xlink:href='javascript:window.hit = 1'><text>a</text></a></svg>",
    "<a id=js5 href='data:text/html,<script>1</script>'>a</a>",
    "<svg><a id=js6><set attributeName='href' to='javascript:window.hit = 1'/><animate attributeName='xlink:href' values='javascript:1'/><text>a</text></a></svg>",
    "<form id=f action='javascript:window.hit = 1'><button formaction='javascript:1'>b</button></form>",
    "<iframe src='/'></iframe>",
    "<iframe srcdoc='<script>parent.hit = 1</script>'></iframe>",
    "<object data='/'></object>",
    "<embed src='/'>",
    "<base href='//elsewhere.example/'>",
    "<meta http-equiv=refresh content='0;url=//elsewhere.example'>",
    "<link rel=stylesheet href=/static/evil.css>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed'>p</p>",
    "<template><script>1</script><p onclick='1'>t</p></template>",
    "<div><template shadowrootmode=open><script>window.hit = 1</script></template></div>",
    "<math><mi xlink:href='javascript:1'>m</mi></math>",
    "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'></noscript>",
    "<svg><style><img src=x onerror='window.hit=1'></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.hit=1&gt;'>",
    "<frameset onload='window.hit = 1'></frameset>",
    "<p '\"<bad=1 onx\u0000=2>odd names</p>",
    "<video src='javascript:1'></video>",
    "<input autofocus onfocus='window.hit = 1'>",
    "<details open ontoggle='window.hit = 1'>d</details>",
    "<form><input name=id><input name=nodeName><input name=parentNode></form>",
]


def test_all_that_could_act_is_stripped(show, site, told):
    # Handlers and styles are blocked and noted by the browser as it parses them, even by its own sanitiser, before
    # they can be stripped. Nothing else of this may be as much as tried.
    told.violations = {"script-src-attr inline", "style-src-attr inline"}
    tab = show(f"{STREAM}<div id=all></div>")
    site.opened.get(timeout=10)
    for i, each in enumerate(HOSTILE):
        site.say(Events.patch_elements(f'<div id="all" data-i="{i}">{each}</div>'))
        tab.wait_for_selector(f"#all[data-i='{i}']", state="attached")
        site.say(Events.patch_elements(each, selector="#all", mode="append"))
        site.say(Events.patch_elements(f'<div id="all" data-i="again{i}">{each}</div>'))
        tab.wait_for_selector(f"#all[data-i='again{i}']", state="attached")
        found = tab.evaluate(
            """() => {
              const bad = [], roots = [all];
              for (const root of roots) for (const el of root.querySelectorAll("*")) {
                if (el.content instanceof DocumentFragment) roots.push(el.content);
                if (/^(script|style|iframe|object|embed|base|meta|link)$/i.test(el.localName)) bad.push(el.localName);
                for (const { name, value } of Element.prototype.getAttributeNames.call(el).map((name) => Element.prototype.getAttributeNode.call(el, name)))
                  if (/^(on|style$|srcdoc$)/i.test(name) || /script:|data:text/i.test(value.replace(/[\\0-\\x20]/g, ""))) bad.push(name);
              }
              return bad;
            }"""
        )
        assert found == [], each
    assert tab.evaluate("window.hit") is None
    assert told.errors == []


def test_hostile_names_arrive_as_they_were_sent(show, site):
    import html

    names = [
        "</p><script>window.hit=1</script>",
        "javascript:alert(1)",
        "'\"`${1}",
        "$n @post('/x')",
        "a\u2028b\u2029c\x85d",
        "\x0b\x0c\x1c",
        "data: x\n\nevent: y",
        "\u202eabc",
        "👩‍👩‍👧",
        "<!--",
        "]]>",
        "&amp;lt;",
        "\\u003c",
        "constructor",
        "x" * 5000,
        "e\u0301",
        "ﬀ",
        "\ufeffbom",
    ]
    from whence.studio.wire.events import patch_elements, patch_signals

    tab = show(f'{STREAM}<p id=p></p><p id=s data-text="$name"></p>')
    site.opened.get(timeout=10)
    for i, name in enumerate(names):
        safe = html.escape(name, quote=True)
        site.say(
            patch_signals({"name": name})
            + patch_elements(f'<p id="p" title="{safe}" aria-label="{safe}" data-i="{i}">{safe}</p>')
        )
        tab.wait_for_selector(f"#p[data-i='{i}']", state="attached")
        assert tab.evaluate("[p.textContent, p.title, s.textContent]") == [name, name, name]


def test_a_drawing_of_a_hundred_nodes_is_compared_in_a_few_milliseconds(show, site):
    def drawing(moved):
        nodes = "".join(
            f"<g id=n{i} class=node data-x={i * (2 if i == moved else 1)} data-class=\"{{selected: $_sel=='n{i}'}}\"><circle r=9 cx={i} /><circle r=12 cx={i} /><text>name {i}</text></g>"
            for i in range(100)
        )
        edges = "".join(
            f"<g id=e{i} class=edge><path d='M{i} 0L9 9'/><path d='M{i} 1L9 9'/></g>" for i in range(180)
        )
        return f"<svg id=all data-v={moved}>{edges}{nodes}</svg>"

    tab = show(f"{STREAM}{drawing(0)}<p id=took data-text=\"''\"></p>")
    speak(site, *(Events.patch_elements(drawing(i)) for i in range(1, 21)))
    tab.wait_for_selector("#all[data-v='20']", state="attached")
    tab.evaluate(
        "window.made = []; new MutationObserver((all) => made.push(...all)).observe(document.querySelector('#all'), {subtree: true, attributes: true, childList: true})"
    )
    site.say(Events.patch_elements(drawing(21)))
    tab.wait_for_selector("#all[data-v='21']", state="attached")
    assert tab.evaluate("made.map((each) => each.target.id + ' ' + each.attributeName).sort()") == json.loads(
        '["all data-v", "n20 data-x", "n21 data-x"]'
    )
