r"""Finding lines by a pattern in text of any size: `grep`.

A line is found if `re.search` finds the pattern in it, taken by itself; of each line the first match counts.
The text is read block by block, and as far as the pattern allows only lines that can match are decoded.

>>> from whence.rlm.worker.text import Context
>>> grep = grep_in([])
>>> grep(r"b\d", Context.of("a1\nb2 and b3\n"))
1 hit
text:2: b2 and b3
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from whence.rlm.worker.pattern_plan import Plan, plan_of
from whence.rlm.worker.re_support import install_re_support
from whence.rlm.worker.text import Context, Text, TooLarge
from whence.rlm.worker.text_lines import blocks_of_lines

if TYPE_CHECKING:
    from whence.rlm.worker.text_index import Source

__all__ = ["Grep", "Hit", "Hits", "grep_in", "install_re_support"]

WIDTH = 300
"""So many characters of a line are shown, around the match."""

Document: TypeAlias = "str | Context"


@dataclass(frozen=True, slots=True)
class Hit:
    """A line in which a pattern was found.

    `line` is its number in the document from 1; the match is `doc[hit.start:hit.end]`; `text` is the line,
    cut around the match if it is long; `before` and `after` are the lines around it.
    """

    document: str
    line: int
    start: int
    end: int
    text: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __repr__(self) -> str:
        numbered = [
            *((self.line - len(self.before) + i, "-", text) for i, text in enumerate(self.before)),
            (self.line, ":", self.text),
            *((self.line + 1 + i, "-", text) for i, text in enumerate(self.after)),
        ]
        return "\n".join(f"{self.document}{mark}{number}{mark} {text}" for number, mark, text in numbered)


class Hits(list[Hit]):
    """The lines found, in order. `more`: there are others, beyond the limit."""

    more: bool = False

    def __repr__(self) -> str:
        count = f"{len(self):,} hit{'' if len(self) == 1 else 's'}"
        if self.more:
            count += f", and there are more: grep(…, limit={max(10 * len(self), 100)}), or a narrower pattern"
        elif not self:
            count += ": try ignore_case=True, a shorter pattern, or literal=True if it holds ( [ . or *"
        apart = "\n--\n" if any(hit.before or hit.after for hit in self) else "\n"
        return "\n".join([count, apart.join(repr(hit) for hit in self)]).rstrip("\n")

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Found:
    """A match: the bytes where its line and `text` begin (in endless lines not the same), its place there."""

    start: int
    begin: int
    text: str
    span: tuple[int, int]


class Grep(Protocol):
    """The function that the model's code calls."""

    def __call__(
        self,
        pattern: str | re.Pattern[str],
        doc: Document | Sequence[Document] | None = None,
        *,
        limit: int | None = 100,
        before: int = 0,
        after: int = 0,
        ignore_case: bool = False,
        literal: bool = False,
    ) -> Hits:
        """Lines in which `pattern` is found; see `grep_in`."""
        ...


def grep_in(docs: Sequence[Document]) -> Grep:
    """Make the `grep` that looks through `docs` when it is not told where."""

    def grep(
        pattern: str | re.Pattern[str],
        doc: Document | Sequence[Document] | None = None,
        *,
        limit: int | None = 100,
        before: int = 0,
        after: int = 0,
        ignore_case: bool = False,
        literal: bool = False,
    ) -> Hits:
        r"""Find the lines in which a regular expression matches, in one document, several, or all.

        `doc`: a document or any text, a list of them, or None for all `docs`. `limit`: at most so many hits,
        None for all; `.more` of the result says whether there were others. `before`, `after`: so many lines
        around each. `literal`: `pattern` is plain text. Hits have .document .line .start .end .text.
        """
        search = _compiled(pattern, flags=re.IGNORECASE if ignore_case else 0, literal=literal)
        plan = plan_of(search)
        hits = Hits()
        searched = docs if doc is None else [doc] if isinstance(doc, str | Context) else doc
        for document in searched:
            view = _view(document)
            for number, found in _numbered(view, _search(view, search, plan)):
                if limit is not None and len(hits) >= limit:
                    hits.more = True
                    return hits
                hits.append(_hit(view, number, found, before, after))
        return hits

    return grep


def _compiled(pattern: object, *, flags: int, literal: bool = False) -> re.Pattern[str]:
    if isinstance(pattern, str):
        return cast("re.Pattern[str]", _real(re.compile(re.escape(pattern) if literal else pattern, flags)))
    compiled = cast("re.Pattern[str]", _real(pattern))
    if not isinstance(getattr(compiled, "pattern", None), str):
        raise TypeError(f"grep wants a pattern as str or a compiled one, not {type(pattern).__name__}")
    if not flags:
        return compiled
    return cast("re.Pattern[str]", _real(re.compile(compiled.pattern, compiled.flags | flags)))


