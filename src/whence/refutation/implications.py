"""Hold the graph to the data: each independence that it implies is a prediction that can fail.

Independences that could not change the answer (say, among covariates that are all adjusted for) are
tested apart from those that could: an edge missing where it matters spoils the adjustment set, elsewhere
it does not. With many predictions some fail by chance, so the p-values are Holm's.

Among numbers with long tails (incomes, say) the tests of normal theory see failures where there are none, and
most so at the small p-values that Holm's correction asks for. So up to 2,000 rows a failure that such a test
sees counts with the p-value of a permutation test.

Source: J. Pearl, *Causality* (2009), section 1.2.3; S. Holm (1979); D. Freedman and D. Lane (1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from whence.estimation.columns import Columns
from whence.estimation.kinds import kind_of_fits
from whence.identification.adjustment import is_adjustment_set
from whence.identification.classes.markov_class import member
from whence.identification.designs.implications import Independence, implied_independences
from whence.identification.projection import latent_projection
from whence.language.estimand import Adjustment, Shape
from whence.language.graph import Edge, Graph
from whence.numerics.arrays import floats
from whence.numerics.counts import cross_table
from whence.numerics.independence import (
    Test,
    cmh_test_of_table,
    g_test_of_table,
    partial_correlation,
    partial_f,
)
from whence.numerics.multiplicity import holm
from whence.numerics.permutation import permutation_p
from whence.refutation.power import power_of_tests
from whence.refutation.result import VISIBLE_BIAS, Refutation, verdict_of
from whence.runtime.errors import CyclicGraph
from whence.runtime.executor import executor as as_executor
from whence.runtime.seeds import Seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Floats
    from whence.runtime.executor import Executor

ROOT = Seed(0)

MOST_CELLS = 4_000
"""Above this many cells a table is not made, and codes are taken as numbers instead."""

ROWS_PER_CELL = 5
"""Below this many rows for each cell of the strata that occur, chi-squared rejects too often."""

MOST_ROWS_DEALT, DEALS_PER_PREDICTION, MOST_PREDICTIONS_DEALT = 2_000, 40, 400
"""Up to so many rows and predictions small p-values are those of permutations, enough to pass Holm's bar."""

FEWEST_DEALS = 1_999
SUSPICIOUS = 0.05

LARGEST_SET = 30
"""Independences given more variables than this are left untested, and counted."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """An implied independence, whether its failure could change the answer, and what the data say."""

    independence: Independence
    bears: bool
    test: Test
    p_held: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON; `p` is the raw p-value, `p_held` Holm's."""
        return {
            "x": self.independence.x,
            "y": self.independence.y,
            "given": list(self.independence.given),
            "bears": self.bears,
            "statistic": self.test.statistic,
            "df": self.test.degrees,
            "p": self.test.p,
            "p_held": self.p_held,
            "effect": self.test.effect,
            "n": self.test.n,
        }


@dataclass(frozen=True, slots=True)
class _HeldToData:
    """One item of work: an implied independence, tested, and whether its failure would matter."""

    graph: Graph
    columns: Columns
    shape: Shape | None
    deals: int

    def __call__(self, item: tuple[Independence, Seed]) -> Prediction:
        independence, seed = item
        bears = bears_on(independence, self.graph, self.shape)
        found = tested(independence, self.columns)
        return Prediction(independence, bears, dealt_out(found, independence, self.columns, self.deals, seed))


def predictions(
    graph: Graph,
    columns: Columns,
    shape: Shape | None,
    seed: Seed = ROOT,
    executor: Executor | str | None = "serial",
) -> tuple[Prediction, ...]:
    """Every implied independence whose variables are at hand, tested; Holm's p-values within each group."""
    found = [
        each
        for each in implied_independences(graph)
        if {each.x, each.y, *each.given} <= columns.of.keys() and len(each.given) <= LARGEST_SET
    ]
    kind = kind_of_fits((), columns.rows)
    items = [(each, seed.child("implications").child(i)) for i, each in enumerate(found)]
    task = _HeldToData(graph, columns, shape, deals_for(columns, len(found)))
    made = as_executor(executor).map(task, items, stage="implications", kind=kind)
    held: list[Prediction] = []
    for bears in (True, False):
        group = [each for each in made if each.bears == bears]
        adjusted = holm([each.test.p for each in group])
        held += [
            Prediction(each.independence, bears, each.test, p)
            for each, p in zip(group, adjusted, strict=True)
        ]
    return tuple(held)


def deals_for(columns: Columns, predictions: int) -> int:
    """How many permutations a suspicious prediction is worth; none where they could not pass Holm's bar."""
    if columns.rows > MOST_ROWS_DEALT or predictions > MOST_PREDICTIONS_DEALT:
        return 0
    return max(FEWEST_DEALS, DEALS_PER_PREDICTION * predictions)


