"""One file of a form, under a name of ours, whole or not at all."""

import asyncio
import stat
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from studio.security.asking import FakeRequest, run
from whence.studio.security import form_file
from whence.studio.security.bodies import receive_upload
from whence.studio.security.form_file import plain_name
from whence.studio.security.refusals import InvalidUpload

TYPE = "multipart/form-data; boundary=XX"
LIMIT = 1 << 20


def form(content=b"a,b\n1,2\n", *, name=b"file", filename=b'; filename="a.csv"', more=b"", end=b"--XX--\r\n"):
    """A form with one file."""
    head = b'Content-Disposition: form-data; name="' + name + b'"' + filename + b"\r\n" + more
    return b"--XX\r\n" + head + b"\r\n" + content + b"\r\n" + end


def received(body, folder, *, limit=LIMIT, content_type=TYPE, piece=None):
    """Receive a form, in pieces of a size."""
    chunks = [body] if piece is None else [body[i : i + piece] for i in range(0, len(body), piece)]
    return run(receive_upload(FakeRequest(chunks, content_type=content_type), folder, limit))


def test_a_file_arrives_as_it_was_sent_under_a_name_of_ours(tmp_path):
    found = received(form(), tmp_path)
    assert (found.name, found.size) == ("a.csv", 8)
    assert found.path.read_bytes() == b"a,b\n1,2\n"
    assert found.path.parent == tmp_path
    assert "a.csv" not in found.path.name


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_nobody_else_can_read_it(tmp_path):
    found = received(form(), tmp_path / "new")
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.path.parent.stat().st_mode) == 0o700


@given(content=st.binary(min_size=1, max_size=300), piece=st.integers(1, 60))
def test_any_content_arrives_in_pieces_of_any_size(tmp_path_factory, content, piece):
    hostile = content.replace(b"XX", b"X") + b"\r\n--X\r\r\n-"
    found = received(form(hostile), tmp_path_factory.getbasetemp() / "any", piece=piece)
    assert found.path.read_bytes() == hostile
    found.path.unlink()


REFUSED = {
    "nothing": b"",
    "no form": b"a,b\n1,2\n",
    "another boundary": form().replace(b"XX", b"YY"),
    "no end": form(end=b""),
    "half an end": form(end=b"--XX"),
    "no file": b"--XX--\r\n",
    "an empty file": form(b""),
    "no file chosen": form(b"", filename=b'; filename=""'),
    "a field and no file": form(filename=b""),
    "another field": form(name=b"other"),
    "two files": form(end=b"") + form(),
    "a field before the file": form(name=b"x", filename=b"", end=b"") + form(),
    "a field after the file": form(end=b"") + form(name=b"x", filename=b""),
    "no disposition": b"--XX\r\n\r\nabc\r\n--XX--\r\n",
    "an attachment": form().replace(b"form-data", b"attachment"),
    "a packed part": form(more=b"Content-Transfer-Encoding: base64\r\n"),
    "a part twice of a type": form(more=b"Content-Type: a/b\r\nContent-Type: c/d\r\n"),
    "a disposition twice": form(more=b'Content-Disposition: form-data; name="file"; filename="b"\r\n'),
    "an unknown header": form(more=b"X-Path: /etc/passwd\r\n"),
    "a long header": form(more=b"Content-Type: " + b"a" * 10_000 + b"\r\n"),
    "many headers": form(more=b"".join(b"Content-%d: a\r\n" % i for i in range(100))),
    "a head without end": b"--XX\r\nContent-Disposition: form-data" + b" " * 100_000,
    "a name in another spelling": form(filename=b"; filename*=UTF-8''a.csv"),
    "too much": form(b"x" * (LIMIT + 1)),
    "too much around it": form() + b"\r\n" * LIMIT,
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("piece", [None, 4_097, 7])
def test_refused_and_nothing_left_behind(tmp_path, what, piece):
    body = REFUSED[what]
    if piece == 7 and len(body) > 200_000:
        piece = 65_536
    with pytest.raises(InvalidUpload) as refused:
        received(body, tmp_path, piece=piece)
    assert refused.value.status in (400, 413)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content_type",
    ["", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "a" * 71,
     "multipart/mixed; boundary=XX", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=\x00X",
     "multipart/form-data; boundary=ü", "multipart/form-data; boundary=\u20ac", "text/csv"],
)  # fmt: skip
def test_what_is_no_form_is_refused_before_anything_is_stored(tmp_path, content_type):
    with pytest.raises(InvalidUpload) as refused:
        received(form(), tmp_path, content_type=content_type)
    assert refused.value.status == 415
    assert list(tmp_path.iterdir()) == []


