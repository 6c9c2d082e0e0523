"""Whence answers causal questions and shows its work.

Bring data, what you know (a causal graph) and a question; get an answer that can be checked: the estimand
and its proof, the estimate with its uncertainty, the assumptions, how hard they were to break. What cannot
be answered from what was given is said, and proved.

>>> import whence as wh
>>> g = wh.graph("season -> price -> sales; season -> sales")
>>> bool(wh.is_adjustment_set(g, "price", "sales", ["season"]))
True

Every public name is listed here and loaded when first used (PEP 562), so that importing the package is
quick and its symbolic part never needs numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

__version__: Final = "0.1.0"

if TYPE_CHECKING:
    from whence.data.reading import table
    from whence.data.tables import Table
    from whence.engine.asking import ask, ask_many
    from whence.engine.study import Study
    from whence.estimation.api import estimate
    from whence.estimation.discrete import plug_in
    from whence.estimation.values import Estimate
    from whence.explanation.answer import Answer
    from whence.explanation.comparison import compare
    from whence.identification.adjustment import adjustment_sets, is_adjustment_set
    from whence.identification.front_door import front_door_set
    from whence.identification.identify import identify
    from whence.identification.implications import implied_independences
    from whence.identification.instruments import instruments
    from whence.identification.separation import separated
    from whence.identification.verify import verify
    from whence.language.assumptions import Assumption
    from whence.language.estimand import Estimand
    from whence.language.expression import Expression
    from whence.language.graph import Graph
    from whence.language.graph_text import graph
    from whence.language.query import Query, ate, att, cate, effect
    from whence.language.query_text import query
    from whence.language.refusals import (
        ImpossibleEvidence,
        NeedsData,
        NeedsGraph,
        NoOverlap,
        NotIdentified,
        NotYetAnswerable,
        NoVariation,
        Refusal,
        TooFewRows,
        Undecidable,
    )
    from whence.refutation.refute import refute
    from whence.refutation.result import Refutation
    from whence.runtime.errors import ProofRejected, WhenceError
    from whence.runtime.events import Event

HOMES: Final = {
    "whence.data.reading": ("table",),
    "whence.data.tables": ("Table",),
    "whence.engine.asking": ("ask", "ask_many"),
    "whence.engine.study": ("Study",),
    "whence.estimation.api": ("estimate",),
    "whence.estimation.discrete": ("plug_in",),
    "whence.estimation.values": ("Estimate",),
    "whence.explanation.answer": ("Answer",),
    "whence.explanation.comparison": ("compare",),
    "whence.identification.adjustment": ("adjustment_sets", "is_adjustment_set"),
    "whence.identification.front_door": ("front_door_set",),
    "whence.identification.identify": ("identify",),
    "whence.identification.implications": ("implied_independences",),
    "whence.identification.instruments": ("instruments",),
    "whence.identification.separation": ("separated",),
    "whence.identification.verify": ("verify",),
    "whence.language.assumptions": ("Assumption",),
    "whence.language.estimand": ("Estimand",),
    "whence.language.expression": ("Expression",),
    "whence.language.graph": ("Graph",),
    "whence.language.graph_text": ("graph",),
    "whence.language.query": ("Query", "ate", "att", "cate", "effect"),
    "whence.language.query_text": ("query",),
    "whence.language.refusals": (
        "ImpossibleEvidence",
        "NeedsData",
        "NeedsGraph",
        "NoOverlap",
        "NotIdentified",
        "NotYetAnswerable",
        "NoVariation",
        "Refusal",
        "TooFewRows",
        "Undecidable",
    ),
    "whence.refutation.refute": ("refute",),
    "whence.refutation.result": ("Refutation",),
    "whence.runtime.errors": ("ProofRejected", "WhenceError"),
    "whence.runtime.events": ("Event",),
}
_HOME: Final = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "Answer",
    "Assumption",
    "Estimand",
    "Estimate",
    "Event",
    "Expression",
    "Graph",
    "ImpossibleEvidence",
    "NeedsData",
    "NeedsGraph",
    "NoOverlap",
    "NoVariation",
    "NotIdentified",
    "NotYetAnswerable",
    "ProofRejected",
    "Query",
    "Refusal",
    "Refutation",
    "Study",
    "Table",
    "TooFewRows",
    "Undecidable",
    "WhenceError",
    "__version__",
    "adjustment_sets",
    "ask",
    "ask_many",
    "ate",
    "att",
    "cate",
    "compare",
    "effect",
    "estimate",
    "front_door_set",
    "graph",
    "identify",
    "implied_independences",
    "instruments",
    "is_adjustment_set",
    "plug_in",
    "query",
    "refute",
    "separated",
    "table",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'whence' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
