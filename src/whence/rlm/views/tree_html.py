"""A run as a page: one file, no script, nothing from outside, light or dark as the reader has it.

What models, documents and servers wrote passes through `element`, which escapes it; and should that ever
fail, the page forbids itself to load or run anything (its style is allowed by its hash).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from whence.rlm.events import CallEnded
from whence.rlm.views.markup import Markup, element, joined, style
from whence.rlm.views.showing import calls, count, cut, fitted, money, one_line, seconds, size, state
from whence.rlm.views.tree import Batch, Note, RunTree, Step, Totals, Turn
from whence.rlm.views.tree_style import STYLE

LONGEST_TEXT = 20_000
LONGEST_CALL = 400
LONGEST_QUESTION = 2_000
LONGEST_TITLE = 400
SHORT_TITLE = 110
TONES = {"answered": "good", "open": "doubt", "failed": "bad"}
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


def to_html(tree: RunTree) -> str:
    """The run as a whole HTML document."""
    title = fitted(one_line(tree.started.question) or "A run", 80)
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("title", {}, title),
        style(STYLE),
    )
    scale = _Scale(tree.started.at, max(tree.last, tree.started.at + tree.seconds))
    body = element(
        "main",
        {},
        *_head(tree),
        element("h2", {}, "Step by step"),
        _key(),
        _steps(tree, scale, top=True),
        element(
            "footer", {}, _confined(tree), "Made by Whence. Times are counted from the beginning of the run."
        ),
    )
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, element('body', {}, body))}\n"


# ── the head ────────────────────────────────────────────────────────────────────────────────────────────────


def _head(tree: RunTree) -> Iterator[Markup]:
    mark, word, said = state(tree)
    started = tree.started
    route = "Read directly" if started.route == "direct" else "Recursive run"
    why = element("span", {}, started.why) if started.why else None
    yield element("p", {"class": "kicker"}, element("b", {}, route), why)
    asked = started.question or "No question was put; the context says what is asked."
    yield element("p", {"class": "asked"}, cut(asked, LONGEST_QUESTION)[0])
    short = fitted(said.strip(), LONGEST_TITLE)
    tone = element("span", {"class": f"mark {TONES[word]}"}, mark)
    name = (
        element("span", {"class": f"ui {TONES[word]}"}, f"{word.capitalize()}: ")
        if word != "answered"
        else None
    )
    yield element("h1", {"class": "short" if len(said) <= SHORT_TITLE else None}, tone, name, short)
    if short != said.strip():
        yield element("pre", {}, cut(said, LONGEST_TEXT)[0])
    done = tree.totals
    facts = {
        "Model": started.model,
        "Code ran in": "unsafe: nothing confined it" if started.isolation == "unsafe" else started.isolation,
        "Context": f"{count(started.documents, 'document')}, {size(started.bytes)}",
        "Replies": f"{done.replies:,}",
        "Calls": _calls(done),
        "Tokens": f"{'about ' if done.usage.estimated else ''}{done.usage.total:,}",
        "Cost": money(done.cost),
        "Time": seconds(tree.seconds),
    }
    if done.replayed:
        facts["From a recording"] = count(done.replayed, "reply")
    if len(runs := list(tree.every_run())) > 1:
        facts["Runs below it"] = f"{len(runs) - 1:,}"
    yield element(
        "dl",
        {},
        *(
            element("div", {}, element("dt", {}, term), element("dd", {}, fact))
            for term, fact in facts.items()
            if fact
        ),
    )


def _calls(done: Totals) -> str:
    parts = [f"{done.calls:,}"]
    parts += [f"{n:,} {word}" for n, word in ((done.failed, "failed"), (done.shared, "shared")) if n]
    return ", ".join(parts)


def _confined(tree: RunTree) -> str:
    """What confined the code, and how that was tried."""
    strength = tree.started.strength
    return f"The code was confined by {strength}. " if strength else ""


def _key() -> Markup:
    kinds = {"reply": "the model writes", "cell": "its code runs", "calls": "calls of the code"}
    marks = [
        element(
            "span",
            {},
            element(
                "svg",
                {"viewBox": "0 0 12 12", "aria-hidden": "true"},
                element("rect", {"class": kind, "width": 12, "height": 12}),
            ),
            words,
        )
        for kind, words in kinds.items()
    ]
    return element("p", {"class": "key ui"}, *marks)


# ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Scale:
    """From seconds to per cent of the bar's width."""

    def __init__(self, first: float, last: float) -> None:
        self.first = first
        self.span = max(last - first, 1e-9)

    def bar(self, kind: str, begins: float, ends: float, y: int, height: int) -> Markup:
        """A part of the bar, never too thin to be seen."""
        left = min(99.0, max(0.0, (begins - self.first) / self.span * 100))
        width = min(100 - left, max(1.0, (ends - begins) / self.span * 100))
        place = {"x": f"{left:.2f}%", "width": f"{width:.2f}%", "y": y, "height": height}
        return element("rect", {"class": kind, **place})


