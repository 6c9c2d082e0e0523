"""A tiny web server for the tests of the client: it serves one page under the studio's policy of content, and
says on its streams exactly the bytes that a test gives it. It can be killed and started anew on its port.
"""

import queue
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from whence.studio.assets import sent

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types whence; report-uri /reports"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title>
<link rel="icon" href="data:image/png;base64,"><link rel="stylesheet" href="/static/page.css">
<script type="module" src="/static/client.js"></script><script type="module" src="/static/canvas.js"></script>
</head><body>%s</body></html>"""


class Site:
    """The server and what it has seen: `requests` are (method, path, query or body, headers)."""

    def __init__(self):
        self.body, self.css = "", ""
        self.requests, self.reports, self.replies = [], [], {}
        self.streams, self.opened = {}, queue.Queue()
        self.answering = threading.Event()
        self.answering.set()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.server = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        site = self

        class Handler(_Handler):
            pass

        Handler.site = site
        self.server = _Server(("127.0.0.1", self.port), Handler)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def kill(self):
        """Stop listening and cut every connection, as a killed process does."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.server.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.say(None)

    def say(self, data, path="/stream"):
        """Send bytes or text on every open stream of a path; None ends them."""
        for line in list(self.streams.get(path, ())):
            line.put(data.encode() if isinstance(data, str) else data)

    def heard(self, path):
        """The requests to a path, oldest first."""
        return [each for each in self.requests if each[1] == path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, *args):
        self.connections = set()
        super().__init__(*args)

    def process_request(self, request, client_address):
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """A browser that leaves is no fault."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def log_message(self, format, *args):
        """Nothing is printed."""

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/":
            return self.answer(200, PAGE % self.site.body, "text/html; charset=utf-8")
        if parts.path == "/static/page.css":
            return self.answer(200, self.site.css, "text/css")
        if parts.path in ("/static/client.js", "/static/canvas.js"):
            script = sent(parts.path[8:]).decode()  # as the studio sends it
            return self.answer(200, script, "text/javascript; charset=utf-8")
        self.record(
            parts, {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        )
        if parts.path.startswith("/stream") and parts.path not in self.site.replies:
            return self.stream(parts.path)
        return self.reply(parts.path)

    def do_POST(self):
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if parts.path == "/reports":
            self.site.reports.append(body)
            return self.answer(204)
        self.record(parts, body)
        return self.reply(parts.path)

    do_PUT = do_PATCH = do_POST  # noqa: N815 - the names are the library's
    do_DELETE = do_GET  # noqa: N815

    def record(self, parts, carried):
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.site.requests.append((self.command, parts.path, carried, headers))

    def reply(self, path):
        self.site.answering.wait(10)
        reply = self.site.replies.get(path, (204, "", ""))
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        self.answer(*reply)

    def answer(self, status, body=b"", kind="text/plain", headers=None):
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    def stream(self, path):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        line = queue.Queue()
        self.site.streams.setdefault(path, []).append(line)
        self.site.opened.put(path)
        try:
            while (data := line.get(timeout=30)) is not None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, queue.Empty):
            self.close_connection = True
        finally:
            self.site.streams[path].remove(line)
