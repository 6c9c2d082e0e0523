"""The page of a recursive run: what it does now, its lanes over time, and every turn with what it asked.

Each turn of the root is a region of its own, so that a long run costs no more to follow than a short one.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from whence.rlm.views.showing import count, fitted, money, one_line, seconds, size, state, visible
from whence.rlm.views.tree import Note, RunTree, Totals, Turn
from whence.studio.pages.environment import drawn, render
from whence.studio.pages.lanes import lanes
from whence.studio.pages.shell import document, masthead
from whence.studio.pages.turns import LONGEST_QUESTION, TONES, last, plain, rows, turn_words, written
from whence.studio.wire.regions import Region

if TYPE_CHECKING:
    from whence.studio.watching.watched import Shown

SHORT_QUESTION = 240
STATES = {"waiting": "Waiting for its first line", "going": "Going on", "ended": "Ended", "broken": "Cut off"}


def watch_page(shown: Shown) -> str:
    """The whole page."""
    label = "Demonstration" if shown.origin == "demonstration" else visible(shown.label)
    body = render(
        "watch.html.j2",
        masthead=drawn(masthead((("Recursive runs", "/"), (label, "")))),
        address=address_of(shown),
        regions=[drawn(each.html()) for each in watch_regions(shown)[:3]],
    )
    title = fitted(one_line(shown.tree.started.question), 80) or "A recursive run"
    return document(title, body, address=address_of(shown))


def address_of(shown: Shown) -> str:
    """Where the run is watched."""
    return f"/watch/{shown.journal}"


def watch_regions(shown: Shown) -> tuple[Region, ...]:
    """The head, the lanes, the list of turns, and each turn by itself."""
    tree = shown.tree
    attached = frozenset(run for turn in tree.turns for step in turn.steps for run in step.children)
    loose = tuple(child for child in tree.children if child.run not in attached)
    frame = (shown.journal, len(tree.turns), tree.notes, tuple(map(_run_key, loose)))
    head = (shown.journal, shown.version, shown.note)
    return (
        Region("watch-head", head, lambda: _head(shown)),
        Region("watch-lanes", (shown.journal, shown.version), lambda: _lanes(shown)),
        Region("watch-turns", frame, lambda: _turns(tree, loose)),
        *(_turn(tree, turn, i) for i, turn in enumerate(tree.turns)),
    )


def now(tree: RunTree) -> str:
    """What the run does at the moment, in a sentence; empty once it has ended.

    The deepest run that goes on is the one that works; those above it wait for it.
    """
    if tree.ended is not None:
        return ""
    open_runs = [run for run in tree.every_run() if run.ended is None]
    run = open_runs[-1]
    where = "" if run.run == tree.run else f"Run {run.run}, started by its code: "
    turn = run.turns[-1] if run.turns else None
    steps = () if turn is None else turn.steps
    if turn is None or (steps and steps[-1].ran is not None) or not (steps or written(turn)):
        said = "the model writes"
    else:
        batches = steps[-1].batches if steps else ()
        asked = sum(batch.asked for batch in batches)
        done = sum(batch.totals.calls for batch in batches)
        said = f"{done:,} of {count(asked, 'call')} answered" if done < asked else "its code runs"
    return where + said if where else said[:1].upper() + said[1:]


# ── the head ────────────────────────────────────────────────────────────────────────────────────────────────


def _head(shown: Shown) -> str:
    tree = shown.tree
    mark, word, said = state(tree)
    question = tree.started.question or "No question was put; the context says what is asked."
    return render(
        "watch_head.html.j2",
        shown=shown,
        standing=STATES[shown.state],
        tree=tree,
        tone=TONES[word],
        mark=mark,
        word=word,
        said=plain(said, LONGEST_QUESTION),
        brief=plain(fitted(one_line(question), SHORT_QUESTION), SHORT_QUESTION),
        question=plain(question, LONGEST_QUESTION),
        now=now(tree),
        facts=_facts(tree),
        used=_used(tree),
    )


def _facts(tree: RunTree) -> dict[str, str]:
    done, started = tree.totals, tree.started
    facts = {
        "Model": visible(started.model),
        "Context": f"{count(started.documents, 'document')}, {size(started.bytes)}",
        "Replies": f"{done.replies:,}",
        "Calls": _calls(done),
        "Tokens": f"{'about ' if done.usage.estimated else ''}{done.usage.total:,}",
        "Cost": money(done.cost),
        "Time": seconds(tree.seconds),
        "Runs": f"{sum(1 for _ in tree.every_run()):,}",
        "Code ran in": visible(started.isolation),
    }
    if not started.model:
        facts = {}
    return facts


def _calls(done: Totals) -> str:
    parts = [f"{done.calls:,}"]
    parts += [f"{n:,} {word}" for n, word in ((done.failed, "failed"), (done.shared, "shared")) if n]
    return ", ".join(parts)


def _used(tree: RunTree) -> list[tuple[str, float, str]]:
    """Of each limit: its name, which share of it is used up, and what is left in words."""
    budget = tree.budget
    if budget is None:
        return []
    spent = {"calls": float(budget.calls), "tokens": float(budget.tokens), "usd": budget.usd or 0.0}
    spent["seconds"] = tree.seconds
    words = {"usd": money, "seconds": seconds}
    found: list[tuple[str, float, str]] = []
    for name, left in budget.left.items():
        if name not in spent or not left >= 0 or left == float("inf"):
            continue
        whole = spent[name] + left
        told = words[name](left) if name in words else f"{left:,.0f}"
        label = "dollars" if name == "usd" else name
        found.append((label, spent[name] / whole if whole else 0.0, f"{told} left"))
    return found


# ── lanes and turns ─────────────────────────────────────────────────────────────────────────────────────────


def _lanes(shown: Shown) -> str:
    return render("watch_lanes.html.j2", picture=drawn(lanes(shown.tree)))


def _turns(tree: RunTree, loose: tuple[RunTree, ...]) -> str:
    turns = [drawn(_turn_html(tree, turn, i)) for i, turn in enumerate(tree.turns)]
    return render(
        "watch_turns.html.j2", turns=turns, loose=loose, notes=tree.notes, **turn_words(), ended=tree.ended
    )


def _turn(tree: RunTree, turn: Turn, place: int) -> Region:
    return Region(f"turn-{place}", _turn_key(tree, turn), lambda: _turn_html(tree, turn, place))


def _turn_html(tree: RunTree, turn: Turn, place: int) -> str:
    return render("watch_turn.html.j2", place=place, rows=rows(tree, turn), depth=0, **turn_words())


def _turn_key(tree: RunTree, turn: Turn) -> Hashable:
    """What the picture of a turn depends on; events only ever add to it."""
    children = {child.run: child for child in tree.children}
    steps = tuple(
        (
            step.ran is not None,
            tuple((batch.asked, batch.totals.calls, batch.totals.failed) for batch in step.batches),
            tuple(_run_key(children[run]) for run in step.children if run in children),
        )
        for step in turn.steps
    )
    return (tree.started.at, turn.number, turn.reply is not None, steps, last(tree, turn))


def _run_key(tree: RunTree) -> Hashable:
    notes: tuple[Note, ...] = tree.notes
    return (tree.run, tuple(_turn_key(tree, turn) for turn in tree.turns), notes, tree.ended is not None)