def test_something_after_the_form_is_refused(tmp_path):
    with pytest.raises(InvalidUpload):
        run(receive_upload(FakeRequest([form(), b"--XX more"], content_type=TYPE), tmp_path, LIMIT))
    assert list(tmp_path.iterdir()) == []


class Breaking(FakeRequest):
    """A connection that breaks off half-way."""

    def __init__(self, error):
        super().__init__(content_type=TYPE)
        self._error = error

    async def stream(self):
        yield form(b"x" * 5_000_000, end=b"")
        raise self._error


@pytest.mark.parametrize(
    "error", [ClientDisconnect(), asyncio.CancelledError(), ValueError(), KeyboardInterrupt()]
)
def test_a_connection_that_breaks_off_leaves_nothing_behind(tmp_path, error):
    async def work():
        with pytest.raises(type(error)):
            await receive_upload(Breaking(error), tmp_path, 1 << 30)

    run(work())
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_said_and_leaves_nothing_behind(tmp_path, monkeypatch):
    async def full(*_):
        raise OSError(28, "No space left on device", "/secret/place")

    monkeypatch.setattr(form_file, "_written", full)
    with pytest.raises(InvalidUpload) as refused:
        received(form(), tmp_path)
    assert refused.value.status == 507
    assert "secret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path, monkeypatch):
    largest = 0
    usual = form_file._written

    async def watching(file, parts):
        nonlocal largest
        largest = max(largest, len(parts.waiting))
        await usual(file, parts)

    monkeypatch.setattr(form_file, "_written", watching)
    found = received(form(b"x" * (24 << 20)), tmp_path, limit=1 << 30, piece=65_536)
    assert found.size == 24 << 20
    assert found.path.stat().st_size == 24 << 20
    assert largest < 2 << 20


def test_the_request_of_starlette_is_one(tmp_path):
    async def receive():
        return {"type": "http.request", "body": form(), "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", TYPE.encode())]}
    assert run(receive_upload(Request(scope, receive), tmp_path, LIMIT)).name == "a.csv"


@pytest.mark.parametrize(
    ("written", "shown"),
    [("a.csv", "a.csv"), ("../../etc/passwd", "passwd"), ("C:\\fakepath\\a.csv", "a.csv"),
    ("\\\\host\\share\\x", "x"),
     ("..", "file"), ("/", "file"), ("", "file"), ("a\0b\n.csv", "ab.csv"), ("\u202egnp.csv", "gnp.csv"),
     (".bashrc", "bashrc"), ("a  b.csv", "a b.csv"), ("<b>.csv", "<b>.csv"), ("\ud800.csv", "csv"),
     ("a" * 500 + ".parquet", "a" * 100 + "….parquet"), ("é.csv", "é.csv")],
)  # fmt: skip
def test_the_name_of_a_file_is_shown_as(written, shown):
    assert plain_name(written) == shown


@given(st.text(st.characters(), max_size=300))
def test_the_name_of_a_file_is_always_short_and_can_be_shown(written):
    shown = plain_name(written)
    assert 0 < len(shown) <= 140
    assert shown.isprintable()
    assert not set("/\\") & set(shown)
    assert plain_name(shown) == shown


@given(st.binary(max_size=400), st.integers(1, 50))
def test_bytes_of_any_kind_are_a_form_or_refused(tmp_path_factory, data, piece):
    folder = tmp_path_factory.getbasetemp() / "bytes"
    for body in (data, b"--XX\r\n" + data, form()[:70] + data):
        with suppress(InvalidUpload):
            received(body, folder, piece=piece).path.unlink()
        assert list(folder.iterdir()) == []
