"""Which harness speaks, and what it has said so far: read from the messages that it sends, as a model reads
them.

Three are known by their system prompts: Whence's own, `rlms` 0.1.3 and `dspy.RLM` 3.4. Each is spoken to in
its own dialect of fences and finishing; anything else is a plain prompt and is answered by the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Dialect: TypeAlias = Literal["whence", "rlms", "dspy"]
Said: TypeAlias = tuple[str, str]  # role, content

_FAILED = re.compile(
    r"^Traceback \(most recent|^\[Error\]|^Nothing was run|^\s*\w*(?:Error|Exception): ", re.MULTILINE
)
_CANDIDATE = re.compile(r"^candidate: (.*)$", re.MULTILINE)
_STEP = re.compile(r"^\s*=== Step \d+ ===$", re.MULTILINE)
_OUTPUT = re.compile(r"^\s*Output \([\d,]+ chars\):$", re.MULTILINE)
_MOST_CALLS = re.compile(r"You have max (\d+) sub-LLM calls")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a run stands: who leads it, the words around the question, what each cell printed so far."""

    dialect: Dialect
    asked: str
    outputs: tuple[str, ...]
    concluding: bool
    summing_up: bool = False
    most_calls: int = 2_000

    @property
    def failures(self) -> int:
        """How many cells so far ended with an error."""
        return sum(_failed(output) for output in self.outputs)

    @property
    def failed(self) -> bool:
        """Whether the last reply ended with an error, or held nothing that could be run."""
        return bool(self.outputs) and _failed(self.outputs[-1])

    @property
    def candidate(self) -> str | None:
        """The last answer that a cell printed as a candidate."""
        found = [each for output in self.outputs for each in _CANDIDATE.findall(output)]
        return found[-1] if found else None


def _failed(output: str) -> bool:
    """Whether a cell ended with an error of its own; `rlms` shows what dying clients print as well."""
    return bool(_FAILED.search(output.partition("Task exception was never retrieved")[0]))


def read_situation(messages: Sequence[Said]) -> Situation | None:
    """The situation of the root of a run; None for a plain prompt."""
    system = next((content for role, content in messages if role == "system"), "")
    if "FINAL_VAR" in system and "llm_map" in system:
        return _of_whence(messages)
    if "You are a Recursive Language Model (RLM)" in system and 'answer["ready"]' in system:
        return _of_rlms(messages)
    if "repl_history" in system and ("SUBMIT(" in system or "extract the final outputs" in system):
        return _of_dspy(system, messages)
    return None


def spoken(dialect: Dialect, thought: str, code: str, *, fence: str | None = None) -> str:
    """A reply of the root in a dialect; `fence` overrides the right one ("" leaves it out)."""
    if dialect == "dspy":
        block = f"```{'python' if fence is None else fence}\n{code}\n```"
        return f"[[ ## reasoning ## ]]\n{thought}\n\n[[ ## code ## ]]\n{block}\n\n[[ ## completed ## ]]"
    if fence == "":
        return f"{thought}\n\n{code}"
    return f"{thought}\n\n```{fence or 'repl'}\n{code}\n```"


def finishing(dialect: Dialect, expression: str) -> str:
    """Code that hands in the value of an expression."""
    return {
        "whence": f"FINAL({expression})",
        "rlms": f'answer["content"] = {expression}\nanswer["ready"] = True',
        "dspy": f"SUBMIT(answer={expression})",
    }[dialect]


def _of_whence(messages: Sequence[Said]) -> Situation:
    asked = next((content for role, content in messages if role == "user"), "")
    last = messages[-1][1]
    return Situation(
        "whence",
        asked,
        _after_replies(messages),
        concluding="This is your last reply" in last,
        summing_up="Sum it up for yourself" in last,
    )


def _of_rlms(messages: Sequence[Said]) -> Situation:
    asked = "\n".join(content for role, content in messages[:3] if role == "user")
    concluding = messages[-1][0] == "assistant"
    return Situation("rlms", asked, _after_replies(messages), concluding)


def _of_dspy(system: str, messages: Sequence[Said]) -> Situation:
    user = messages[-1][1]
    asked, _, rest = user.partition("[[ ## repl_history ## ]]")
    history = rest.partition("[[ ## iteration ## ]]")[0]
    steps = _STEP.split(history)[1:]
    outputs = tuple(_OUTPUT.split(step, maxsplit=1)[-1] for step in steps)
    most = _MOST_CALLS.search(system)
    return Situation(
        "dspy",
        asked,
        tuple(re.sub(r"^    ", "", output, flags=re.MULTILINE) for output in outputs),
        concluding="extract the final outputs" in system,
        most_calls=int(most[1]) if most else 50,
    )


def _after_replies(messages: Sequence[Said]) -> tuple[str, ...]:
    """What came back after each reply of the model, one text a reply."""
    outputs: list[str] = []
    for role, content in messages:
        if role == "assistant":
            outputs.append("")
        elif outputs and role == "user":
            outputs[-1] = f"{outputs[-1]}\n{content}" if outputs[-1] else content
    return tuple(outputs)
