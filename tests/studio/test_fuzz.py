"""20,000 requests that nobody thought of: whatever a page, or somebody in its place, sends, the studio never
answers with a fault of its own.

They go to the whole application, over ASGI and without a server, from a browser that was let in (a stranger
gets no further than the guard, which is tested apart). Each is made from a true address of the table, with
ids that are there and ids that are not, signals that fit and signals that do not, and now and then a header
that is bent.
"""

import asyncio
import json
import logging
import random
import re
from collections import Counter
from urllib.parse import quote, unquote

import pytest

from studio.security.asking import ACTION, DOCUMENT, Reply
from whence.studio.projects.naming import node_id
from whence.studio.security.gate import Limits
from whence.studio.security.sessions import Sessions
from whence.studio.security.signal_names import SIGNALS
from whence.studio.settings import Settings

app_module = pytest.importorskip("whence.studio.app", reason="the application is not there yet")
routes = pytest.importorskip("whence.studio.routes")

REQUESTS, SEED = 20_000, 20261122
# These start work that goes on by itself; a few of them are enough.
SELDOM = (
    "/delete",
    "/runs",
    "/data/upload",
    "/watch/demo",
    "/projects/example/{name}",
    "/data/example/{name}",
    "/projects",
)

HOSTILE = [
    "", " ", "a", "age", "wage", "x", "y", "treat", "re78", "0", "1", "-1", "1e400", "NaN", "null", "true",
    "../..", "/",
    "<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "${7*7}", "{{7*7}}", "{% raw %}",
    "\u2028\u2029",
    "\x85\x0b\x0c", "\r\ndata: x\r\n\r\n", "data: elements <b>", "a\tb", "\u202eabc", "é", "e\u0301",
    "💼" * 5,
    "\ufeff",
    "__proto__", "constructor", "a" * 900, "a -> b", "b -> a; a -> b", "dag { a -> b }",
    "x -> y; y -> z; z -> x",
    "digraph { a -> b }", '{"nodes": []}', "graph [ node [ id 1 ] ]", "(" * 400,
    "E[y | do(x=1)] - E[y | do(x=0)]",
    "effect of treat on re78", "P(", "ATE(x -> y)", "why y", "re74 = 0", "age > 30", "1; drop table t",
    "age > 30 or 1=1",
    "read_csv('/etc/passwd')", "\\", "%00", "%2e%2e", "auto", "aipw", "plug-in", "-" * 300, "\ud7ff",
    "\U0010ffff",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 0.5, 0.95, 1.5, 1e-300, 1e299, -1e299, 2**53, -(2**53), 3.5, 100, 640, 99999, ""]
BENT = [
    {b"accept": b""}, {b"accept": b"*/*"}, {b"accept-encoding": b"gzip"},
    {b"accept-encoding": b"\xff, gzip;q=0"},
    {b"content-type": b"application/json; charset=utf-7"}, {b"content-type": b"text/plain"},
    {b"if-none-match": b'"x"'},
    {b"range": b"bytes=0-"}, {b"content-length": b"7"}, {b"last-event-id": b"-1"}, {b"cookie": b""},
    {b"host": b"x"},
    {b"origin": b"null"}, {b"x-forwarded-for": b"::1"}, {b"accept-language": b"\xff\xfe"},
    {b"user-agent": b"\x00"},
    {b"if-modified-since": b"never"}, {b"sec-fetch-site": b"none"}, {b"datastar-request": b"false"},
]  # fmt: skip


