"""Requests: what they carry, how what comes back is read, and what happens when it does not come."""
# ruff: noqa: E501 - a page in one line is easier to read than one cut into pieces

import json
import random

import pytest
from datastar_py.sse import ServerSentEventGenerator as Events

from studio.client.test_directives import STREAM, speak, until

LASTING = (
    "<div id=stream data-init=\"@get('/stream', {openWhenHidden: true, retryInterval: 20, retryScaler: 1.5, "
    "retryMaxWaitMs: 100, retryMaxCount: 1000000})\" data-on:datastar-fetch=\"evt.detail.el.id == 'stream' && "
    '($_lost = evt.detail.type == \'retrying\')"></div><p id=lost data-show="$_lost">lost</p>'
)


def finished(tab, count=1):
    until(tab, f"window.fetches.filter((each) => each === 'finished').length >= {count}")


def test_what_a_request_carries(show, site):
    tab = show(
        """<div data-signals="{a: 1, b: {c: 'x', _d: 2}, _e: 3, list: [1, {f: 2}]}"></div>
        <button id=go data-on:click="@get('/get?q=1'); @delete('/delete'); @post('/post'); @put('/put'); @patch('/patch', {headers: {'X-Own': 'y'}});
          @post('/some', {filterSignals: {include: '^(a|_e)$', exclude: '^$'}})">go</button>"""
    )
    tab.click("#go")
    finished(tab, 6)
    signals = {"a": 1, "b": {"c": "x"}, "list": [1, {"f": 2}]}
    for path in ("/get", "/delete"):
        [(method, _, query, headers)] = site.heard(path)
        assert method == path[1:].upper()
        assert json.loads(query["datastar"]) == signals
    assert site.heard("/get")[0][2]["q"] == "1"
    for path in ("/post", "/put", "/patch"):
        [(method, _, body, headers)] = site.heard(path)
        assert method == path[1:].upper()
        assert json.loads(body) == signals
        assert headers["content-type"] == "application/json"
    assert site.heard("/patch")[0][3]["x-own"] == "y"
    assert json.loads(site.heard("/some")[0][2]) == {"a": 1, "_e": 3}
    for _, _, _, headers in site.requests:
        assert headers["datastar-request"] == "true"
        assert headers["accept"] == "text/event-stream, text/html, application/json"


