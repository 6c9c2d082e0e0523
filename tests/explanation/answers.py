"""Answers made by hand, one of each kind, for the tests of the views."""

from dataclasses import replace
from functools import cache
from itertools import combinations

from whence.estimation.values import Arm, Balance, Diagnostics, Estimate, LearnerRisk, Overlap, Warning_
from whence.explanation.answer import Answer
from whence.identification.identify import identify
from whence.language.assumptions import Assumption
from whence.language.estimand import Estimand
from whence.language.graph import Edge, Graph
from whence.language.query import ate, att
from whence.language.query_text import query
from whence.language.refusals import NeedsData, NeedsGraph, NoOverlap, NotIdentified
from whence.refutation.result import Refutation

COVARIATES = ("age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75", "u74", "u75")

PROVENANCE = {
    "seed": 7,
    "data": "jobs.csv",
    "data_sha256": "ab" * 32,
    "rows": 16177,
    "graph": "age -> treat -> re78; age -> re78",
    "version": "0.1.0",
    "elapsed_s": 1.5,
}


def confounded_graph(covariates, treatment, outcome):
    """Every covariate a cause of both, each confounded with every other."""
    edges = [Edge(name, end) for name in covariates for end in (treatment, outcome)]
    edges += [Edge(a, b, "<->") for a, b in combinations(covariates, 2)]
    return Graph.of([*covariates, treatment, outcome], [*edges, Edge(treatment, outcome)])


def job_graph():
    return confounded_graph(COVARIATES, "treat", "re78")


def an_estimate(names=COVARIATES):
    arms = (
        Arm("treat = 1", 185, (0.0, 0.1, 0.5), (0, 5, 60, 80, 40), 161.0),
        Arm("treat = 0", 15992, (0.0, 0.0, 0.9), (15900, 60, 20, 10, 2), 87.3),
    )
    diagnostics = Diagnostics(
        Overlap(arms, 0.93, 0.62),
        {"treat = 1": 161.0, "treat = 0": 87.3},
        tuple(Balance(name, 0.3 * i - 1, 0.02 * i) for i, name in enumerate(names)),
        12,
        (LearnerRisk("outcome", "linear", 4.9e7, chosen=True),),
        (1530.0, 1610.0, 1571.0),
    )
    warning = Warning_("low_overlap", "Overlap is poor.")
    return Estimate(
        *(1571.3, 704.2, (190.2, 2949.6), 0.95, 16177, -8497.52, "aipw"),
        why="because the treatment is 0/1",
        diagnostics=diagnostics,
        warnings=(warning,),
    )


def checks(benchmark="re75"):
    details = {
        "estimate": 1571.3,
        "se": 704.2,
        "df": 16165,
        "robustness_value": 0.0174,
        "benchmarks": [
            {
                "name": benchmark,
                "times": 2.0,
                "with_treatment": 0.002,
                "with_outcome": 0.006,
                "estimate": 1301.0,
            }
        ],
    }
    return (
        Refutation(
            "placebo treatment", "survived", "no effect", 0.4, 0.69, 0.85, "hidden causes", "It is calm."
        ),
        Refutation(
            "implied independences", "inconclusive", "they hold", None, None, None, "much", "None bear."
        ),
        Refutation(
            "sensitivity", "survived", "an effect is left", 0.0174, None, None, "others", "1.74 %.", details
        ),
    )


@cache
def job_training():
    """The good answer: among the treated, with a poor overlap that is warned about."""
    question, graph = att("treat", "re78", 1, 0), job_graph()
    estimand = identify(question, graph)
    assert isinstance(estimand, Estimand)
    found = an_estimate()
    return Answer(
        question="ATT(treat -> re78)",
        query=question,
        graph=graph,
        estimand=estimand,
        verified=True,
        estimate=found,
        assumptions=(*estimand.assumptions, Assumption("Mine.", "user", testable=True, status="failed")),
        refutations=checks(),
        warnings=found.warnings,
        provenance=PROVENANCE,
    )


def labelled():
    """The good answer with words for its variables."""
    labels = {
        "treat": {"label": "training", "among": "those trained"},
        "re78": {"label": "1978 earnings", "unit": "$"},
    }
    return job_training().labelled(labels)


def failed_placebo():
    """The good answer, and a placebo that it does not survive."""
    sentence = "The same estimator finds an effect of −1,240 on re75, where the truth is 0."
    placebo = Refutation(
        "placebo outcome re75", "failed", "no effect", -4.4, 1e-5, 0.85, "the rest", sentence
    )
    return replace(job_training(), refutations=(*job_training().refutations, placebo))


@cache
def not_identified():
    """The bow: tutoring and grades share causes that nobody measured."""
    graph = Graph.of((), [Edge("tutoring", "grades"), Edge("tutoring", "grades", "<->")])
    question = ate("tutoring", "grades", 1, 0)
    refusal = identify(question, graph)
    assert isinstance(refusal, NotIdentified)
    return Answer(
        "does tutoring cause grades?", question, "grammar", refusal=refusal, graph=graph, verified=True
    )