def _steps(tree: RunTree, scale: _Scale, *, top: bool = False) -> Markup:
    children = {child.run: child for child in tree.children}
    timed: list[tuple[float, Markup]] = []
    for turn in tree.turns:
        timed += _turn(turn, children, scale)
    timed += [(note.at, _note(note)) for note in tree.notes]
    timed += [(child.started.at, _child(child, scale)) for child in children.values()]
    shown = [item for _, item in sorted(timed, key=lambda pair: pair[0])]
    return element("div", {"class": "steps"}, _heads(scale) if top else None, joined(shown))


def _heads(scale: _Scale) -> Markup:
    bar = element(
        "span", {"class": "bar"}, element("span", {}, "0"), element("span", {}, seconds(scale.span))
    )
    return element(
        "div",
        {"class": "heads"},
        element("span", {}, ""),
        element("span", {}, "Code"),
        element("span", {"class": "calls"}, "Calls"),
        element("span", {"class": "number"}, "Cost"),
        element("span", {"class": "number"}, "Time"),
        bar,
    )


def _turn(turn: Turn, children: dict[str, RunTree], scale: _Scale) -> Iterator[tuple[float, Markup]]:
    reply = turn.reply
    label = str(turn.number) if turn.number else "–"
    before = 0.0 if reply is None else reply.at
    if not turn.steps and reply is not None:
        yield reply.at, _row(label, f"(no cell) {one_line(reply.text)}", turn, None, reply.at, scale)
    for place, step in enumerate(turn.steps):
        name = label if len(turn.steps) == 1 else f"{label}.{place + 1}"
        words = "(not ended)" if step.ran is None else one_line(step.ran.code)
        ends = max([before, *(batch.ended for batch in step.batches)]) if step.ran is None else step.ran.at
        inside = [_child(children.pop(run), scale) for run in step.children if run in children]
        yield ends, _row(name, words, turn, step, before, scale, inside, first=place == 0)
        before = ends