def test_forms_are_sent_as_forms_if_they_are_filled_in(show, site):
    tab = show(
        """<form id=f enctype="multipart/form-data" data-on:submit="@post('/upload', {contentType: 'form'})">
          <input name=need required id=need><input type=file name=file id=file><button name=by value=button id=go>go</button></form>
        <form id=plain><input name=n value="1 &amp; 2"><button id=two type=button data-on:click="@post('/form', {contentType: 'form'})">go</button></form>
        <button id=three data-on:click="@get('/query?old=1', {contentType: 'form', selector: '#plain'})">go</button>"""
    )
    tab.evaluate("f.noValidate = false")
    tab.evaluate("f.dispatchEvent(new SubmitEvent('submit', {cancelable: true}))")
    assert site.heard("/upload") == []
    tab.fill("#need", "given")
    tab.set_input_files("#file", {"name": "ä.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    tab.click("#go")
    tab.click("#two")
    tab.click("#three")
    finished(tab, 3)
    [(_, _, body, headers)] = site.heard("/upload")
    assert headers["content-type"].startswith("multipart/form-data; boundary=")
    assert all(
        part in body
        for part in (
            b'name="need"',
            b"given",
            'filename="ä.csv"'.encode(),
            b"a,b\n1,2\n",
            b'name="by"',
            b"button",
        )
    )
    assert site.heard("/form")[0][2] == b"n=1+%26+2"
    assert site.heard("/query")[0][2]["n"] == "1 & 2"


def test_the_stream_is_read_wherever_it_is_cut(show, site):
    """CR, LF and CRLF, comments, fields unknown and without a value, and cuts anywhere, within letters too."""
    rng = random.Random(3)
    tab = show(f'{STREAM}<p id=p></p><p id=n data-text="$n"></p>')
    site.opened.get(timeout=10)
    for n in range(30):
        text = "".join(rng.choice("aé€😀 :\u2028") for _ in range(40))
        made = (
            Events.patch_elements(f"<p id=p>\n{text}\n</p>\n")
            + ": comment\n\nunknown: x\ndata\n\n"
            + Events.patch_signals({"n": n}, event_id="7")
        )
        made = made.replace("\n", ("\n", "\r", "\r\n")[n % 3])
        data = ("\ufeff" if n == 0 else "").encode() + made.encode()
        while data:
            cut = rng.randint(1, 9)
            site.say(data[:cut])
            data = data[cut:]
        tab.wait_for_selector(f"#n:text-is('{n}')", state="attached")
        # The SDK cuts text where Python sees the end of a line: that is the server's to see to.
        assert tab.evaluate("p.textContent.trim()").replace("\n", "") == text.strip().replace("\u2028", "")


def test_replies_as_html_and_json(show, site):
    site.replies = {
        "/html": (200, "<p id=p>html</p>", "text/html; charset=utf-8"),
        "/append": (200, "<i>more</i>", "text/html", {"datastar-selector": "#p", "datastar-mode": "append"}),
        "/json": (200, '{"n": 2, "m": 2}', "application/json"),
        "/missing": (200, '{"n": 3, "k": 3}', "application/json", {"datastar-only-if-missing": "true"}),
        "/script": (200, "window.hit = 1", "text/javascript"),
        "/error": (409, str(Events.patch_signals({"k": 4})), "text/event-stream"),
        "/refused": (403, "<p id=p>refused</p>", "text/html"),
    }
    tab = show(
        "<div data-signals=\"{n: 1}\"></div><p id=p>0</p><p id=n data-text=\"$n + ' ' + $m + ' ' + $k\"></p>"
        + "".join(
            f"<button id={name[1:]} data-on:click=\"@post('{name}')\">b</button>" for name in site.replies
        )
    )
    for i, name in enumerate(site.replies):
        tab.click(f"#{name[1:]}")
        finished(tab, i + 1)
    assert tab.evaluate("p.innerHTML") == "html<i>more</i>"
    assert tab.text_content("#n") == "2 2 4"
    assert tab.evaluate("[window.hit, fetches.filter((each) => each === 'error').length]") == [None, 2]


def test_a_newer_read_cancels_the_former_and_a_newer_write_does_not(show, site):
    tab = show(
        """<div data-signals:n="0"></div><button id=read data-on:click="$n++; @get('/stream/read')">r</button>
        <button id=write data-on:click="$n++; @post('/write')">w</button><button id=other data-on:click="@post('/other', {requestCancellation: 'disabled'})">o</button>"""
    )
    tab.click("#read")
    site.opened.get(timeout=10)
    tab.click("#read")
    site.opened.get(timeout=10)
    finished(tab)
    site.say(None, "/stream/read")
    finished(tab, 2)
    site.replies["/write"] = [(200, '{"n": 50}', "application/json"), (200, '{"m": 1}', "application/json")]
    site.answering.clear()
    for button in ("#write", "#write", "#other", "#other"):
        tab.click(button)
    site.answering.set()
    finished(tab, 6)
    assert [json.loads(body)["n"] for _, _, body, _ in site.heard("/write")] == [3, 4]
    assert len(site.heard("/other")) == 2
    tab.click("#other")
    finished(tab, 7)
    assert json.loads(site.heard("/other")[-1][2]) == {
        "n": 4,
        "m": 1,
    }  # the reply to the former was not applied


def test_the_stream_comes_back_after_the_server_was_killed_with_the_signals_of_now(show, site):
    tab = show(
        f'{LASTING}<div data-signals:n="1"></div><button id=go data-on:click="$n = 2">go</button><p id=p>0</p>'
    )
    speak(site, Events.patch_elements("<p id=p>1</p>", event_id="first"))
    tab.wait_for_selector("#p:text-is('1')")
    assert not tab.is_visible("#lost")
    site.kill()
    tab.wait_for_selector("#lost", state="visible")
    tab.click("#go")
    until(tab, "window.fetches.filter((each) => each === 'retrying').length > 5")
    site.start()
    speak(site, Events.patch_elements("<p id=p>2</p>"))
    tab.wait_for_selector("#p:text-is('2')")
    assert not tab.is_visible("#lost")
    _, _, query, headers = site.heard("/stream")[-1]
    assert json.loads(query["datastar"])["n"] == 2
    assert headers["last-event-id"] == "first"


def test_a_stream_that_ends_is_opened_again_and_a_reply_that_ends_is_not(show, site):
    site.replies["/once"] = (200, str(Events.patch_signals({"once": 1})), "text/event-stream")
    tab = show(f"{LASTING}<button id=go data-on:click=\"@get('/once')\">go</button>")
    for _ in range(3):
        site.opened.get(timeout=10)
        site.say(None)
    site.opened.get(timeout=10)
    tab.click("#go")
    finished(tab)
    assert len(site.heard("/once")) == 1
    tab.evaluate("document.querySelector('#stream').isConnected")


@pytest.mark.parametrize(
    ("status", "again"), [(204, False), (401, False), (404, False), (429, True), (500, True), (503, True)]
)
def test_which_answers_end_a_stream(show, site, status, again):
    site.replies["/stream"] = (status, "", "text/plain")
    tab = show(LASTING)
    until(
        tab,
        "window.fetches.filter((each) => each === 'retrying').length > 2"
        if again
        else "window.fetches.includes('finished')",
    )
    assert tab.evaluate("fetches.includes('retries-failed')") is (status in (401, 404))
    assert tab.evaluate("fetches.includes('error')") is (status != 204)


def test_a_write_that_fails_is_told_and_not_repeated(show, site):
    tab = show("<button id=go data-on:click=\"@post('/write')\">go</button>")
    site.kill()
    tab.click("#go")
    finished(tab)
    site.start()
    assert tab.evaluate("fetches") == ["started", "error", "finished"]
    assert site.heard("/write") == []


def test_reads_are_given_up_aloud_after_as_often_as_was_asked_for(show, site):
    tab = show(
        "<button id=go data-on:click=\"@get('/read', {retryInterval: 1, retryMaxCount: 2})\">go</button>"
    )
    site.kill()
    tab.click("#go")
    finished(tab)
    site.start()
    assert tab.evaluate("fetches") == ["started", "retrying", "retrying", "retries-failed", "finished"]


def test_a_stream_ends_with_its_element(show, site):
    tab = show(f"<div id=all>{LASTING}</div>")
    speak(site, Events.patch_elements("<div id=all>none</div>"))
    finished(tab)
    site.say(": x\n\n")
    assert "retrying" not in tab.evaluate("fetches")


def test_the_sdk_cannot_run_a_script(show, site):
    tab = show(f'{STREAM}<p id=p data-text="$done"></p>')
    speak(
        site,
        Events.execute_script("window.hit = 1"),
        Events.redirect("/elsewhere"),
        Events.patch_signals({"done": 1}),
    )
    tab.wait_for_selector("#p:text-is('1')")
    assert tab.evaluate("window.hit") is None
    assert tab.url == f"{site.address}/"