class Fuzz:
    """One source of requests, and the browser that sends them."""

    def __init__(self, guard, cookie, seed):
        self.guard = guard
        self.cookie = cookie
        self.random = random.Random(seed)
        self.ids = ["abcdefghijk0", "n0000000000", "e0000000000"]
        self.projects = ["abcdefghijk0"]
        often = [
            route for route in routes.ROUTES if not route.path.endswith(SELDOM) and route.path != "/launch"
        ]
        seldom = [route for route in routes.ROUTES if route.path.endswith(SELDOM)]
        self.routes, self.weights = often + seldom, [1.0] * len(often) + [0.03] * len(seldom)

    def request(self):
        """Method, path, query, headers and body of one request."""
        dice = self.random
        (route,) = dice.choices(self.routes, self.weights)
        path = re.sub(r"\{([^}]+)\}", lambda found: self.parameter(*found[1].partition(":")[::2]), route.path)
        method = (
            dice.choice(sorted(route.methods))
            if dice.random() < 0.98
            else dice.choice(["GET", "POST", "HEAD"])
        )
        body = self.body()
        headers = dict(ACTION if method == "POST" or dice.random() < 0.5 else DOCUMENT) | self.cookie
        query = b""
        if method != "POST":
            query = (
                b"datastar=" + quote(body).encode()
                if dice.random() < 0.5
                else quote(dice.choice(HOSTILE)).encode()
            )
            body = b""
        elif path.endswith("/upload"):
            headers[b"content-type"] = b"multipart/form-data; boundary=XX"
            body = self.form(body)
        if dice.random() < 0.1:
            headers |= dice.choice(BENT)
        return method, path, query, headers, body

    def parameter(self, name, kind):
        """Something for a part of an address."""
        dice = self.random
        if kind == "int":
            return str(dice.choice([1, 1, 1, 0, 2, 3, 10**6, 10**30]))
        if name == "project":
            return (
                dice.choice(self.projects) if dice.random() < 0.95 else dice.choice(["x", "a" * 12, "..%2f"])
            )
        known = {
            "part": ["treatment", "outcome", "placebo", "cluster", "weights", "ignored", "none", "x"],
            "role": ["treatment", "outcome", "none", "x"],
            "to": ["turn", "cause", "confounded", "undirected", "x"],
            "format": ["arrows", "dagitty", "dot", "gml", "json", "x"],
            "file": ["client.js", "canvas.js", "studio.css", "icon.svg", "report.html", "answer.json",
            "script.py",
                     "graph.dagitty", "graph.svg", "log.jsonl", "x", "..", "client.js.map"],
            "name": ["kidney_stones", "drug", "x"],
        }.get(name, self.ids)  # fmt: skip
        return dice.choice(known) if dice.random() < 0.9 else quote(dice.choice(HOSTILE), safe="")[:80] or "x"

    def body(self):
        """Signals that fit, or nearly, or not at all."""
        dice = self.random
        names = dice.sample(sorted(SIGNALS), dice.randint(0, 6))
        signals = {name: self.value(name) for name in names}
        if dice.random() < 0.03:
            signals[dice.choice(HOSTILE)] = dice.choice(HOSTILE)
        text = json.dumps(signals, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
        if dice.random() < 0.05:
            place = dice.randint(0, len(text))
            text = text[:place] + dice.randbytes(dice.randint(0, 4)) + text[place + dice.randint(0, 3) :]
        return text

    def value(self, name):
        """A value for a signal, mostly of its kind."""
        dice = self.random
        if dice.random() < 0.02:
            return dice.choice([None, [], {}, True, [1], {"a": 1}, *NUMBERS, *HOSTILE])
        if name in ("source", "target"):
            return dice.choice(self.ids)
        if name == "mark":
            return dice.choice(["->", "<->", "--", "o->", "o-o", "o--", ""])
        if name in (
            "x",
            "y",
            "level",
            "times",
            "r2_treatment",
            "r2_outcome",
            "seed",
            "frame",
            "first",
            "second",
        ):
            return dice.choice(NUMBERS)
        return dice.choice(HOSTILE)

    def form(self, text):
        """A form with a file, more or less."""
        dice = self.random
        content = dice.choice([text, b"a,b\n1,2\n3,4\n", b"", b"PAR1", dice.randbytes(200)])
        name = quote(dice.choice(HOSTILE))[:60].encode()
        whole = (
            b'--XX\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'.csv"\r\n\r\n'
            + content + b"\r\n--XX--\r\n"
        )  # fmt: skip
        return whole if dice.random() < 0.7 else whole[: dice.randint(0, len(whole))]

    async def send(self):
        """Send one made by chance; what was sent and what came."""
        method, path, query, headers, body = self.request()
        return (method, path, query[:300], body[:300]), await self.put(method, path, query, headers, body)

    async def begin(self):
        """A new project, with data and a graph."""
        headers = ACTION | self.cookie
        reply = await self.put("POST", "/projects/example/kidney_stones", b"", headers, b"{}")
        assert reply.status == 200, reply.body
        self.projects = [found.decode() for found in re.findall(rb"/p/([a-z0-9]{12})", reply.body)]
        place = f"/p/{self.projects[0]}"
        graph = {"text": "size -> treatment; size -> success; treatment -> success"}
        for address, signals in (
            (f"/data/part/{node_id('count')}/weights", {}),
            ("/graph/text", graph),
            ("/runs", {"question": "effect of treatment on success"}),
        ):
            await self.put("POST", place + address, b"", headers, json.dumps(signals).encode())
        for _ in range(400):
            if (await self.put("GET", place + "/answers/1", b"", headers, b"")).status == 200:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("there is no answer to look at")
        return await self.put("GET", place, b"", DOCUMENT | self.cookie, b"")

    async def put(self, method, path, query, headers, body):
        """Send one; what came."""
        reply = Reply()
        parts = [body] if self.random.random() < 0.7 else [body[:3], body[3:]]

        async def receive():
            if not parts:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        async def send(message):
            if message["type"] == "http.response.start":
                reply.status, reply.headers = message["status"], message["headers"]
            else:
                reply.body += message.get("body", b"")

        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": method, "scheme": "http", "path": unquote(path), "raw_path": path.encode(),
            "query_string": query, "root_path": "", "headers": list(headers.items()),
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8765), "state": {},
        }  # fmt: skip
        async with asyncio.timeout(30):
            await self.guard(scope, receive, send)
        return reply

    def learn(self, reply):
        """Remember the ids that an answer showed."""
        for found in re.findall(rb"/p/([a-z0-9]{12})", reply.body):
            if found.decode() not in self.projects:
                self.projects.append(found.decode())
        self.projects = self.projects[-8:]
        fresh = {found.decode() for found in re.findall(rb'id="([ne][0-9a-f]{10})"', reply.body)}
        self.ids = [*self.ids, *sorted(fresh - set(self.ids))][-60:]


