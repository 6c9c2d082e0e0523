r"""The code in a model's reply: which parts of it are cells, found line by line and checked with `ast`.

A cell is a fence of backticks or tildes that is marked `repl`, `python` or not at all. Where it ends is not
always the next line of backticks, for a text in the code may hold one: the first end is taken at which what
stands between is Python. A reply without a fence is a cell only if the whole of it is code. Finishing is no
matter of this module: an answer is given by code that runs, and never read out of prose.

Fences are those of CommonMark 0.31.2 (section 4.5, fenced code blocks), read more leniently.

>>> cells("Let me look.\n```repl\nprint(context[:80])\n```").cells
(Cell(code='print(context[:80])', line=3),)
>>> cells("The answer is FINAL(42)").cells
()
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass
from itertools import accumulate

from whence.runtime.locks import lock

RUN = frozenset({"", "repl", "python", "python3", "py"})

# What is tried for one reply is bounded: a hostile one costs a few parses of its length and no more.
MOST_ENDS = 64  # ends tried for one fence
MOST_PARSES = 512
PARSED_PER_CHARACTER = 4
PARSED_ANYWAY = 200_000  # characters
LONGEST = 400_000  # characters of a reply; models write fewer, and Python takes 500 bytes for each

FENCE = re.compile(r"(?P<before>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<fence>`{3,}|~{3,})(?P<info>.*)")
QUOTES = ('"""', "'''")
WORD = re.compile(r"[\s{.]*([^\s{}.,:;=`~]*)")

NO_CODE = "the reply holds no code; FINAL and the other functions work only in a fenced cell."
ONLY_THOUGHT = "the reply ends inside <think>; a cell goes after it."
EMPTY = "a fence was empty; the code goes on the lines below its first."
TOO_LONG = f"the reply is longer than {LONGEST:,} characters; write shorter ones."
NOT_CODE = "a fence without a mark, left open, holds no Python."

_DOES = (
    ast.Call | ast.Assign | ast.AugAssign | ast.NamedExpr | ast.Import | ast.ImportFrom | ast.Subscript
    | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.For | ast.AsyncFor | ast.While | ast.With
    | ast.AsyncWith | ast.If | ast.Try | ast.TryStar | ast.Match | ast.comprehension
)  # fmt: skip
_filters = lock()


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of code to run; `line` is where in the reply it begins, counted from 1."""

    code: str
    line: int


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a reply in order, and what the model should know of what is not run (None: nothing)."""

    cells: tuple[Cell, ...]
    note: str | None = None


def cells(reply: str) -> Cells:
    """The cells of a model's reply."""
    if len(reply) > LONGEST:
        return Cells((), TOO_LONG)
    scan = _Scan(reply)
    found = scan.fenced()
    if scan.fences:
        return Cells(tuple(found), scan.note(found))
    if scan.thinking:
        return Cells((), ONLY_THOUGHT)
    whole = "\n".join(text.rstrip("\r\n") for text in scan.outside).strip("\n")
    if (code := scan.python(whole)) is not None and _acts(code):
        return Cells((Cell(code, scan.outside_line),))
    return Cells((), NO_CODE)


def _acts(code: str) -> bool:
    """Whether Python does something: "Yes", "42", "not sure" and "Answer: 7" parse, and are prose."""
    for node in ast.walk(_parsed(code)):
        if isinstance(node, _DOES) or (isinstance(node, ast.AnnAssign) and node.value is not None):
            return True
    return False


def _parsed(code: str) -> ast.Module:
    # Python warns of "\d" while it parses; that is for whoever runs the cell, and nothing prints here.
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


@dataclass(frozen=True, slots=True)
class _Fence:
    """A line that may open or close a fence."""

    line: int
    before: str
    marks: str
    info: str

    def ends(self, opening: _Fence) -> bool:
        return self.marks[0] == opening.marks[0] and len(self.marks) >= len(opening.marks)

    @property
    def word(self) -> str:
        found = WORD.match(self.info)
        return "" if found is None else found[1].casefold()


