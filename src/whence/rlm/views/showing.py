r"""How a run's parts are put in words: numbers, sums, sizes, and texts of strangers made harmless.

>>> money(0.00123), money(12.5), money(None), seconds(75.2), seconds(0.0042), size(1_234_567)
('$0.0012', '$12.50', 'no price', '75 s', '4 ms', '1.2 MB')
>>> visible("a\x1b[2Jb\u202e"), one_line("  if x:\n    y"), count(1_200, "call"), count(1, "reply")
('a\\x1b[2Jb\\u202e', 'if x:', '1,200 calls', '1 reply')
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping

from whence.rlm.views.tree import Batch, RunTree, Totals
from whence.runtime.plain import JSON

PLURALS: Mapping[str, str] = {"reply": "replies", "query": "queries"}


def visible(text: str, keep: str = "") -> str:
    """The text with control characters, direction overrides and the like spelt out, but for `keep`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in keep else _spelt(each) for each in text)


def _spelt(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii", "replace")


def one_line(text: str) -> str:
    """The first line that holds anything, comments passed over if there is more than those."""
    lines = [line.strip() for line in text[:20_000].splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith("#")]
    return visible((code or lines or [""])[0])


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fitted(text: str, most: int) -> str:
    """The text if it takes at most so many columns, else its beginning and an ellipsis."""
    if len(text) <= most and columns(text) <= most:
        return text
    kept, width = "", 0
    for character in text[: most * 4]:
        width += _columns(character)
        if width > most - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def cut(text: str, most: int) -> tuple[str, int]:
    """At most so many characters, from the beginning and the end, and how many are left out between."""
    if len(text) <= most:
        return text, 0
    tail = most // 4
    head = most - tail
    gone = len(text) - head - tail
    return f"{text[:head]}\n… {gone:,} characters are not shown …\n{text[len(text) - tail :]}", gone


def count(number: int, word: str) -> str:
    """So many things: "1 call", "1,024 calls"."""
    return f"{number:,} {word if number == 1 else PLURALS.get(word, word + 's')}"


def money(usd: float | None) -> str:
    """Dollars, with cents or with two figures below them."""
    if usd is None:
        return "no price"
    if usd == 0 or usd >= 0.995:
        return f"${usd:,.2f}"
    return f"${usd:.2g}" if usd < 0.0001 else f"${usd:.4f}"


def seconds(value: float) -> str:
    """A time to two or three figures."""
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 10 else f"{value:,.0f} s"


def size(number: int) -> str:
    """Bytes in the unit that is read easily."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return ""


def calls(batches: tuple[Batch, ...]) -> str:
    """What became of the questions that a cell asked: "64 calls, 2 failed, 10 shared"."""
    asked = sum(batch.asked for batch in batches)
    if not asked:
        return ""
    done = sum((batch.totals for batch in batches), Totals())
    parts = [count(asked, "call")]
    if done.calls < asked:
        parts.append(f"{asked - done.calls:,} open")
    parts += [
        f"{number:,} {word}" for number, word in ((done.failed, "failed"), (done.shared, "shared")) if number
    ]
    return ", ".join(parts)


def sums(totals: Totals) -> str:
    """What a run used in one line."""
    parts = [count(totals.replies, "reply")]
    if totals.calls:
        parts.append(count(totals.calls, "call"))
    parts += [
        f"{number:,} {word}"
        for number, word in (
            (totals.failed, "failed"),
            (totals.shared, "shared"),
            (totals.replayed, "replayed"),
        )
        if number
    ]
    about = "about " if totals.usage.estimated else ""
    parts.append(f"{about}{count(totals.usage.total, 'token')}")
    parts.append(money(totals.cost))
    return " · ".join(parts)


def answer_text(answer: JSON) -> str:
    """An answer as text."""
    if isinstance(answer, str):
        return answer
    return json.dumps(answer, ensure_ascii=False, indent=2)


def state(tree: RunTree) -> tuple[str, str, str]:
    """How a run stands: a mark, a word, and what there is to say."""
    if tree.ended is None:
        return "▲", "open", "it has not ended, or its end was not recorded"
    if tree.ended.error is not None:
        return "■", "failed", tree.ended.message or tree.ended.error
    return "●", "answered", answer_text(tree.ended.answer)