async def lived(guard, work):
    """Do some work while the application lives."""
    to_app, from_app = asyncio.Queue(), asyncio.Queue()
    life = asyncio.create_task(guard({"type": "lifespan", "asgi": {}, "state": {}}, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    try:
        return await work()
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await life


@pytest.mark.slow
def test_no_request_is_answered_with_a_fault(tmp_path, caplog):
    sessions = Sessions(tmp_path)
    guard = app_module.create(Settings(home=tmp_path, upload_bytes=1 << 20), sessions)
    guard._requests = type(guard._requests)(1e9, 1e9)
    assert isinstance(guard.gate.limits, Limits)
    cookie = {b"cookie": guard.gate.cookie.encode() + b"=" + sessions.exchange(sessions.launch()).encode()}
    fuzz = Fuzz(guard, cookie, SEED)
    faults, statuses = [], Counter()

    async def work():
        for number in range(REQUESTS):
            if number % 2_000 == 0:  # projects get lost on the way
                fuzz.learn(await fuzz.begin())
            asked, reply = await fuzz.send()
            fuzz.learn(reply)
            statuses[reply.status] += 1
            if reply.status >= 500:
                faults.append((asked, reply.status))

    with caplog.at_level(logging.ERROR, "whence.studio"):
        asyncio.run(lived(guard, work))
    logged = Counter(
        record.getMessage()[-200:] for record in caplog.records if record.name == "whence.studio"
    )
    assert not faults, f"{len(faults)} faults; {statuses}; {faults[:5]}; {logged.most_common(9)}"
    assert not logged, logged.most_common(9)
    assert statuses[204] + statuses[200] > REQUESTS / 5, f"most never got anywhere: {statuses}"
