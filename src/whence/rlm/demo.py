"""The run that `whence rlm demo` shows: a recording made with the simulated model, labelled so.

The context is generated, so that nothing but the recording is bundled. Where cells can be confined the run is
gone through again, code and all, with the recorded replies; elsewhere it is shown as it was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whence.rlm.calling.pricing import Price
from whence.rlm.completion import Completion
from whence.rlm.errors import NoAnswer, NotConfined, ReplayMissed
from whence.rlm.journal.record import header_of, run_events
from whence.rlm.rlm import RLM
from whence.rlm.tasks import Task, make_task
from whence.rlm.views.tree import RunTree, tree_of
from whence.rlm.views.tree_html import to_html
from whence.rlm.views.tree_text import to_text

RECORDING = Path(__file__).with_name("recordings") / "demo.jsonl"
SEED = 3
KIND, SIZE = "count", 60_000

INTRODUCTION = """\
A recorded run. The model is SIMULATED: it writes sensible cells and mislabels some of what it reads, by a
stated error model. This shows how a run goes, not what a real model can do. The code in the cells ran just
now, {where}; the replies come from the recording.

The question is about {entries:,} entries, some {tokens:,} tokens, which the leading model never reads: it has
them as a variable, splits them by code, has each entry labelled in small packs, and lets code count.
"""

AFTERWARDS = """
The true answer is {truth}. With a model of yours, for instance one served on this machine by Ollama:
  whence rlm "How many entries are complaints?" --context entries.txt --model qwen3:8b \\
      --base-url http://localhost:11434/v1"""


@dataclass(frozen=True, slots=True)
class Shown:
    """The demonstration: the run's tree, and whether its cells ran just now."""

    tree: RunTree
    task: Task
    completion: Completion | None

    def to_text(self, *, full: bool = False) -> str:
        """An introduction, the tree, and what the truth is."""
        where = "confined here" if self.completion is not None else "when it was recorded"
        opening = INTRODUCTION.format(
            where=where, entries=self.task.context.count("\n") + 1, tokens=self.task.size
        )
        if self.completion is None:
            opening = opening.replace("ran just\nnow, when", "ran\nwhen")
        return f"{opening}\n{to_text(self.tree, full=full)}\n{AFTERWARDS.format(truth=self.task.answer)}"

    def to_html(self) -> str:
        """The run as one page."""
        return to_html(self.tree)


def demo_task() -> Task:
    """The task of the demonstration."""
    return make_task(KIND, SIZE, SEED)


def play() -> Shown:
    """Go through the recorded run again; where nothing can confine its code, only read it."""
    task = demo_task()
    rlm = RLM(header_of(RECORDING).model, price=Price(input=0.25, output=1.0), route="recursive", seed=SEED)
    try:
        done = rlm.completion(task.context, task.question, replay=RECORDING)
    except (NotConfined, ReplayMissed, NoAnswer):  # no sandbox, or one whose Python is only a part of Python
        return Shown(tree_of(run_events(RECORDING)), task, None)
    return Shown(done.tree, task, done)
