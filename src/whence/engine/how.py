"""How a question is to be answered: the options of `ask`, kept together on their way through the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from whence.runtime.events import Event
from whence.runtime.executor import Executor

if TYPE_CHECKING:
    from whence.estimation.learners import Given
    from whence.identification.sources.given import Given as Distribution
    from whence.language.source import Source


@dataclass(frozen=True, slots=True)
class How:
    """The options that bear on the answer; those left at their defaults need not be told again."""

    where: str | None = None
    derive: Mapping[str, str] | None = None
    weights: str | None = None
    method: str = "auto"
    learners: Given = None
    errors: str = "robust"
    clusters: str | None = None
    placebo_outcomes: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    assume: tuple[str, ...] = ()
    level: float = 0.95
    seed: int = 0
    given: tuple[Source, ...] = ()
    replicates: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the options name."""
        clusters = () if self.clusters is None else (self.clusters,)
        return (*self.placebo_outcomes, *self.benchmarks, *clusters)

    @property
    def chosen(self) -> dict[str, Any]:
        """The options that are not at their defaults."""
        usual = How()
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value and value != getattr(usual, name)}


class HowOptions(TypedDict, total=False):
    """The keyword arguments of `ask` that bear on the answer, for those who only pass them on."""

    given: Distribution | Iterable[Distribution] | None
    where: str | None
    derive: Mapping[str, str] | None
    weights: str | None
    method: str
    learners: Given
    errors: str
    clusters: str | None
    replicates: int | None
    placebo_outcomes: Sequence[str]
    benchmarks: Sequence[str]
    assume: Sequence[str]
    seed: int
    level: float


class AskOptions(HowOptions, total=False):
    """All keyword arguments of `ask`."""

    record: str | Path | None
    executor: Executor | str | None
    on_event: Callable[[Event], None] | None


def several(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names, of which one alone may stand without a list around it.

    >>> several("re75"), several(["re74", "re75"])
    (('re75',), ('re74', 're75'))
    """
    return (names,) if isinstance(names, str) else tuple(names)