def tested(independence: Independence, columns: Columns) -> Test:
    """Chi-squared (CMH where strata are sparse) if all are discrete, else partial correlation or its F."""
    names = (independence.x, independence.y, *independence.given)
    if not _is_table(names, columns):
        single, block, given = _numbers(independence, columns)
        one = block.shape[1] == 1
        return partial_correlation(single, block[:, 0], given) if one else partial_f(single, block, given)
    sizes = [len(columns[name].levels or ()) for name in names]
    strata = int(np.prod(sizes[2:], dtype=np.int64))
    counted = cross_table([columns[name].codes() for name in (*names[2:], *names[:2])], sizes[2:] + sizes[:2])
    table = floats(counted.reshape(strata, sizes[0], sizes[1]))
    if columns.rows < ROWS_PER_CELL * np.count_nonzero(table.sum(axis=(1, 2))) * sizes[0] * sizes[1]:
        return cmh_test_of_table(table)
    return g_test_of_table(table, "chi2")


def dealt_out(found: Test, independence: Independence, columns: Columns, deals: int, seed: Seed) -> Test:
    """A test of numbers whose p-value arouses suspicion with that of so many permutations instead."""
    names = (independence.x, independence.y, *independence.given)
    if not deals or found.p >= SUSPICIOUS or _is_table(names, columns):
        return found
    single, block, given = _numbers(independence, columns)
    return replace(found, p=permutation_p(single, block, given, draws=deals, seed=seed))


def _is_table(names: Sequence[str], columns: Columns) -> bool:
    cells = np.prod([len(columns[name].levels or ()) for name in names], dtype=np.float64)
    return all(columns[name].discrete for name in names) and bool(cells <= MOST_CELLS)


def _numbers(independence: Independence, columns: Columns) -> tuple[Floats, Floats, Floats]:
    """One of the two (n,), the other as a block of columns (n, q), and what is given (n, k)."""
    given = columns.design(independence.given, classes=True)[0]
    x, y = (columns.design((name,))[0] for name in (independence.x, independence.y))
    return (x[:, 0], y, given) if x.shape[1] == 1 else (y[:, 0], x, given)


def bears_on(independence: Independence, graph: Graph, shape: Shape | None) -> bool:
    """Whether an edge between the two, of any kind the graph can take, would spoil the adjustment set."""
    if not isinstance(shape, Adjustment):
        return True
    observed = latent_projection(graph)
    given = (*shape.adjust, *shape.by)
    for edge in _edges(independence):
        try:
            denser = Graph.of(observed.nodes, [*observed.edges, edge], kind="ADMG")
        except CyclicGraph:
            continue
        if not is_adjustment_set(denser, shape.treatments, shape.outcomes, given):
            return True
    return False


def _edges(independence: Independence) -> tuple[Edge, ...]:
    x, y = independence.x, independence.y
    return (Edge(x, y), Edge(y, x), Edge(x, y, "<->"))


def implications(
    graph: Graph,
    columns: Columns,
    shape: Shape | None,
    seed: Seed = ROOT,
    executor: Executor | str | None = "serial",
) -> tuple[Refutation, ...]:
    """Two checks: on the independences that the answer hangs on, and on the rest, if there are any."""
    # All graphs of an equivalence class imply the same, and the adjustment set serves in each.
    plain = member(graph) if graph.kind in ("CPDAG", "MPDAG") else graph
    made = predictions(plain, columns, shape, seed, executor)
    bearing = tuple(each for each in made if each.bears)
    others = tuple(each for each in made if not each.bears)
    found = [_verdict_on(bearing, "bearing")]
    if others:
        found.append(_verdict_on(others, "other"))
    return tuple(found)


def _verdict_on(made: Sequence[Prediction], group: Literal["bearing", "other"]) -> Refutation:
    which = "that the answer hangs on" if group == "bearing" else "that could not change the answer"
    name = "implied independences" if group == "bearing" else "other implied independences"
    null = f"the independences of the graph {which} hold in the data"
    blind_to = "every graph with the same independences, and hidden causes where there is an edge already"
    if not made:
        sentence = f"The graph implies no independence {which}, so the data have no say in it."
        return Refutation(name, "inconclusive", null, None, None, None, blind_to, sentence, {"tests": []})
    broken = [each for each in made if each.p_held < 0.05]
    p = min(each.p_held for each in made)
    power = power_of_tests([each.test.ways for each in made], VISIBLE_BIAS)
    if broken:
        worst = max(broken, key=lambda each: each.test.effect)
        sentence = (
            f"{len(broken)} of {len(made)} independences {which} fail in the data; the strongest is "
            f"{worst.independence} (partial association {worst.test.effect:.2g})."
        )
    else:
        who = "The one independence" if len(made) == 1 else f"Each of the {len(made)} independences"
        sentence = f"{who} {which} holds up in the data (p = {p:.2g}, Holm's)."
    details = {"tests": [each.to_dict() for each in made], "broken": len(broken)}
    return Refutation(name, verdict_of(p=p, power=power), null, None, p, power, blind_to, sentence, details)