def _real(pattern: object) -> object:
    return getattr(pattern, "real_pattern", pattern)


def _view(document: object) -> Context:
    if isinstance(document, Context):
        return document
    if isinstance(document, Text):
        return document.view
    if isinstance(document, str):
        return Context.of(document)
    raise TypeError(f"grep looks in text, a list of texts, or all docs, not in {type(document).__name__}")


def _search(view: Context, search: re.Pattern[str], plan: Plan) -> Iterator[Found]:
    source = view.source
    needle = None
    if plan.needle is not None and "\ufffd" not in plan.needle:
        needle = plan.needle.encode("utf-8", "surrogatepass")
    across = _compiled(search, flags=re.MULTILINE) if plan.across else None
    for start, stop in blocks_of_lines(source, view.start, view.stop):
        if stop - start > source.sizes.whole:
            yield from _in_endless_line(view, start, stop, needle if plan.literal else None)
            continue
        if needle is not None and (not plan.folded or source.read(start, stop).isascii()):
            lines = _lines_with(source, start, stop, needle, folded=plan.folded)
        elif across is not None:
            lines = _lines_across(source, start, stop, across)
        else:
            lines = _every_line(source, start, stop)
        for low, line in lines:
            match = search.search(line)
            if match is not None:
                yield Found(low, low, line, match.span())


def _in_endless_line(view: Context, start: int, stop: int, needle: bytes | None) -> Iterator[Found]:
    source = view.source
    if needle is None:
        number = source.count(b"\n", view.start, start) + 1
        raise TooLarge(
            f"Line {number:,} of {view.name!r} is so long that a regular expression in it",
            stop - start,
            source.sizes.whole,
        )
    at = source.find(needle, start, stop)
    if at >= 0:
        begin = max(start, source.cut(at - WIDTH // 3))
        text = source.decode(begin, source.cut(min(stop, at + len(needle) + WIDTH)))
        before, matched = len(source.decode(begin, at)), len(needle.decode())
        yield Found(start, begin, text, (before, before + matched))


def _lines_with(
    source: Source, start: int, stop: int, needle: bytes, *, folded: bool
) -> Iterator[tuple[int, str]]:
    data, at = source.read(start, stop), 0
    searched = data.lower() if folded else data
    while (at := searched.find(needle, at)) >= 0:
        low = data.rfind(b"\n", 0, at) + 1
        high = data.find(b"\n", at)
        high = len(data) if high < 0 else high
        yield start + low, data[low:high].decode("utf-8", "replace")
        at = high + 1


def _lines_across(
    source: Source, start: int, stop: int, across: re.Pattern[str]
) -> Iterator[tuple[int, str]]:
    # The first match among all lines begins in the first line that can match; none before it can.
    text = source.decode(start, stop)
    if "\ufffd" in text:  # bytes that are no UTF-8 cannot be counted from the characters
        yield from _every_line(source, start, stop)
        return
    at, known, place = 0, 0, start
    while at < len(text) and (match := across.search(text, at)) is not None:
        low = text.rfind("\n", 0, match.start()) + 1
        high = text.find("\n", match.start())
        high = len(text) if high < 0 else high
        if low < len(text):
            place, known = place + len(text[known:low].encode()), low
            yield place, text[low:high]
        at = high + 1


def _every_line(source: Source, start: int, stop: int) -> Iterator[tuple[int, str]]:
    ended = source.read(stop - 1, stop) == b"\n"
    low = start
    for line in source.read(start, stop - ended).split(b"\n"):
        yield low, line.decode("utf-8", "replace")
        low += len(line) + 1


def _numbered(view: Context, found: Iterator[Found]) -> Iterator[tuple[int, Found]]:
    at, number = view.start, 1
    for one in found:
        number += view.source.count(b"\n", at, one.start)
        at = one.start
        yield number, one


def _hit(view: Context, number: int, found: Found, before: int, after: int) -> Hit:
    begin = view.source.character_at(found.begin) - view.first
    low, high = found.span
    return Hit(
        document=view.name,
        line=number,
        start=begin + low,
        end=begin + high,
        text=_cut(found.text, low),
        before=_lines(view, max(0, number - 1 - before), number - 1) if before else (),
        after=_lines(view, number, number + after) if after else (),
    )


def _lines(view: Context, start: int, stop: int) -> tuple[str, ...]:
    return tuple(str(line[:WIDTH]) + "…" * (len(line) > WIDTH) for line in view.lines[start:stop])


def _cut(line: str, at: int) -> str:
    if len(line) <= WIDTH:
        return line
    low = max(0, min(at - WIDTH // 3, len(line) - WIDTH))
    high = low + WIDTH
    return ("…" if low else "") + line[low:high] + ("…" if high < len(line) else "")
