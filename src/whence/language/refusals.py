"""Answers that are not numbers: refusals, each with its reason and what would help.

A refusal is a value, not an error: the question was understood, and this is the true reply to it.

>>> NeedsGraph("what causes sales was not said", ("a graph",)).kind
'needs_graph'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from whence.language.graph import Graph
    from whence.language.model import Disagreement
    from whence.language.query import Query
    from whence.language.source import Source


TWO_MODELS = "Two models agree on all that is given and differ on the question."
"""How the message of a proved refusal ends."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no number, in one sentence, and what would change that."""

    kind: ClassVar[str] = "refusal"
    message: str
    would_help: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hedge:
    """Two nested C-forests that prove an effect not identifiable.

    Both are single districts rooted in `roots`, which are ancestors of the outcome when edges into the
    treatment are cut; `forest` meets the treatment, `subforest` does not.

    Source: I. Shpitser and J. Pearl (AAAI 2006), definition 6 and theorem 4.
    """

    forest: tuple[str, ...]
    subforest: tuple[str, ...]
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class NotIdentified(Refusal):
    """Proved: `models` are two of the graph that agree on all that is given and disagree on the query.

    For effects there is a hedge too, which tells why; `treatments` and `outcomes` are those of the effect
    that it is for (a conditional effect may have been reduced to another effect first).
    """

    kind: ClassVar[str] = "not_identified"
    query: Query | None = None
    hedge: Hedge | None = None
    treatments: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    graph: Graph | None = None
    given: tuple[Source, ...] = ()
    models: Disagreement | None = None

    def __repr__(self) -> str:
        # Its models would fill pages; they are at `models`, and in words in every view.
        return f"NotIdentified({self.message!r})"


@dataclass(frozen=True, slots=True)
class NotYetAnswerable(Refusal):
    """Not proved impossible: our procedure for this kind of question is not complete."""

    kind: ClassVar[str] = "not_yet_answerable"


@dataclass(frozen=True, slots=True)
class NeedsGraph(Refusal):
    """The question is about doing, and nothing was said of what causes what."""

    kind: ClassVar[str] = "needs_graph"


@dataclass(frozen=True, slots=True)
class NeedsData(Refusal):
    """The estimand is proved; a number needs a table with these columns."""

    kind: ClassVar[str] = "needs_data"


@dataclass(frozen=True, slots=True)
class NoVariation(Refusal):
    """The treatment takes one value only, or one arm is empty."""

    kind: ClassVar[str] = "no_variation"


@dataclass(frozen=True, slots=True)
class NoOverlap(Refusal):
    """Some who count were never seen under one of the treatments: there is nobody to compare them with."""

    kind: ClassVar[str] = "no_overlap"


@dataclass(frozen=True, slots=True)
class TooFewRows(Refusal):
    """Fewer rows than the method has parameters, or too few for an interval."""

    kind: ClassVar[str] = "too_few_rows"


@dataclass(frozen=True, slots=True)
class ImpossibleEvidence(Refusal):
    """What the question holds as seen has probability zero."""

    kind: ClassVar[str] = "impossible_evidence"


@dataclass(frozen=True, slots=True)
class Contradiction(Refusal):
    """No model of the graph and the assumptions has the distributions that were given."""

    kind: ClassVar[str] = "contradiction"


@dataclass(frozen=True, slots=True)
class Undecidable(Refusal):
    """What was given leaves both yes and no open."""

    kind: ClassVar[str] = "undecidable"
