"""Each probability in a question, proved equal to a formula in what is given, or what bars it.

Which procedure speaks depends on the probability: seeing stands for itself; doing goes through adjustment and
the ID algorithm, or through the sources that were given; imagining through the effect on the treated and ID*.
Sources of any other form, selected samples and records with gaps go through the do-calculus.

>>> from whence.language.graph import Edge
>>> prover = Prover(Graph.of((), [Edge("X", "Y")]), ())
>>> prover.prove(P("Y", do="X")) is None, prover.formula(P("Y", do="X")) == P("Y", "X")
(True, True)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from whence.identification.classes.class_size import class_size
from whence.identification.classes.in_class import KINDS, identify_in_class
from whence.identification.counterfactuals.counterfactual_worlds import Conflict
from whence.identification.counterfactuals.imagining import identify_counterfactual
from whence.identification.counterfactuals.treated import claim_of, taken_apart
from whence.identification.effects import Proved, identify_doing
from whence.identification.idc import Barred
from whence.identification.sources.do_search import BUDGET, BudgetSpent
from whence.identification.sources.general_id import Thicket, identify_from, kernels_from
from whence.identification.sources.recovery import recover
from whence.language.estimand import General, Observed, Shape, Step
from whence.language.expression import Expression, Kernel, P, pattern, substitute
from whence.language.graph import Graph
from whence.language.refusals import Hedge, ImpossibleEvidence
from whence.language.source import Source
from whence.runtime.errors import InvalidQuery

MOST_MEMBERS = 2000
"""A proof in an equivalence class is checked in each of its graphs, up to so many."""

SMALL = 8
"""Up to this many variables, sources of any form are searched to the end."""


@dataclass(frozen=True, slots=True)
class NotCovered:
    """No procedure here speaks of a probability of this form, or it stopped before its end."""

    why: str


Bar = Barred | Hedge | Conflict | Thicket | NotCovered | ImpossibleEvidence
"""Why a probability has no proof. All but the last two say that there is no formula."""


@dataclass(slots=True)
class Prover:
    """What has been proved so far, by claim; `graph` has no latent nodes.

    `given` are the sources as they are in that graph, `stated` as they were given; without `search`, the
    do-calculus is not gone through where the algorithms find nothing.
    """

    graph: Graph
    given: tuple[Source, ...]
    stated: tuple[Source, ...] = ()
    search: bool = True
    proved: dict[P, Proved] = field(default_factory=dict[P, Proved])

    def prove(self, atom: P) -> Bar | None:
        """Prove what the atom claims, unless that was done; None says that it is."""
        claim = claimed(atom)
        if claim in self.proved or atom in self.proved:
            return None
        if atom.population:
            return NotCovered("The question is about another population than the one that answers are for.")
        if self.graph.kind not in ("DAG", "ADMG"):
            found = self.in_class(claim)
        elif any(term.world for term in claim.terms):
            found = self.imagined(atom)
        elif self.given:
            found = self.from_sources(claim)
        elif claim.do:
            found = identify_doing(self.graph, claim)
        else:
            found = Proved(Step("observation", claim, claim), Observed())
        if not isinstance(found, Proved):
            return found
        # One in several worlds is proved at its values: with others, other worlds may be one.
        self.proved[found.step.claim if isinstance(found.step.claim, P) else claim] = found
        return None

    def in_class(self, claim: P) -> Proved | Bar:
        """One formula for every graph of an equivalence class."""
        if self.given or self.graph.kind not in KINDS:
            return NotCovered(
                f"In a {self.graph.kind} no procedure here proves this; `adjustment_sets` finds what to "
                "adjust for, where anything serves in all that it stands for."
            )
        if any(term.world for term in claim.terms):
            return NotCovered(f"In a {self.graph.kind} questions of several worlds are not covered.")
        found = identify_in_class(self.graph, claim)
        if found is None:
            return NotCovered(
                f"No adjustment set serves in every graph that this {self.graph.kind} stands for, and they "
                "may disagree."
            )
        if class_size(self.graph) > MOST_MEMBERS:
            return NotCovered(
                f"This {self.graph.kind} stands for more than {MOST_MEMBERS:,} graphs, too many to check a "
                "proof in each; `adjustment_sets` finds what to adjust for."
            )
        return found

    def imagined(self, atom: P) -> Proved | Bar:
        """An event in several worlds."""
        kernel = kernels_from(self.graph, self.given) if self.given else None
        found = identify_counterfactual(self.graph, atom, kernel)
        return NotCovered("Worlds beside do(…) are not covered.") if found is None else found

    def from_sources(self, claim: P) -> Proved | Bar:
        """From what is given: kernel by kernel, or, on small graphs, by search."""
        thicket = None
        if all(term.value is None for term in claim.terms):
            parts = (claim.do, claim.of, claim.given)
            x, y, w = (self.graph.mask(term.name for term in part) for part in parts)
            found = identify_from(self.graph, x, y, w, self.given)
            if isinstance(found, Step):
                return Proved(found, General())
            thicket = found
            if thicket.complete or not self.search:
                return thicket
        budget = BUDGET if len(self.graph.nodes) <= SMALL else BUDGET // 10
        searched = recover(self.graph, claim, self.given, budget)
        if isinstance(searched, Step):
            return Proved(searched, General())
        if isinstance(searched, BudgetSpent):
            return NotCovered(f"The search was stopped after {searched.derived:,} statements.")
        return thicket or NotCovered("Nothing more follows from what is given by the do-calculus.")

    def formula(self, atom: P | Kernel) -> Expression:
        """What stands for the atom in the estimand."""
        if isinstance(atom, Kernel):
            raise InvalidQuery("A kernel Q[…] is no question.", "Ask for P(Y | do(X)) instead.")
        claim = atom if atom in self.proved else claimed(atom)
        step = self.proved[claim].step
        if step.rule == "observation":
            return atom
        if claim == atom:
            return step.formula
        # The levels of an imagined treatment stand in its formula already.
        fixed = {term.name for term in claim.terms if term.value is not None}
        named = ((term.name, term.value) for term in atom.terms if term.name not in fixed)
        return substitute(step.formula, {name: value for name, value in named if value is not None})

    @property
    def premises(self) -> tuple[Step, ...]:
        """One step for each claim."""
        return tuple(each.step for each in self.proved.values())

    @property
    def shape(self) -> Shape:
        """The one shape that all parts have, or the general one."""
        shapes = {each.shape for each in self.proved.values()}
        return shapes.pop() if len(shapes) == 1 else General()


def claimed(atom: P) -> P:
    """What a derivation proves for an atom: all its values open, but for those that make its worlds."""
    parts = taken_apart(atom)
    if parts is not None:
        return claim_of(parts)
    return atom if any(term.world for term in atom.terms) else pattern(atom)