def _row(
    name: str,
    words: str,
    turn: Turn,
    step: Step | None,
    begins: float,
    scale: _Scale,
    inside: list[Markup] | None = None,
    *,
    first: bool = True,
) -> Markup:
    reply = turn.reply if first else None
    ran = None if step is None else step.ran
    batches = () if step is None else step.batches
    ends = max([begins, *(batch.ended for batch in batches)]) if ran is None else ran.at
    bars = [element("line", {"class": "whole", "x1": "0", "x2": "100%", "y1": 6, "y2": 6})]
    if reply is not None:
        bars.append(scale.bar("reply", reply.at - reply.seconds, reply.at, 0, 12))
    if step is not None:
        bars.append(scale.bar("cell", begins, ends, 0, 12))
        bars += [scale.bar("calls", batch.began, batch.ended, 3, 6) for batch in batches]
    took = ends - begins + (reply.seconds if reply is not None else 0.0)
    costs = [] if reply is None else [reply.usd]
    if step is not None and step.totals.calls:
        costs.append(step.totals.cost)
    known = [usd for usd in costs if usd is not None]
    failed = ran is not None and ran.error is not None
    line = element(
        "summary",
        {},
        element("span", {"class": "no"}, name),
        element(
            "code",
            {},
            element("span", {"class": "bad ui"}, "■ failed") if failed else None,
            fitted(words, 160),
        ),
        element("span", {"class": "calls"}, calls(batches)),
        element("span", {"class": "number"}, money(sum(known)) if known else ""),
        element("span", {"class": "number"}, seconds(took)),
        element("span", {"class": "bar"}, element("svg", {"aria-hidden": "true"}, *bars)),
    )
    return element(
        "details", {}, line, element("div", {"class": "in"}, *_inside(turn, step, first), *(inside or []))
    )


def _inside(turn: Turn, step: Step | None, first: bool) -> Iterator[Markup]:
    ran = None if step is None else step.ran
    if ran is not None:
        yield from _text("Code", ran.code, "code")
        yield from _text("Output", ran.output)
        if ran.error is not None:
            yield _note(Note(ran.at, cut(ran.error, LONGEST_TEXT)[0]), "■", "bad")
        if ran.lost:
            yield _note(Note(ran.at, f"Lost with the session: {', '.join(ran.lost)}"))
    for batch in () if step is None else step.batches:
        yield from _batch(batch)
    if first and turn.reply is not None:
        replayed = ", from a recording" if turn.reply.replayed else ""
        yield from _text(f"The reply{replayed}: {count(turn.reply.usage.total, 'token')}", turn.reply.text)


def _batch(batch: Batch) -> Iterator[Markup]:
    shown = f", {len(batch.shown):,} of them shown" if len(batch.shown) < batch.totals.calls else ""
    yield element("h3", {}, f"{calls((batch,))}{shown}")
    heads = element(
        "tr",
        {},
        element("th", {}, "Asked"),
        element("th", {}, "Answered"),
        element("th", {"class": "number"}, "Time"),
    )
    yield element("table", {}, heads, *(_call(event) for event in batch.shown))


def _call(event: CallEnded) -> Markup:
    text = cut(event.text if event.error is None else event.error, LONGEST_CALL)[0]
    mark = None if event.error is None else element("span", {"class": "bad"}, "■ failed: ")
    return element(
        "tr",
        {},
        element("td", {}, cut(event.prompt, LONGEST_CALL)[0]),
        element("td", {}, mark, text),
        element("td", {"class": "number"}, "shared" if event.shared else seconds(event.seconds)),
    )


def _child(tree: RunTree, scale: _Scale) -> Markup:
    mark, word, said = state(tree)
    done = tree.totals
    sent = f"{count(done.replies, 'reply')}, {count(done.calls, 'call')}, {money(done.cost)}"
    return element(
        "section",
        {"class": "child"},
        element("h3", {}, f"Run {tree.run}: {sent}, {seconds(tree.seconds)}"),
        element("p", {}, cut(tree.started.question, LONGEST_QUESTION)[0]),
        element(
            "p",
            {},
            element("span", {"class": TONES[word]}, f"{mark} {word}: "),
            cut(said, LONGEST_QUESTION)[0],
        ),
        _steps(tree, scale),
    )


def _note(note: Note, mark: str = "▲", tone: str = "doubt") -> Markup:
    message = cut(note.message, LONGEST_TEXT)[0]
    return element("p", {"class": "note"}, element("span", {"class": f"mark {tone}"}, mark), message)


def _text(title: str, text: str, kind: str = "") -> Iterator[Markup]:
    if text.strip():
        yield element("h3", {}, title)
        yield element("pre", {"class": kind or None}, cut(text.rstrip(), LONGEST_TEXT)[0])
