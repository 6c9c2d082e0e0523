"""The simulated model as a root: it writes the next cell of a program, in the dialect of the harness that
asks.

The policies are given by name:

    plan      the best plan that the harness's own documentation makes natural. For Whence what its system
    prompt
              teaches: records labelled one by one by llm_map, counting in code. For `rlms` and `dspy.RLM`
              what theirs teach: chunks, llm_query_batched, a partial tally per chunk as JSON, sums in code;
              their packs are as large as Whence's (20 records), which is smaller and thus kinder to
              accuracy than what they advise; a reply that cannot be parsed is asked again.
    taught    for the rivals: the same with chunks of 100,000 characters, as the prompt of `rlms` advises.
    items     for the rivals: Whence's plan written out by hand: numbered records, a label each as JSON,
    missing
              ones asked again, counting in code.
    naive     fixed chunks, the question put to each, and a last call that puts the partial answers
    together. checked   plan, and before finishing a child (`rlm_query`) counts a part anew. mutated   plan
    with mistakes, by seeded chance: syntax errors, wrong fences, a forgotten print, finishing too
              early, one record a call, prose without code.

After an error the cells up to there are written again as one, four times at most; then the run is finished
with what there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from whence.rlm.tasks.facts import read_search
from whence.rlm.tasks.questions import read_question
from whence.testing.simulated import programs
from whence.testing.simulated.harness import Situation, finishing, spoken
from whence.testing.simulated.mutations import mutated

if TYPE_CHECKING:
    import random

Policy: TypeAlias = Literal["plan", "taught", "items", "naive", "checked", "mutated"]
POLICIES: tuple[Policy, ...] = ("plan", "taught", "items", "naive", "checked", "mutated")
RETRIES = 4
THOUGHTS = (
    "I look at the context first.",
    "Now the work itself.",
    "The next step.",
    "The candidate answers the question; I finish.",
)


def next_reply(situation: Situation, policy: Policy, draw: random.Random) -> str:
    """What the root says next."""
    if situation.summing_up:
        return f"So far: {situation.candidate or 'nothing certain'}."
    if situation.concluding:
        return _concluded(situation)
    cells = [*_program(situation, policy), finishing(situation.dialect, "result")]
    failures = min(situation.failures, RETRIES)
    step = len(situation.outputs) - failures
    if situation.failures > RETRIES or step >= len(cells):
        return _concluded(situation)
    code = cells[step]
    if situation.failed and step > 0:  # what came before may not have run either
        code = "\n".join(cells[1 : step + 1])
    thought = THOUGHTS[0 if step == 0 else -1 if step == len(cells) - 1 else min(step, 2)]
    if policy == "mutated":
        return mutated(situation.dialect, thought, code, draw)
    return spoken(situation.dialect, thought, code)


def _program(situation: Situation, policy: Policy) -> list[str]:
    """The cells before the finishing one."""
    question = read_question(situation.asked)
    search = read_search(situation.asked)
    asked = question or search
    if asked is None:
        return programs.for_anything()
    if policy == "naive":
        return programs.naive(situation.dialect, asked)
    if search is not None:
        return programs.search(situation.dialect, search)
    assert question is not None
    if situation.dialect == "whence":
        is_child = programs.PART in situation.asked
        return programs.typed(question, checked=policy == "checked" and not is_child)
    if policy == "items":
        return programs.items(question)
    most = max(2, situation.most_calls - 5)
    return programs.tally(question, most_calls=most, taught=policy == "taught")


def _concluded(situation: Situation) -> str:
    """The last reply: the candidate that was printed, else the variable, else that it is unknown."""
    candidate = situation.candidate or "unknown"
    if situation.dialect == "rlms" and situation.concluding:
        return candidate
    if situation.dialect == "dspy" and situation.concluding:
        return f"[[ ## answer ## ]]\n{candidate}\n\n[[ ## completed ## ]]"
    expression = f'globals().get("result", {candidate!r})'
    return spoken(situation.dialect, "I finish with what there is.", finishing(situation.dialect, expression))
