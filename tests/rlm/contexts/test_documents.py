"""The names that the model's code finds, over the files that the host hands over."""

import copy
import gc
import json
import os
import pickle
import subprocess
import sys
from dataclasses import asdict

import pytest

from whence.rlm.contexts import as_context
from whence.rlm.worker.documents import Docs, open_documents
from whence.rlm.worker.text import Context, Text
from whence.rlm.worker.text_index import SIZES, Sizes

TINY = Sizes(block=8, piece=16, real=20, whole=1_000)


def opened(prompt, sizes=SIZES, **kwargs):
    with as_context(prompt, **kwargs) as contexts:
        documents = [asdict(document) for document in contexts.documents]
        return open_documents(
            documents, [os.dup(file) for file in contexts.files], contexts.shape, sizes=sizes
        )


def test_one_text_is_context_and_a_real_str():
    names = opened("naïve text")
    assert set(names) == {"docs", "context", "context_0"}
    context = names["context"]
    assert context == "naïve text" and isinstance(context, str) and context.name == "text"
    assert context is names["context_0"] is names["docs"][0]
    assert context[1:5].part == {"document": 0, "start": 1, "end": 6}


def test_a_large_text_is_a_context_and_knows_its_parts():
    names = opened("é" * 100, TINY)
    assert isinstance(names["context"], Context)
    assert names["context"][50:55].part == {"document": 0, "start": 100, "end": 110}
    with as_context("é" * 100) as contexts, contexts.part(names["context"][50:55].part) as part:
        assert part.read(0) == "é" * 5


def test_documents_are_found_by_number_name_and_slice():
    names = opened(["one", "two", "three" * 10], TINY, names=["a", "b", "c"])
    docs = names["docs"]
    assert names["context"] is docs and len(docs) == 3
    assert docs[0] == "one" and docs["b"] == "two" and docs[-1] == "three" * 10
    assert docs.names == ["a", "b", "c"] and docs.sizes == [3, 3, 50]
    assert isinstance(docs[1:], Docs) and [str(doc) for doc in docs[1:]] == ["two", "three" * 10]
    assert docs[1:]["b"].document == 1 and docs[::-1].names == ["c", "b", "a"]
    assert [doc.name for doc in docs] == ["a", "b", "c"]
    assert "a" in docs and "two" in docs and "x" not in docs and "a" not in docs[1:]
    assert isinstance(docs[0], Text) and isinstance(docs["c"], Context)
    assert repr(docs).startswith("<3 documents, 56 bytes\n  [0] 'a', 3 bytes: 'one'\n")
    with pytest.raises(IndexError, match=r"there are 3 documents: docs\[0\] to docs\[2\]"):
        docs[3]
    with pytest.raises(KeyError, match=r"no document 'z'; docs\.names are: 'a', 'b', 'c'"):
        docs["z"]
    with pytest.raises(KeyError):
        docs[1:]["a"]


def test_numbered_names_decode_no_more_than_one_real_text():
    names = opened([f"{i:05}" for i in range(150)], TINY)
    numbered = [name for name in names if name.startswith("context_")]
    assert len(numbered) == 100 and names["context_99"] == "00099"
    assert sum(isinstance(names[name], Text) for name in numbered) == 4
    assert all(isinstance(doc, Text) for doc in names["docs"])


def test_documents_are_kept_while_in_use_and_dropped_when_many():
    docs = opened(["x" * 20 for _ in range(20)], TINY)["docs"]
    held = docs[0]
    for doc in docs:
        del doc
    gc.collect()
    assert docs[0] is held
    assert sum(map(len, docs._shelf._kept.values())) <= 80


def test_copies_are_the_same_and_a_text_is_pickled_as_a_str():
    names = opened(["one", "é" * 50], TINY)
    assert copy.deepcopy(names)["docs"] is names["docs"]
    for doc in names["docs"]:
        assert copy.deepcopy([doc])[0] == doc and copy.copy(doc).part == doc.part
    assert type(pickle.loads(pickle.dumps(names["docs"][0]))) is str


def test_json_is_the_value():
    value = [{"role": "user", "content": "é"}, 1.5, None]
    names = opened(value)
    assert names["context"] == value and names["context_0"] is names["context"]
    assert json.loads(names["docs"][0]) == value
    large = opened({"a": "x" * 2_000}, TINY)
    assert isinstance(large["context"], Context) and str(large["context"][:5]) == '{"a":'


def test_empty_documents_and_files_that_became_shorter_are_read_as_they_are(tmp_path):
    assert opened("")["context"] == ""
    assert [str(doc) for doc in opened(["", "a", ""])["docs"]] == ["", "a", ""]
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    document = {"name": "a", "file": 0, "offset": 1, "length": 100}
    assert open_documents([document], [os.open(path, os.O_RDONLY)], "text")["context"] == "bc"


def test_descriptors_are_closed_and_an_unlinked_file_stays(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    descriptor = os.open(path, os.O_RDONLY)
    path.unlink()
    names = open_documents([{"name": "a", "file": 0, "offset": 0, "length": 3}], [descriptor], "text")
    assert names["context"] == "abc"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_large_file_costs_little_memory_of_its_own(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(("straße 漢字 plain words\n" * 4_000_000).encode())
    code = f"""
import os
from whence.rlm.worker.documents import open_documents
def anonymous():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
before = anonymous()
size = os.path.getsize({str(path)!r})
document = {{"name": "a", "file": 0, "offset": 0, "length": size}}
context = open_documents([document], [os.open({str(path)!r}, os.O_RDONLY)], "text")["context"]
assert len(context) == 22 * 4_000_000
assert context[len(context) // 2 :][:30] == context[-22 * 2_000_000 :][:30]
assert context[-6:-1] == "words" and context.count("漢字") == 4_000_000 and len(context.lines) == 4_000_000
print(size // 1024, anonymous() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    size, extra = map(int, done.stdout.split())
    assert extra < size // 10