@cache
def distribution():
    """Every value of a distribution, one estimate for each."""
    graph = Graph.of((), [Edge("size", "drug"), Edge("size", "cured"), Edge("drug", "cured")])
    question = query("P(cured | do(drug))")
    estimand = identify(question, graph)
    assert isinstance(estimand, Estimand)
    cells = tuple(
        Estimate(value, 0.02, (value - 0.04, value + 0.04), 0.95, 700, None, "plug-in", label=label)
        for label, value in (
            ("P(cured=0 | do(drug=a))", 0.167),
            ("P(cured=1 | do(drug=a))", 0.833),
            ("P(cured=0 | do(drug=b))", 0.221),
            ("P(cured=1 | do(drug=b))", 0.779),
        )
    )
    return Answer(
        "P(cured | do(drug))", question, graph=graph, estimand=estimand, verified=True, estimates=cells
    )


def from_a_table():
    """A number from a table of probabilities: without standard error and interval."""
    bare = Estimate(0.45, None, None, 0.95, 800, 0.85, "plug-in")
    return Answer("P(Y=1 | do(X=1))", query("P(Y=1 | do(X=1))"), estimate=bare)


@cache
def without_data():
    """The napkin, proved, with no data to put into it."""
    edges = [
        Edge("W1", "W2"),
        Edge("W2", "X"),
        Edge("X", "Y"),
        Edge("W1", "X", "<->"),
        Edge("W1", "Y", "<->"),
    ]
    graph, question = Graph.of((), edges), query("E[Y | do(X=1)] - E[Y | do(X=0)]")
    estimand = identify(question, graph)
    assert isinstance(estimand, Estimand)
    missing = NeedsData("A number needs data.", ("data on W1, W2, X, Y",))
    return Answer(str(question), question, refusal=missing, graph=graph, estimand=estimand, verified=True)


def without_graph():
    """Nobody said what causes what."""
    refusal = NeedsGraph("It was not said what causes what.", ("a graph", "an experiment", "a document"))
    return Answer("effect of price on sales", ate("price", "sales"), "grammar", refusal=refusal)


def without_overlap():
    """The proof is there; the data have nobody to compare with."""
    refusal = NoOverlap("Nobody over 60 was treated.", ("rows of treated people over 60",))
    return replace(job_training(), estimate=None, refutations=(), warnings=(), refusal=refusal)


def bounded():
    """A range instead of a number."""
    bow = not_identified()
    return replace(bow, bounds={"lower": -0.2, "upper": 0.7})


def every_kind():
    """One answer of each kind, by name."""
    makers = (
        *(job_training, labelled, failed_placebo, not_identified, distribution, from_a_table),
        *(without_data, without_graph, without_overlap, bounded),
    )
    return {maker.__name__: maker() for maker in makers}


HOSTILE = (
    "<script>alert(1)</script>",
    "</svg><img src=x onerror=alert(1)>",
    "\"'`&lt;{{7*7}}{% raw %}",
    "a\nb\r\n# c\t|d|",
    "\x1b[31mred\x1b[0m\x07",
    "مرحبا \u202e reversed \u2066",
    "\\input{/etc/passwd} $x_1^2$ #%~",
    "![x](https://evil.example/x.png) [a](javascript:alert(1)) https://evil.example",
    "変数 🦊",
)


def hostile(name):
    """An answer in which every name and every text is `name`."""
    others = (f"{name}1", f"{name}2", f"{name}3", f"{name}4")
    graph = confounded_graph(others, name, f"{name}Y")
    question = att(name, f"{name}Y", name, f"{name}0")
    estimand = identify(question, graph)
    assert isinstance(estimand, Estimand)
    found = replace(an_estimate(others), why=name, label=name, warnings=(Warning_(name, name),))
    overlap = found.diagnostics.overlap
    assert overlap is not None
    arms = tuple(replace(arm, label=name) for arm in overlap.arms)
    diagnostics = replace(
        found.diagnostics, overlap=replace(overlap, arms=arms), effective_sample_size={name: 9.0}
    )
    refutation = Refutation(name, "failed", name, 1.0, 0.5, 0.5, name, name)
    return Answer(
        question=name,
        query=question,
        graph=graph,
        estimand=estimand,
        verified=True,
        estimate=replace(found, diagnostics=diagnostics),
        assumptions=(Assumption(name, "user"),),
        refutations=(refutation, *checks(name)),
        warnings=(Warning_(name, name),),
        provenance={
            "seed": 0,
            "data": name,
            "graph": name,
            "version": name,
            "labels": {name: {"label": name, "unit": name, "among": name}},
            name: {name: [name]},
        },
    )
