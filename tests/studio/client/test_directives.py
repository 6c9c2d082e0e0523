"""The attributes of the page: what each of them does, and that it goes on doing it after the server has spoken."""
# ruff: noqa: E501 - a page in one line is easier to read than one cut into pieces

import json

from datastar_py.sse import ServerSentEventGenerator as Events

STREAM = "<div id=stream data-init=\"@get('/stream', {openWhenHidden: true})\"></div>"
TELL = "<button id=tell data-on:click=\"@post('/told')\">tell</button>"


def until(tab, claim):
    """Wait until the page says that it is so. (Playwright's own way of waiting for a claim needs `eval`.)"""
    for _ in range(500):
        if tab.evaluate(claim):
            return
        tab.wait_for_timeout(10)
    raise AssertionError(claim)


def sent(site):
    """The signals of the last request."""
    return json.loads(site.heard("/told")[-1][2])


def tell(tab, site):
    before = len(site.heard("/told"))
    tab.click("#tell")
    until(tab, f"window.fetches.filter((each) => each === 'finished').length > {before}")
    return sent(site)


def speak(site, *events):
    site.opened.get(timeout=10)
    site.say("".join(events))


def test_signals_are_made_nested_and_not_overwritten_if_missing(show, site):
    tab = show(
        '<div data-signals="{a: 1, b: {c: 2}, _own: 3}"></div><div data-signals:kebab-name="\'x\'"></div>'
        '<div data-signals:b.d="4"></div><div data-signals__ifmissing="{a: 9, b: {e: 5}}"></div>'
        '<div data-signals:a__ifmissing="8"></div><div data-signals="{gone: 1}"></div><div data-signals="{gone: null}"></div>'
        + TELL
    )
    assert tell(tab, site) == {"a": 1, "b": {"c": 2, "d": 4, "e": 5}, "kebabName": "x"}


def test_fields_and_signals_follow_each_other(show, site):
    tab = show(
        """<div data-signals="{many: ['b'], level: 0.95, title: 'here'}"></div>
        <input id=text data-bind:text value="first"><textarea id=area data-bind="area">some
text</textarea><input id=title data-bind:title value="not this">
        <select id=one data-bind:one><option value=x>x<option value=y selected>y</select>
        <select id=multiple multiple data-bind:multiple><option selected>p<option>q<option selected>r</select>
        <input id=check type=checkbox data-bind:check checked><input id=valued type=checkbox data-bind:valued value=v>
        <input id=a type=checkbox data-bind:many value=a><input id=b type=checkbox data-bind:many value=b>
        <input id=r1 type=radio data-bind:radio value=1 checked><input id=r2 type=radio data-bind:radio value=2>
        <input id=number type=number data-bind:number value=3 step=any><input id=range type=range data-bind:range value=40>
        <input id=level data-bind:level><input id=file type=file data-bind:file>
        <p id=shown data-text="$text + '|' + $one + '|' + $radio + '|' + $number"></p>"""
        + TELL
    )
    first = tell(tab, site)
    assert first == {
        "many": ["b"],
        "level": 0.95,
        "title": "here",
        "text": "first",
        "area": "some\ntext",
        "one": "y",
        "multiple": ["p", "r"],
        "check": True,
        "valued": "",
        "radio": "1",
        "number": 3,
        "range": 40,
        "file": [],
    }
    assert tab.input_value("#title") == "here"
    tab.fill("#text", "zwei")
    tab.fill("#area", "b")
    tab.select_option("#one", "x")
    tab.select_option("#multiple", ["q"])
    for field in ("#check", "#valued", "#a", "#r2"):
        tab.click(field)
    tab.fill("#number", "1.50")
    tab.fill("#level", "0.9")
    tab.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"x"})
    assert tab.input_value("#number") == "1.50"
    assert tell(tab, site) == first | {
        "text": "zwei",
        "area": "b",
        "one": "x",
        "multiple": ["q"],
        "check": False,
        "valued": "v",
        "many": ["b", "a"],
        "radio": "2",
        "number": 1.5,
        "level": 0.9,
        "file": [{"name": "a.csv", "mime": "text/csv"}],
    }
    assert tab.text_content("#shown") == "zwei|x|2|1.5"
    tab.fill("#number", "")
    assert tell(tab, site)["number"] == 1.5


