"""Whatever is given as a context becomes documents in read-only files, and nothing else is read."""

import fcntl
import io
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.rlm.contexts import Contexts, as_context, storing
from whence.rlm.contexts import files as files_module
from whence.rlm.errors import UnusableContext


def texts(contexts: Contexts) -> dict[str, str]:
    return {document.name: contexts.read(i) for i, document in enumerate(contexts.documents)}


@pytest.fixture(autouse=True)
def no_descriptor_is_left_open():
    before = set(Path("/proc/self/fd").iterdir())
    yield
    assert set(Path("/proc/self/fd").iterdir()) <= before


# ── what may be given ───────────────────────────────────────────────────────────────────────────────────────


def test_a_str_is_text_even_if_it_is_the_name_of_a_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("content")
    with as_context(str(path)) as contexts:
        assert (contexts.shape, texts(contexts)) == ("text", {"text": str(path)})
    with as_context("") as contexts:
        assert (contexts.shape, contexts.bytes, contexts.read(0)) == ("text", 0, "")


def test_a_path_is_a_file_and_a_folder_is_its_files_in_sorted_order(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("c.txt", "a.txt", "b/z.md", "b/a.md"):
        (tmp_path / name).write_text(f"in {name}")
    with as_context(tmp_path / "a.txt") as contexts:
        assert (contexts.shape, texts(contexts)) == ("text", {"a.txt": "in a.txt"})
    with as_context(tmp_path) as contexts:
        assert contexts.shape == "documents"
        assert list(texts(contexts)) == ["a.txt", "b/a.md", "b/z.md", "c.txt"]
        assert texts(contexts)["b/z.md"] == "in b/z.md"
        assert len(contexts.files) == 1


def test_a_list_of_texts_and_paths_is_a_list_of_documents(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text(folder)
    given = [
        "text",
        tmp_path / "one/same.txt",
        tmp_path / "two/same.txt",
        tmp_path / "two",
        b"\xef\xbb\xbfbytes",
    ]
    with as_context(given) as contexts:
        assert contexts.shape == "documents"
        assert texts(contexts) == {
            "document 0": "text",
            "same.txt": "one",
            "same.txt (2)": "two",
            "two/same.txt": "two",
            "document 4": "bytes",
        }
    with as_context(("a", "b"), names=["x", "y"]) as contexts:
        assert texts(contexts) == {"x": "a", "y": "b"}
    with pytest.raises(UnusableContext, match="3 names for 2 documents"):
        as_context(["a", "b"], names=["x", "y", "z"])


@pytest.mark.parametrize(
    "value", [{"a": [1, None]}, [{"role": "user", "content": "é"}], [1, "a"], 5, {}, [["a"]]]
)
def test_other_values_are_json(value):
    with as_context(value) as contexts:
        assert contexts.shape == "json"
        assert json.loads(contexts.read(0)) == value


@pytest.mark.parametrize("value", [None, [], {1, 2}, {"a": Path("x")}, object(), [Path("/nowhere"), 1]])
def test_what_is_no_context_is_refused_with_the_cure(value):
    with pytest.raises(UnusableContext, match=r"Give|There|there"):
        as_context(value)
    circular: list[object] = [1]
    circular.append(circular)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for bad in (circular, deep):
        with pytest.raises(UnusableContext, match="JSON"):
            as_context(bad)


def test_an_open_file_gives_what_it_still_holds(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("één\ntwee\n".encode() * 200_000)
    with path.open(encoding="utf-8") as file, as_context(file) as contexts:
        assert texts(contexts) == {"a.txt": path.read_text("utf-8")}
    with path.open("rb") as file:
        file.read(6)
        with as_context(file) as contexts:
            assert contexts.read(0) == path.read_text("utf-8")[4:]
    with as_context(io.StringIO("x")) as contexts:
        assert texts(contexts) == {"text": "x"}
    with path.open("wb") as file, pytest.raises(UnusableContext, match="reading it failed"):
        as_context(file)


@given(st.text(st.characters() | st.sampled_from("\ud800\udfffa\n\0"), max_size=50))
@settings(max_examples=200)
def test_any_text_keeps_its_characters_and_lone_surrogates_their_places(text):
    with as_context(text) as contexts:
        read = contexts.read(0)
    assert read == "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_descriptors_cannot_be_written_through_and_copies_cannot_be_changed(tmp_path, monkeypatch):
    path = tmp_path / "big.txt"
    path.write_bytes(b"x" * (2 << 20))
    with as_context([path, "small"]) as contexts:
        assert len(contexts.files) == 2
        for descriptor in contexts.files:
            assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
            assert not os.get_inheritable(descriptor)
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.write(descriptor, b"y")
        assert fcntl.fcntl(contexts.files[1], fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
    monkeypatch.setattr(storing, "IN_MEMORY", 10)
    with as_context(["short", "longer than ten bytes", "z"]) as contexts:
        assert list(texts(contexts).values()) == ["short", "longer than ten bytes", "z"]
        assert fcntl.fcntl(contexts.files[0], fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        assert os.fstat(contexts.files[0]).st_nlink == 0


def test_without_proc_a_text_goes_to_disk(monkeypatch):
    really = os.open

    def open_(path, *args, **kwargs):
        if str(path).startswith("/proc/"):
            raise FileNotFoundError(2, "No such file", path)
        return really(path, *args, **kwargs)

    monkeypatch.setattr(storing.os, "open", open_)
    with as_context(["text", "more"]) as contexts:
        assert list(texts(contexts).values()) == ["text", "more"]
        assert fcntl.fcntl(contexts.files[0], fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY


def test_large_files_travel_as_they_are_up_to_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "SMALL", 10)
    monkeypatch.setattr(storing, "MOST_FILES", 4)
    for i in range(9):
        (tmp_path / f"{i}.txt").write_text(f"{i}" * (20 if i % 2 else 5))
    with as_context(tmp_path) as contexts:
        assert len(contexts.files) == 4
        assert texts(contexts) == {f"{i}.txt": f"{i}" * (20 if i % 2 else 5) for i in range(9)}


def test_marks_are_no_text_and_wide_encodings_are_converted(tmp_path):
    said = "Größe 漢\n" * 3000
    for encoding in ("utf-8-sig", "utf-16", "utf-32", "latin-1"):
        content = said.replace("漢", "x") if encoding == "latin-1" else said
        (tmp_path / f"{encoding}.txt").write_bytes(content.encode(encoding))
    (tmp_path / "be.txt").write_bytes(b"\xfe\xff" + said.encode("utf-16-be"))
    (tmp_path / "big.txt").write_bytes(b"\xef\xbb\xbf" + b"a" * (1 << 20))
    with as_context(tmp_path) as contexts:
        read = texts(contexts)
        for name in ("utf-8-sig.txt", "utf-16.txt", "utf-32.txt", "be.txt"):
            assert read[name] == said, name
        assert read["big.txt"] == "a" * (1 << 20)
        assert read["latin-1.txt"].startswith("Gr\ufffd\ufffde x") or read["latin-1.txt"].startswith(
            "Gr\ufffd"
        )
        assert sorted(contexts.notes) == [
            "be.txt: converted from UTF-16.",
            "latin-1.txt: not UTF-8 throughout; other bytes are read as U+FFFD.",
            "utf-16.txt: converted from UTF-16.",
            "utf-32.txt: converted from UTF-32.",
        ]


def test_a_hostile_folder_is_walked_without_leaving_it(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    top = tmp_path / "top"
    top.mkdir()
    (top / "loop").symlink_to(top)
    (top / "out").symlink_to(outside)
    (top / "dangling").symlink_to("nowhere")
    os.mkfifo(top / "fifo")
    sock = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(top)
    try:
        sock.bind("sock")
    finally:
        os.chdir(here)
        sock.close()
    (top / ".git").mkdir()
    (top / ".git" / "config").write_text("x")
    (top / ".env").write_text("KEY=1")
    (top / "new\nline.txt").write_text("a")
    Path(os.fsdecode(os.fsencode(top) + b"/not-\xff-utf8.txt")).write_text("b")
    (top / "empty.txt").write_bytes(b"")
    (top / "nul.txt").write_bytes(b"a\0b")
    (top / "photo.JPG").write_bytes(b"text")
    (top / "paper.pdf").write_bytes(b"%PDF")
    (top / "huge-line.txt").write_bytes(b"x" * (3 << 20))
    with as_context(top) as contexts:
        assert texts(contexts) == {
            "empty.txt": "",
            "huge-line.txt": "x" * (3 << 20),
            "new\nline.txt": "a",
            "not-\ufffd-utf8.txt": "b",
        }
        assert {left.name: left.reason.split(":")[0] for left in contexts.left_out} == {
            "loop": "a symbolic link",
            "out": "a symbolic link",
            "dangling": "a symbolic link",
            "fifo": "a FIFO",
            "sock": "a socket",
            ".git": "hidden",
            ".env": "hidden",
            "nul.txt": "binary",
            "photo.JPG": "binary",
            "paper.pdf": ".pdf is not parsed",
        }
        assert "Left out: 10" in contexts.preview()
        assert '"new\\nline.txt"' in contexts.preview()


def test_what_is_named_must_be_readable(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").mkdir()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".a").write_text("x")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    for path, reason in {
        tmp_path / "missing": "there is no such file",
        tmp_path / "fifo": "a FIFO",
        Path("/dev/null"): "a device",
        tmp_path / "empty": "the folder is empty",
        tmp_path / "hidden": "hidden",
        tmp_path / "a.pdf": "convert it to text first",
        tmp_path / "nul\0": "null",
        tmp_path / "a.pdf" / "b": "Not a directory",
    }.items():
        with pytest.raises(UnusableContext, match=reason):
            as_context(path)
        with pytest.raises(UnusableContext, match=reason):
            as_context([path])
    (tmp_path / ".a").write_text("named itself, a hidden file is read")
    with as_context([tmp_path / ".a", tmp_path / "a.pdf"]) as contexts:
        assert list(texts(contexts)) == [".a"]
        assert [left.name for left in contexts.left_out] == ["a.pdf"]


def test_unreadable_and_swapped_files_are_left_out(tmp_path, monkeypatch):
    for name in ("a.txt", "locked.txt", "swapped.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "elsewhere").write_text("secret")
    really = os.open

    def open_(path, flags, *args, **kwargs):
        if path == "locked.txt":
            raise PermissionError(13, "Permission denied", path)
        if path == "swapped.txt":  # somebody puts a link there after it was looked at
            (tmp_path / path).unlink()
            (tmp_path / path).symlink_to(tmp_path / "elsewhere")
        return really(path, flags, *args, **kwargs)

    monkeypatch.setattr(files_module.os, "open", open_)
    with as_context(tmp_path) as contexts:
        assert list(texts(contexts)) == ["a.txt", "elsewhere"]
        assert {left.name: left.reason for left in contexts.left_out} == {
            "locked.txt": "not readable: Permission denied",
            "swapped.txt": "not readable: Too many levels of symbolic links",
        }


def test_a_folder_that_becomes_a_link_is_not_entered(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    (tmp_path / "top" / "sub").mkdir(parents=True)
    (tmp_path / "top" / "a.txt").write_text("a")
    really = os.open

    def open_(path, flags, *args, **kwargs):
        if path == "sub":
            (tmp_path / "top" / "sub").rmdir()
            (tmp_path / "top" / "sub").symlink_to(tmp_path / "elsewhere")
        return really(path, flags, *args, **kwargs)

    monkeypatch.setattr(files_module.os, "open", open_)
    with as_context(tmp_path / "top") as contexts:
        assert list(texts(contexts)) == ["a.txt"]
        assert [left.name for left in contexts.left_out] == ["sub"]


def test_ten_thousand_small_files_need_one_descriptor(tmp_path):
    for i in range(10_000):
        (tmp_path / f"{i:05}.txt").write_bytes(b"%d" % i)
    with as_context(tmp_path) as contexts:
        assert len(contexts.documents) == 10_000
        assert len(contexts.files) == 1
        assert contexts.read(9_999) == "9999"
        assert len(contexts.preview()) < 2_000


def test_folders_nested_too_deeply_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(files_module, "DEEPEST", 3)
    deep = tmp_path / "a/b/c/d/e"
    deep.mkdir(parents=True)
    (deep / "x.txt").write_text("x")
    (tmp_path / "a/b/c/y.txt").write_text("y")
    with as_context(tmp_path) as contexts:
        assert list(texts(contexts)) == ["a/b/c/y.txt"]
        assert contexts.left_out[0].name == "a/b/c/d"


# ── reading on the host ─────────────────────────────────────────────────────────────────────────────────────


def test_the_hash_is_of_names_and_contents_not_of_where_they_are(tmp_path):
    (tmp_path / "a").write_text("one")
    with (
        as_context(["one", "two"], names=["a", "b"]) as x,
        as_context([tmp_path / "a", "two"], names=["a", "b"]) as y,
    ):
        assert x.sha256() == y.sha256()
        assert len(x.sha256()) == 64
    others = [(["one", "two"], ["a", "c"]), (["onet", "wo"], ["a", "b"]), (["two", "one"], ["a", "b"])]
    for prompt, names in others:
        with as_context(prompt, names=names) as other:
            assert other.sha256() != x.sha256()
    with as_context("[1]") as text, as_context([1]) as value:
        assert text.sha256() != value.sha256()


def test_text_joins_what_fits_and_refuses_what_does_not():
    with as_context("éé") as one, as_context(["a", "b"]) as two:
        assert one.text(2) == "éé"
        assert two.text(100) == '=== "document 0" ===\na\n\n=== "document 1" ===\nb'
        with pytest.raises(UnusableContext, match="2 characters do not fit in 1 characters"):
            one.text(1)
        with pytest.raises(UnusableContext, match="do not fit"):
            two.text(5)


def test_a_preview_shows_size_names_and_beginning():
    with as_context(["é" * 900] + ["x"] * 20) as contexts:
        preview = contexts.preview()
        assert "21 documents: 1,820 bytes, about " in preview
        assert '- docs[0] "document 0": 1,800 bytes' in preview
        assert "and 11 more" in preview
        assert preview.endswith("The first begins:\n" + "é" * 500)
    with as_context({"a": 1}) as contexts:
        assert contexts.preview() == 'A JSON value: 8 bytes, about 8 characters.\nIt begins:\n{"a": 1}'


def test_a_part_is_shared_and_outlives_its_parent():
    contexts = as_context(["0123456789", "abc"])
    part = contexts.part({"document": 0, "start": 2, "end": 5})
    again = part.part({"document": 0, "start": 1, "end": 3})
    whole = contexts.part({"document": 1, "start": 0, "end": 3})
    own = contexts.part({"text": "told"})
    contexts.close()
    contexts.close()
    assert texts(part) == {"document 0, bytes 2 to 5": "234"}
    assert list(texts(again).values()) == ["34"]
    assert texts(whole) == {"document 1": "abc"}
    assert texts(own) == {"text": "told"} and own.shape == "text"
    with pytest.raises(UnusableContext, match="closed"):
        contexts.read(0)
    with pytest.raises(UnusableContext, match="closed"):
        contexts.part({"document": 0, "start": 0, "end": 1})
    for one in (part, again, whole, own):
        one.close()


HOSTILE = [None, True, -1, 1.0, "1", [], {}, float("nan"), 1 << 70, 2, 3, 4, "x" * 10_000]


@given(
    st.fixed_dictionaries(
        {}, optional={k: st.sampled_from([0, 1, *HOSTILE]) for k in ("document", "start", "end")}
    )
)
@settings(max_examples=500)
def test_a_hostile_part_is_refused(part):
    with as_context(["abc", "de", "fgh"]) as contexts:
        try:
            with contexts.part(part) as own:
                assert own.read(0) == ["abc", "de", "fgh"][part["document"]][part["start"] : part["end"]]
        except UnusableContext as error:
            assert len(str(error)) < 400
            values = [part.get(key) for key in ("document", "start", "end")]
            fine = all(type(value) is int for value in values) and values[0] in (0, 1, 2)
            assert not (fine and 0 <= values[1] <= values[2] <= [3, 2, 3][values[0]])


def test_a_file_that_was_cut_short_is_said(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * (2 << 20))
    with as_context(path) as contexts:
        os.truncate(path, 10)
        with pytest.raises(UnusableContext, match="has become shorter"):
            contexts.sha256()


def test_a_large_str_is_written_without_a_second_copy_of_it():
    code = """
import resource, sys
from whence.rlm.contexts import as_context
text = "a" * (100 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with as_context(text) as contexts:
    assert contexts.bytes == len(text)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000


def test_a_full_disk_is_an_error_and_no_file_that_was_left_out(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("a")

    def write(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storing.os, "write", write)
    for prompt in (tmp_path, "text", [tmp_path / "a.txt"], {"a": 1}):
        with pytest.raises(UnusableContext, match=r"No space left on device.*TMPDIR"):
            as_context(prompt)


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "IN_MEMORY", 0)
    monkeypatch.setattr(storing.tempfile, "tempdir", str(tmp_path))
    with as_context("x" * 100) as contexts:
        assert list(tmp_path.iterdir()) == []
        assert stat.S_ISREG(os.fstat(contexts.files[0]).st_mode)