class _Scan:
    """One pass over the lines of a reply."""

    def __init__(self, reply: str) -> None:
        self.lines = reply.split("\n")
        self.fence_lines = [
            fence for number, line in enumerate(self.lines) if (fence := _fence(number, line))
        ]
        self.later_quotes = self._later(*QUOTES)
        self.later_brackets = self._later(*QUOTES, ")", "]", "}")
        self.characters = PARSED_ANYWAY + PARSED_PER_CHARACTER * len(reply)
        self.parses = 0
        self.fences = 0
        self.thinking = False
        self.outside: list[str] = []
        self.outside_line = 0
        self.unrun: list[str] = []
        self.empty = False
        self.not_code = False

    # ── lines ───────────────────────────────────────────────────────────────────────────────────────────

    def fenced(self) -> list[Cell]:
        """The cells in fences; thoughts before the reply proper are passed over with what is in them."""
        found: list[Cell] = []
        fences = {fence.line: place for place, fence in enumerate(self.fence_lines)}
        number = 0
        while number < len(self.lines):
            line = self.lines[number]
            if self.thinking or line.lstrip().startswith("<think>"):
                _, closed, line = line.partition("</think>")
                self.thinking = not closed
            elif _ends_thought(line):  # some servers leave out the word that opens it
                self._forget(found)
                line = line.lstrip().removeprefix("</think>")
            if not self.thinking and number in fences:
                number = self._take(fences[number], found)
                continue
            if not self.thinking:
                self._outside(line, number)
            number += 1
        return found

    def _outside(self, line: str, number: int) -> None:
        if self.outside or line.strip():
            self.outside_line = self.outside_line or number + 1
            self.outside.append(line)

    def _forget(self, found: list[Cell]) -> None:
        found.clear()
        self.outside.clear()
        self.outside_line = 0
        self.unrun.clear()
        self.fences = 0
        self.empty = self.not_code = False

    # ── fences ──────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, place: int, found: list[Cell]) -> int:
        """Take the fence that opens at `place`; gives the line to go on from."""
        opening = self.fence_lines[place]
        self.fences += 1
        if opening.word not in RUN:
            self.unrun.append(opening.word)
            places = range(place + 1, len(self.fence_lines))
            later = (self.fence_lines[number] for number in places)
            end = next((fence for fence in later if _closes(fence, opening)), None)
            return len(self.lines) if end is None else end.line + 1
        end, code = self._end(place)
        stop = len(self.lines) if end is None else end.line
        if code is None:
            code = self._between(opening, stop)
            thought = next((n for n in range(opening.line + 1, stop) if _ends_thought(self.lines[n])), None)
            if thought is not None:
                return thought
        if not code.strip():
            # A stray line of backticks opens nothing; one that is marked was meant to hold something.
            self.empty = self.empty or bool(opening.info.strip())
        elif end is None and not opening.word and self.python(code) is None:
            self.not_code = True
        else:
            found.append(Cell(code, opening.line + 2))
        return stop if end is None or not _closes(end, opening) else stop + 1

    def _end(self, place: int) -> tuple[_Fence | None, str | None]:
        """Where the fence ends, and its code; the code is None where no end makes it Python."""
        opening = self.fence_lines[place]
        later = self.later_quotes if opening.marks[0] == "`" else self.later_brackets
        first: _Fence | None = None
        tries = 0
        number = place + 1
        while number < len(self.fence_lines) and (first is None or tries < MOST_ENDS):
            fence = self.fence_lines[number]
            number += 1
            if not fence.ends(opening):
                continue
            if tries < MOST_ENDS:
                tries += 1
                if (code := self.python(self._between(opening, fence.line))) is not None:
                    return fence, code
            if first is None and _closes(fence, opening):
                first = fence
            if first is not None:
                number = later[number - 1]
        if first is None and (code := self.python(self._between(opening, len(self.lines)))) is not None:
            return None, code
        return first, None

    def _later(self, *marks: str) -> list[int]:
        """For each fence line the next one before which one of `marks` stands.

        A line of backticks in Python is in a text of three quotes, one of tildes may be in brackets too:
        unless one of those was closed since the last try, another try is no use.
        """
        seen = list(accumulate((sum(map(line.count, marks)) for line in self.lines), initial=0))
        counts = [seen[fence.line] for fence in self.fence_lines]
        found = [len(counts)] * len(counts)
        for place in range(len(counts) - 2, -1, -1):
            found[place] = place + 1 if counts[place + 1] > counts[place] else found[place + 1]
        return found

    def _between(self, opening: _Fence, stop: int) -> str:
        """The lines from the opening to line `stop`, without the indentation of the fence."""
        lines = self.lines[opening.line + 1 : stop]
        if self.lines[opening.line].endswith("\r"):
            lines = [line.removesuffix("\r") for line in lines]
        if opening.before:
            indent = re.compile(rf"[ \t]{{0,{len(opening.before)}}}")
            lines = [indent.sub("", line, count=1) for line in lines]
        return "\n".join(lines)

    # ── Python ──────────────────────────────────────────────────────────────────────────────────────────

    def python(self, code: str) -> str | None:
        """`code` if it is Python, moved to the left where it must be; else None."""
        if self._parses(code):
            return code
        if code.lstrip("\n")[:1] in {" ", "\t"} and self._parses(moved := textwrap.dedent(code)):
            return moved
        return None

    def _parses(self, code: str) -> bool:
        if not code.strip():
            return True
        if self.parses >= MOST_PARSES or self.characters < len(code):
            return False
        self.parses += 1
        self.characters -= len(code)
        try:
            _parsed(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return False
        return True

    def note(self, found: list[Cell]) -> str | None:
        """What to tell of the fences that are not run."""
        said: list[str] = []
        if self.unrun:
            names = ", ".join(f'"{name[:20]}"' for name in dict.fromkeys(self.unrun[:4]))
            said.append(f"a fence marked {names} is not run, only repl and python are.")
        if self.thinking:
            said.append(ONLY_THOUGHT)
        elif not found and self.empty:
            said.append(EMPTY)
        elif self.not_code:
            said.append(NOT_CODE)
        if not found and not said:
            said.append(NO_CODE)
        return " ".join(said) or None


def _fence(number: int, line: str) -> _Fence | None:
    if "```" not in line and "~~~" not in line:
        return None
    if _ends_thought(line):
        line = line.lstrip().removeprefix("</think>")
    found = FENCE.fullmatch(line.removesuffix("\r"))
    if found is None or ("`" in found["info"] and found["fence"][0] == "`"):
        return None  # backticks within the line: code in a sentence
    return _Fence(number, found["before"], found["fence"], found["info"].strip())


def _closes(fence: _Fence, opening: _Fence) -> bool:
    return not fence.info and fence.ends(opening)


def _ends_thought(line: str) -> bool:
    return line.lstrip().startswith("</think>")
