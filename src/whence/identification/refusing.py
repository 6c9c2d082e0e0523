"""Refusals: that a question has no answer, shown by two models; or that we have none.

What bars a formula says where to look for two models of the graph that agree on all that is given and differ
on the question. Where they are found, the refusal is proved. Where they are not, it is said that no procedure
of ours decides the question. What would help is tried out: more knowledge of the graph, more data, and, for
the effect of one variable on another, linear relations.

Source: J. Pearl, *Causality* (2009), definition 3.2.4.
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.identification.counterfactuals.counterfactual_worlds import Conflict
from whence.identification.counterfactuals.path_specific import unfolded
from whence.identification.help.remedies import search_remedies
from whence.identification.idc import Barred
from whence.identification.ledger import SHOWN
from whence.identification.ledger import listed as counted
from whence.identification.linear.identify_linear import formula_if_linear
from whence.identification.proving import Bar, NotCovered
from whence.identification.sources.general_id import Thicket
from whence.identification.witnesses.witness import disagreement
from whence.language.expression import P, atoms
from whence.language.graph import Graph
from whence.language.model import Disagreement
from whence.language.printing import name_text
from whence.language.query import Query
from whence.language.refusals import (
    TWO_MODELS,
    Hedge,
    ImpossibleEvidence,
    NotIdentified,
    NotYetAnswerable,
)
from whence.language.source import Source
from whence.language.words import listed

Reply = NotIdentified | NotYetAnswerable | ImpossibleEvidence

UNDECIDED = "Two models that prove that there is none were not found either, so whether there is one is open."
LINEAR = "assuming that all effects are linear (wh.identify_linear)"
MOST_LINEAR = 20
"""In graphs of more nodes linear relations are not tried."""


def refuse(query: Query, graph: Graph, given: tuple[Source, ...], bar: Bar, *, advise: bool = True) -> Reply:
    """What to reply where a probability in the query has no proof; `advise` says what would help, too."""
    if isinstance(bar, ImpossibleEvidence):
        return bar
    if graph.kind not in ("DAG", "ADMG"):
        why = bar.why if isinstance(bar, NotCovered) else f"{_reason(bar)}."
        return NotYetAnswerable(why, ("directing its open edges",))
    hedge = bar.hedge if isinstance(bar, Barred) else bar if isinstance(bar, Hedge) else None
    x, y = (bar.treatments, bar.outcomes) if isinstance(bar, Barred | Thicket) else ((), ())
    pair = disagreement(query, graph, given, hedge, x, y)
    what, why = _what(bar, query), _reason(bar)
    helps = advice(query, graph, given) if advise else ()
    if pair is None:
        return NotYetAnswerable(f"No formula was found for {what}: {why}. {UNDECIDED}", helps)
    told = f"{what[:1].upper()}{what[1:]} is not determined"
    told = f"{told}." if isinstance(bar, NotCovered) else f"{told}: {why}."
    # A hedge is for an effect that the query asks for by itself; elsewhere the models alone are the proof.
    shown = bar.hedge if isinstance(bar, Barred) else None
    told = f"{told}{_further_values(query, pair)}"
    return NotIdentified(f"{told} {TWO_MODELS}", helps, query, shown, x, y, graph, given, pair)


def advice(query: Query, graph: Graph, given: tuple[Source, ...] = ()) -> tuple[str, ...]:
    """What would help a question that is refused in a DAG or ADMG; `given` none is all that is observed."""
    query = unfolded(query, graph)
    helps = tuple(remedy.sentence for remedy in search_remedies(query, graph, given).remedies)
    return helps if given else (*helps, *_if_linear(query, graph))


def _further_values(query: Query, pair: Disagreement) -> str:
    """That the proof lets a variable take more values than the question speaks of, which it may not in fact.

    In several worlds at once that may matter: of a treatment of two values, what one is not, the other is.
    """
    wide = [name for name, levels in pair.first.levels if query.rung == 3 and len(levels) > 2]
    return f" This is proved for {_listed(wide)} of more than two values." if wide else ""


def _what(bar: Bar, query: Query) -> str:
    if isinstance(bar, Barred):
        return f"the effect of {_listed(bar.treatments)} on {_listed(bar.outcomes)}"
    return str(query)


def _reason(bar: Bar) -> str:
    """Why, as a clause."""
    match bar:
        case Barred(hedge=hedge):
            return _joined(hedge)
        case Hedge():
            return _joined(bar)
        case Conflict():
            return _at_once(bar)
        case Thicket(district=district):
            return (
                f"how {_listed(district)} {'responds' if len(district) == 1 else 'respond'} when all else is "
                "set follows from none of the distributions given"
            )
        case NotCovered(why=why):
            return f"{why[:1].lower()}{why[1:]}".rstrip(".")
        case _:
            raise TypeError(f"{type(bar).__name__} bars nothing")


def _joined(hedge: Hedge) -> str:
    outer = [name for name in hedge.forest if name not in hedge.subforest]
    return f"unobserved common causes join {_listed(outer)} with {_listed(hedge.subforest)}"


def _at_once(bar: Conflict) -> str:
    """That a case would have to be seen in two ways at once."""
    pair, name = sorted((bar.first, bar.second)), name_text(bar.name)
    if bar.district:
        shared = " share unobserved causes and are" if bar.district[1:] else " is"
        first, second = (_with(name, each) for each in pair)
        told = f"{_listed(bar.district)}{shared} needed {first} and {second} for the same case"
        return f"{told}, and no data show both"
    slots = [each.removeprefix(name)[1:-1].split(", ") for each in pair]
    apart = [[part for part in one if part not in other] for one, other in (slots, slots[::-1])]
    first, second = (_had(each) for each in apart)
    if first == second:
        return f"{name} is needed in two ways at once for the same case, and no data show both"
    return f"what {name} {first} and what it {second} are needed for the same case, and no data show both"


def _with(name: str, slot: str) -> str:
    """Under which value: a slot is the name alone for a variable as it comes, with `?` for an open value."""
    value = slot.removeprefix(name)
    return f"with {name} " + (
        value.replace("=", "= ", 1) if "=" in value else "set" if value else "as it was"
    )


def _had(slots: Sequence[str]) -> str:
    settings = [slot for slot in slots if "=" in slot or slot.endswith("?")]
    told = [slot.replace("=", " been ", 1) if "=" in slot else f"{slot[:-1]} been set" for slot in settings]
    return f"would be had {' and '.join(told)}" if told else "was"


def _if_linear(query: Query, graph: Graph) -> tuple[str, ...]:
    """That linear relations would do, for the effect of one variable on another; tried, not supposed."""
    x, y, contrast = query.treatments, query.outcomes, query.contrast
    if len(x) != 1 or len(y) != 1 or len(graph.nodes) > MOST_LINEAR:
        return ()
    simple = all(isinstance(atom, P) and not atom.given and atom.do for atom in atoms(query.body))
    average = contrast is not None and contrast.kind in ("ATE", "ATT") and not contrast.by
    if not (simple or average) or formula_if_linear(graph, x[0], y[0], "total") is None:
        return ()
    return (f"for the mean, {LINEAR}",) if isinstance(query.body, P) else (LINEAR,)


def _listed(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= SHOWN else counted(names)
