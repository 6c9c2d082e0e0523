"""The words of causal questions as values and texts: graphs, queries, expressions, estimands, refusals.

Pure Python on the standard library. Every name is loaded when first used. (The functions `graph` and `query`
are exported by `whence` itself, since modules of this room bear those names.)

>>> from whence.language import P, to_text
>>> to_text(P("Y", do="X"))
'P(Y | do(X))'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.language.assumptions import Assumption, Citation
    from whence.language.causation import Causation, as_causation, pn, pns, ps
    from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, General, Observed, Shape, Step
    from whence.language.expression import (
        Difference,
        Expectation,
        Expression,
        Kernel,
        P,
        Product,
        Quotient,
        Sum,
        Term,
    )
    from whence.language.factor import Factor, evaluate
    from whence.language.graph import Edge, Graph
    from whence.language.mediation import Mediated, as_mediated, cde, nde, nie, path_specific
    from whence.language.printing import to_latex, to_text
    from whence.language.query import Contrast, Query, ate, att, cate, effect
    from whence.language.questions import question
    from whence.language.refusals import (
        Hedge,
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

__all__ = [
    "Adjustment",
    "Assumption",
    "Causation",
    "Citation",
    "Contrast",
    "Difference",
    "Edge",
    "Estimand",
    "Expectation",
    "Expression",
    "Fact",
    "Factor",
    "FrontDoor",
    "General",
    "Graph",
    "Hedge",
    "ImpossibleEvidence",
    "Kernel",
    "Mediated",
    "NeedsData",
    "NeedsGraph",
    "NoOverlap",
    "NoVariation",
    "NotIdentified",
    "NotYetAnswerable",
    "Observed",
    "P",
    "Product",
    "Query",
    "Quotient",
    "Refusal",
    "Shape",
    "Step",
    "Sum",
    "Term",
    "TooFewRows",
    "Undecidable",
    "as_causation",
    "as_mediated",
    "ate",
    "att",
    "cate",
    "cde",
    "effect",
    "evaluate",
    "nde",
    "nie",
    "path_specific",
    "pn",
    "pns",
    "ps",
    "question",
    "to_latex",
    "to_text",
]

_HOMES = {
    "assumptions": ("Assumption", "Citation"),
    "causation": ("Causation", "as_causation", "pn", "pns", "ps"),
    "estimand": ("Adjustment", "Estimand", "Fact", "FrontDoor", "General", "Observed", "Shape", "Step"),
    "expression": (
        "Difference",
        "Expectation",
        "Expression",
        "Kernel",
        "P",
        "Product",
        "Quotient",
        "Sum",
        "Term",
    ),
    "factor": ("Factor", "evaluate"),
    "graph": ("Edge", "Graph"),
    "mediation": ("Mediated", "as_mediated", "cde", "nde", "nie", "path_specific"),
    "printing": ("to_latex", "to_text"),
    "query": ("Contrast", "Query", "ate", "att", "cate", "effect"),
    "questions": ("question",),
    "refusals": (
        "Hedge",
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
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF])
