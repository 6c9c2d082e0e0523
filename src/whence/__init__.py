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
    from whence.data.pushdown.opening import remote
    from whence.data.pushdown.remote import Remote
    from whence.data.reading import table
    from whence.data.scanning.opening import scan
    from whence.data.scanning.scan import Scan
    from whence.data.tables import Table
    from whence.engine.asking import ask
    from whence.engine.bounding import bounds
    from whence.engine.many_questions import ask_many
    from whence.engine.study import Study
    from whence.estimation.api import estimate
    from whence.estimation.bounds_check import verify_bounds
    from whence.estimation.bounds_values import Bounds
    from whence.estimation.discrete import plug_in
    from whence.estimation.values import Estimate
    from whence.explanation.answer import Answer
    from whence.explanation.comparison import compare
    from whence.identification.adjustment import adjustment_sets, is_adjustment_set
    from whence.identification.classes.ancestral import mag
    from whence.identification.classes.class_size import class_size
    from whence.identification.classes.markov_class import cpdag, is_member, members, same_class
    from whence.identification.classes.meek import orient
    from whence.identification.classes.pag import pag
    from whence.identification.counterfactuals.experiments import every_experiment
    from whence.identification.designs.front_door import front_door_set
    from whence.identification.designs.implications import implied_independences, markov_basis
    from whence.identification.designs.instruments import conditional_instruments, instruments
    from whence.identification.designs.proximal import negative_controls, proximal_proxies
    from whence.identification.designs.shapes import difference_in_differences, regression_discontinuities
    from whence.identification.designs.verma import verma_constraints
    from whence.identification.help.fragility import Hinge, hinges
    from whence.identification.help.remedies import Remedy, remedies
    from whence.identification.identify import identify
    from whence.identification.linear.half_trek import half_trek
    from whence.identification.linear.identify_linear import identify_linear
    from whence.identification.projection import canonical_dag, latent_projection
    from whence.identification.separation import separated
    from whence.identification.sources.policies import Policy
    from whence.identification.sources.policy_questions import identify_policy
    from whence.identification.verification.linear import verify_linear
    from whence.identification.verify import verify
    from whence.language.assumptions import Assumption
    from whence.language.causation import pn, pns, ps
    from whence.language.estimand import Estimand
    from whence.language.expression import Expression
    from whence.language.graph import Graph
    from whence.language.graph_text import graph
    from whence.language.linear import LinearEstimand, NotIdentifiedLinearly
    from whence.language.mediation import cde, nde, nie, path_specific
    from whence.language.query import Query, ate, att, cate, effect
    from whence.language.query_text import query
    from whence.language.refusals import (
        Contradiction,
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
    from whence.language.source import Source
    from whence.refutation.refute import refute
    from whence.refutation.result import Refutation
    from whence.runtime.errors import ProofRejected, WhenceError
    from whence.runtime.events import Event
    from whence.runtime.executor import Executor
    from whence.runtime.results import executor

HOMES: Final = {
    "whence.data.pushdown.opening": ("remote",),
    "whence.data.pushdown.remote": ("Remote",),
    "whence.data.reading": ("table",),
    "whence.data.scanning.opening": ("scan",),
    "whence.data.scanning.scan": ("Scan",),
    "whence.data.tables": ("Table",),
    "whence.engine.asking": ("ask",),
    "whence.engine.bounding": ("bounds",),
    "whence.engine.many_questions": ("ask_many",),
    "whence.engine.study": ("Study",),
    "whence.estimation.api": ("estimate",),
    "whence.estimation.bounds_check": ("verify_bounds",),
    "whence.estimation.bounds_values": ("Bounds",),
    "whence.estimation.discrete": ("plug_in",),
    "whence.estimation.values": ("Estimate",),
    "whence.explanation.answer": ("Answer",),
    "whence.explanation.comparison": ("compare",),
    "whence.identification.adjustment": ("adjustment_sets", "is_adjustment_set"),
    "whence.identification.classes.ancestral": ("mag",),
    "whence.identification.classes.class_size": ("class_size",),
    "whence.identification.designs.shapes": ("difference_in_differences", "regression_discontinuities"),
    "whence.identification.counterfactuals.experiments": ("every_experiment",),
    "whence.identification.help.fragility": ("Hinge", "hinges"),
    "whence.identification.designs.front_door": ("front_door_set",),
    "whence.identification.identify": ("identify",),
    "whence.identification.designs.implications": ("implied_independences", "markov_basis"),
    "whence.identification.designs.instruments": ("conditional_instruments", "instruments"),
    "whence.identification.linear.half_trek": ("half_trek",),
    "whence.identification.linear.identify_linear": ("identify_linear",),
    "whence.identification.classes.markov_class": ("cpdag", "is_member", "members", "same_class"),
    "whence.identification.classes.meek": ("orient",),
    "whence.identification.classes.pag": ("pag",),
    "whence.identification.sources.policies": ("Policy",),
    "whence.identification.sources.policy_questions": ("identify_policy",),
    "whence.identification.projection": ("canonical_dag", "latent_projection"),
    "whence.identification.designs.proximal": ("negative_controls", "proximal_proxies"),
    "whence.identification.help.remedies": ("Remedy", "remedies"),
    "whence.identification.separation": ("separated",),
    "whence.identification.verify": ("verify",),
    "whence.identification.verification.linear": ("verify_linear",),
    "whence.identification.designs.verma": ("verma_constraints",),
    "whence.language.assumptions": ("Assumption",),
    "whence.language.causation": ("pn", "pns", "ps"),
    "whence.language.estimand": ("Estimand",),
    "whence.language.expression": ("Expression",),
    "whence.language.graph": ("Graph",),
    "whence.language.graph_text": ("graph",),
    "whence.language.linear": ("LinearEstimand", "NotIdentifiedLinearly"),
    "whence.language.mediation": ("cde", "nde", "nie", "path_specific"),
    "whence.language.query": ("Query", "ate", "att", "cate", "effect"),
    "whence.language.query_text": ("query",),
    "whence.language.refusals": (
        "Contradiction",
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
    "whence.language.source": ("Source",),
    "whence.refutation.refute": ("refute",),
    "whence.refutation.result": ("Refutation",),
    "whence.runtime.errors": ("ProofRejected", "WhenceError"),
    "whence.runtime.events": ("Event",),
    "whence.runtime.executor": ("Executor",),
    "whence.runtime.results": ("executor",),
}
_HOME: Final = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "Answer",
    "Assumption",
    "Bounds",
    "Contradiction",
    "Estimand",
    "Estimate",
    "Event",
    "Executor",
    "Expression",
    "Graph",
    "Hinge",
    "ImpossibleEvidence",
    "LinearEstimand",
    "NeedsData",
    "NeedsGraph",
    "NoOverlap",
    "NoVariation",
    "NotIdentified",
    "NotIdentifiedLinearly",
    "NotYetAnswerable",
    "Policy",
    "ProofRejected",
    "Query",
    "Refusal",
    "Refutation",
    "Remedy",
    "Remote",
    "Scan",
    "Source",
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
    "bounds",
    "canonical_dag",
    "cate",
    "cde",
    "class_size",
    "compare",
    "conditional_instruments",
    "cpdag",
    "difference_in_differences",
    "effect",
    "estimate",
    "every_experiment",
    "executor",
    "front_door_set",
    "graph",
    "half_trek",
    "hinges",
    "identify",
    "identify_linear",
    "identify_policy",
    "implied_independences",
    "instruments",
    "is_adjustment_set",
    "is_member",
    "latent_projection",
    "mag",
    "markov_basis",
    "members",
    "nde",
    "negative_controls",
    "nie",
    "orient",
    "pag",
    "path_specific",
    "plug_in",
    "pn",
    "pns",
    "proximal_proxies",
    "ps",
    "query",
    "refute",
    "regression_discontinuities",
    "remedies",
    "remote",
    "same_class",
    "scan",
    "separated",
    "table",
    "verify",
    "verify_bounds",
    "verify_linear",
    "verma_constraints",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'whence' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