def test_the_server_fills_fields_and_leaves_the_caret(show, site):
    tab = show(
        f'{STREAM}<input id=text data-bind:text value="one"><input id=check type=checkbox data-bind:check>'
    )
    tab.focus("#text")
    tab.evaluate("document.querySelector('#text').setSelectionRange(1, 2)")
    speak(site, Events.patch_signals({"text": "other", "check": True}))
    until(tab, "document.querySelector('#text').value === 'other'")
    assert tab.evaluate("[text.selectionStart, text.selectionEnd, check.checked]") == [1, 2, True]


def test_text_show_class_and_attr_hold_under_a_morph(show, site):
    body = """<div id=box data-signals:on__ifmissing="true"><p id=t data-text="'n = ' + $n">server</p>
      <p id=s data-show="!$on">hidden</p><p id=c class="fixed was" data-class:lit="$on" data-class="{'a b': $n > 1, off: !$on}">c</p>
      <a id=h data-attr:aria-label="$label" data-attr="{hidden: !$on, title: $on ? 'yes' : null, 'data-n': $n}" href="/x">h</a>%s</div>"""
    tab = show(f'<div data-signals="{{n: 2, label: null}}"></div>{STREAM}{body % ""}')

    def state():
        return tab.evaluate(
            "[t.textContent, s.style.display, c.className, h.title, h.hidden, h.dataset.n, h.getAttribute('aria-label')]"
        )

    assert state() == ["n = 2", "none", "fixed was lit a b", "yes", False, "2", None]
    speak(site, Events.patch_elements((body % "<i id=new></i>").replace("was", "now")))
    tab.wait_for_selector("#new", state="attached")
    assert state() == ["n = 2", "none", "fixed now lit a b", "yes", False, "2", None]
    site.say(Events.patch_signals({"on": False, "n": 1, "label": "L"}))
    until(tab, "s.style.display === ''")
    assert state() == ["n = 1", "", "fixed now off", "", True, "1", "L"]


def test_computed_signals_are_up_to_date_before_any_effect_runs(show, site):
    tab = show(
        "<div data-signals:n=\"1\"></div><div data-effect=\"$seen = ($seen ?? '') + $n + ':' + $twice + ' '\"></div>"
        '<div data-computed:twice="$n * 2"></div><div data-computed:four="$twice * 2"></div><p id=four data-text="$four"></p>'
        f'<button id=more data-on:click="$n = 5">more</button>{TELL}'
    )
    tab.click("#more")
    assert tell(tab, site)["seen"].endswith("5:10 ")
    assert "5:2" not in sent(site)["seen"]
    assert tab.text_content("#four") == "20"


def test_effects_without_end_are_stopped_and_the_page_lives(show, told):
    told.expected = True
    tab = show(
        '<div data-signals="{a: 0, b: 0}"></div><div data-effect="$a = $b + 1"></div><div data-effect="$b = $a + 1"></div>'
        "<p id=last data-text=\"'alive'\"></p>"
    )
    assert tab.text_content("#last") == "alive"
    assert any("without end" in each for each in told.errors)


def test_handlers_and_their_modifiers(show, site):
    tab = show(
        """<div data-signals="{log: ''}"></div>
        <form id=form data-on:submit="$log += 'submit '"><button id=submit>s</button></form>
        <a id=link href="/elsewhere" data-on:click__prevent="$log += 'link '">l</a>
        <div data-on:click="$log += 'outer '"><button id=inner data-on:click__stop="$log += 'inner '">i</button></div>
        <button id=once data-on:click__once="$log += 'once '">o</button>
        <div id=in data-on:click__outside="$log += 'outside '"><button id=within>w</button></div>
        <div data-on:keydown__window="evt.key == 'k' && ($log += 'key ')"></div>
        <div data-on:my-event__document="$log += evt.detail.x + ' '"></div>
        <div data-on:click__capture="$log += 'capture '"><button id=deep data-on:click="$log += 'deep '">d</button></div>
        <div data-init__delay.50ms="$log += 'late '" data-init="$log += 'init '"></div><p id=log data-text="$log"></p>"""
    )
    until(tab, "log.textContent.includes('late')")
    for selector in ("#submit", "#link", "#inner", "#once", "#once", "#within", "#deep"):
        tab.click(selector)
    tab.keyboard.press("k")
    tab.evaluate("document.dispatchEvent(new CustomEvent('my-event', {detail: {x: 'mine'}}))")
    log = tab.text_content("#log").replace("outside ", "").split()
    assert log == ["init", "late", "submit", "link", "inner", "once", "capture", "deep", "key", "mine"]
    assert (
        tab.text_content("#log").count("outside") == 6 - 1
    )  # all clicks but the one within, and the one that stopped


