"""Whatever a caller may give as a context, as documents: `as_context`.

>>> with as_context("Call me Ishmael.") as context:
...     context.shape, context.bytes, context.text(100)
('text', 16, 'Call me Ishmael.')
>>> with as_context([{"role": "user", "content": "2 + 2?"}]) as context:
...     context.shape
'json'
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from whence.rlm.contexts.contexts import Contexts, Shape
from whence.rlm.contexts.files import add_path, shown
from whence.rlm.contexts.kinds import is_utf8
from whence.rlm.contexts.storing import PIECE, Document, Store
from whence.rlm.errors import UnusableContext
from whence.runtime.plain import quoted


def as_context(prompt: object, *, names: Sequence[str] | None = None) -> Contexts:
    """Make documents of `prompt`; `names` names them.

    A `str` is text, never a path, and so is `bytes`, which is UTF-8, and what an open file still holds. A
    `Path` is a file, or a folder with all text files in it. A list of these is a list of documents. Any other
    value is JSON. Raises `UnusableContext`.
    """
    with Store() as store:
        shape = _add(store, prompt)
        if not store.documents:
            raise _nothing(store, prompt)
        documents, files = store.finish()
    contexts = Contexts(documents, files, shape, tuple(store.left_out), tuple(store.notes))
    try:
        contexts.documents = _named(documents, names)
    except UnusableContext:
        contexts.close()
        raise
    return contexts


def _add(store: Store, prompt: object) -> Shape:
    if isinstance(prompt, Path):
        return "documents" if add_path(store, prompt, "") else "text"
    if isinstance(prompt, list | tuple):
        items = cast("Sequence[object]", prompt)
        prompt = items
        if items and all(isinstance(item, str | bytes | Path) for item in items):
            for number, item in enumerate(items):
                _add_item(store, item, f"document {number}")
            return "documents"
        if not items:
            raise UnusableContext("[]", "the list is empty", "Give at least one text or file.")
    if _add_item(store, prompt, "text"):
        return "text"
    _add_json(store, prompt)
    return "json"


def _add_item(store: Store, item: object, name: str) -> bool:
    """Add a text, bytes, a path or an open file; False if it is none of these."""
    read = getattr(item, "read", None)
    if isinstance(item, str):
        store.add_text(name, item)
    elif isinstance(item, bytes | bytearray):
        given = bytes(item).removeprefix(codecs.BOM_UTF8)
        if not is_utf8(given[:PIECE]):
            store.note(f"{name}: not UTF-8 throughout; other bytes are read as U+FFFD.")
        store.add(name, [given], len(given))
    elif isinstance(item, Path):
        # The folder's own name tells its files from those of the others.
        add_path(store, item, shown(item.name or item.resolve().name))
    elif callable(read):
        file_name = getattr(item, "name", None)
        name = shown(Path(file_name).name) if isinstance(file_name, str) and file_name else name
        store.add(name, _all_of(store, cast("Callable[[int], object]", read), name))
    else:
        return False
    return True


def _all_of(store: Store, read: Callable[[int], object], name: str) -> Iterator[bytes]:
    while True:
        try:
            piece = read(PIECE)
        except (OSError, ValueError) as error:  # closed, not readable, or of another encoding
            raise UnusableContext(
                name, f"reading it failed: {error}", "Open it anew, or give its Path."
            ) from error
        if not piece and isinstance(piece, str | bytes):
            return
        if not isinstance(piece, str | bytes):
            raise UnusableContext(name, f"read() gave {type(piece).__name__}, not text or bytes")
        yield store.encoded(name, piece) if isinstance(piece, str) else piece


def _add_json(store: Store, value: object) -> None:
    what = f"a value of type {type(value).__name__}"
    cure = "Give text, bytes, a Path, an open file, a list of these, or a JSON value."
    if value is None:
        raise UnusableContext("None", "there is nothing in it", cure)
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise UnusableContext(what, f"it is no JSON: {error}", cure) from error
    except RecursionError:
        raise UnusableContext(what, "it is nested too deeply for JSON", cure) from None
    store.add_text("json", text)


def _nothing(store: Store, prompt: object) -> UnusableContext:
    what = shown(str(prompt)) if isinstance(prompt, Path) else "these paths"
    if not store.left_out:
        return UnusableContext(what, "the folder is empty", "Give a folder with text files in it.")
    first = store.left_out[0]
    return UnusableContext(
        what,
        f"no text file is left of {len(store.left_out):,}; the first: {quoted(first.name)} ({first.reason})",
        "Convert documents to text first; name a hidden file itself to have it read.",
    )


def _named(documents: tuple[Document, ...], names: Sequence[str] | None) -> tuple[Document, ...]:
    if names is not None:
        if len(names) != len(documents):
            reason = f"{len(names)} names for {len(documents)} documents"
            raise UnusableContext("names", reason, "Give one name for each document.")
        return tuple(replace(one, name=name) for one, name in zip(documents, names, strict=True))
    seen: dict[str, int] = {}
    told: list[Document] = []
    for document in documents:
        count = seen[document.name] = seen.get(document.name, 0) + 1
        told.append(document if count == 1 else replace(document, name=f"{document.name} ({count})"))
    return tuple(told)