def test_debounce_waits_and_throttle_does_not_repeat(show):
    tab = show(
        """<div data-signals="{d: 0, l: 0, t: 0, b: 0}"></div><p id=n data-text="[$d, $l, $t, $b]"></p>
        <button id=go data-on:click__debounce.40ms="$d++" data-on:click__debounce.40ms.leading.notrailing="$l++"
          data-on:click__throttle.5s="$t++" data-on:click__throttle.40ms.trailing="$b++">go</button>"""
    )
    assert tab.evaluate("for (let i = 0; i < 5; i++) go.click(); n.textContent") == "[0,1,1,1]"
    until(tab, "n.textContent === '[1,1,1,2]'")


def test_indicators_refs_and_ignored_parts(show, site):
    site.answering.clear()
    tab = show(
        """<button id=go data-indicator:_busy data-on:click="@post('/slow')" data-attr:aria-busy="$_busy ? 'true' : 'false'">go</button>
        <dialog data-ref:box id=box>d</dialog><button id=open data-on:click="$box.showModal()">open</button>
        <div data-ignore><p id=left data-text="'changed'">left</p></div>"""
    )
    tab.click("#go")
    tab.wait_for_selector("#go[aria-busy=true]")
    site.answering.set()
    tab.wait_for_selector("#go[aria-busy=false]")
    tab.click("#open")
    assert tab.evaluate("box.open")
    assert tab.text_content("#left") == "left"


def test_a_bad_attribute_is_told_once_and_the_others_work(show, told):
    told.expected = True
    tab = show(
        """<div data-signals="{n: 0}"></div><button id=go data-on:click="$n++; window.x()">a</button>
        <button id=bad data-on:click="el.nothing()" data-attr:href="'javascript:alert(1)'" data-attr:onclick="'x'" data-attr:style="'color:red'">b</button>
        <p id=p data-text="$n"></p><button id=good data-on:click="$n++">c</button>"""
    )
    for selector in ("#go", "#bad", "#bad", "#good"):
        tab.click(selector)
    assert tab.text_content("#p") == "1"
    assert tab.evaluate("bad.getAttributeNames().join()").count("href") == 1  # the directive alone
    assert sorted(each.split(":")[1].strip() + each.split(":")[2][:12] for each in told.errors)
    assert len(told.errors) == 5
    assert all("<button" in each for each in told.errors)


def test_patches_cannot_reach_a_prototype(show, site, told):
    told.expected = True
    tab = show(f"{STREAM}<p id=p data-text=\"$ok ?? 'none'\"></p>")
    speak(
        site,
        *(
            Events.patch_signals(each)
            for each in (
                '{"__proto__": {"polluted": 1}}',
                '{"a": {"__proto__": {"polluted": 1}}, "ok": "no"}',
                '{"constructor": {"prototype": {"polluted": 1}}}',
                '{"a": [{"__proto__": {"polluted": 1}}]}',
                '{"a": {"b": {"prototype": 1}}}',
                "[1]",
                "not json",
                '"text"',
            )
        ),
        Events.patch_elements(
            '<div id=p data-signals="{__proto__: {polluted: 1}}" data-bind:__proto__.x data-text="$ok">x</div>'
        ),
        Events.patch_signals({"ok": "yes"}),
    )
    until(tab, "p.textContent === 'yes'")
    assert tab.evaluate("[({}).polluted, [].polluted, Object.prototype.x, 'polluted' in {}]") == [
        None,
        None,
        None,
        False,
    ]


def test_going_elsewhere_is_possible_to_a_path_of_this_server_alone(show, site):
    tab = show(f"{STREAM}<div id=go hidden></div>")
    speak(site, Events.patch_elements('<div id="go" data-init="location.href=\'/?there\'"></div>'))
    tab.wait_for_url("**/?there")


def test_signal_patches_are_told(show):
    tab = show(
        """<div data-signals="{a: {b: 1}, log: ''}"></div><button id=go data-on:click="$a.b = 2; $c = 3">go</button>
        <p id=log data-on:datastar-signal-patch="evt.detail.c && ($log = $log + evt.detail.a.b + evt.detail.c)" data-text="$log"></p>"""
    )
    tab.click("#go")
    assert tab.text_content("#log") == "23"
