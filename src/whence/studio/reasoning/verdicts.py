"""The data's verdict on a graph: each independence that it implies, held to the data.

An independence that fails says that an edge is missing between its two variables, or that another is wrong.
With many of them some fail by chance, so the p-values are Holm's. The work is bounded, as a person draws on
while it is done: large graphs are told to be too large, and of very many rows a sample is asked.

Source: J. Pearl, *Causality* (2009), section 1.2.3; S. Holm (1979).

>>> from whence.data.reading import table
>>> from whence.language.graph_text import graph
>>> shop = table({"a": [0, 0, 1, 1] * 50, "b": [0, 0, 1, 1] * 50, "c": [0, 1] * 100})
>>> for verdict in verdicts(graph("a -> c; b"), shop).tested:
...     print(verdict.broken, verdict.sentence)
True a and b go together in the data (association 1.0, p < 0.001), and the graph says they do not.
False c and b are independent in the data as the graph says (p = 1.00).
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from whence.data.tables import Table
from whence.estimation.columns import Columns
from whence.estimation.rows import columns_of
from whence.explanation.figures import number, p_value
from whence.identification.classes.markov_class import member
from whence.identification.designs.implications import Independence, independences
from whence.language.graph import Graph
from whence.numerics.random import generator
from whence.refutation.implications import Prediction, predictions
from whence.runtime.events import Event, check_cancelled, listening
from whence.studio.reasoning.reading import Verdict, Verdicts
from whence.studio.reasoning.words import told

MOST_TESTED = 400
"""So many independences are tested at most: all of those among 28 variables."""

MOST_ROWS = 50_000
"""Of more rows than these a sample is asked."""

BROKEN = 0.05


def verdicts(graph: Graph, table: Table) -> Verdicts:
    """What the data say of each independence that the graph implies; raises what reading columns raises.

    It can be cancelled (`whence.runtime.events.cancellable`).
    """
    if graph.kind in ("MAG", "PAG"):
        return _none("What a graph with open ends implies is not held to the data here.")
    known = tuple(name for name in graph.observed if name in table)
    if len(known) < 2:
        return _none("The data have fewer than two of the graph's variables.")
    drawn = member(graph) if graph.kind in ("CPDAG", "MPDAG") else graph
    implied = _implied(drawn)
    if len(implied) > MOST_TESTED:
        more = f"more than {MOST_TESTED} independences"
        return _none(f"The graph implies {more}: too many to hold to the data while you draw.")
    check_cancelled()
    columns = columns_of(table, known)
    if columns.weighting == "probabilities":
        return _none("The data are a table of probabilities: there are no rows to test with.")
    columns, sampled = _sampled(columns.expanded())
    with listening(_stopping):
        made = predictions(drawn, columns, None)
    tested = tuple(sorted(map(_verdict, made), key=lambda each: (not each.broken, each.p, each.x, each.y)))
    return Verdicts(pending=False, tested=tested, sentence=_sentence(tested, len(implied), sampled))


def _stopping(_: Event) -> None:
    """Heard between two tests."""
    check_cancelled()


def _none(sentence: str) -> Verdicts:
    return Verdicts(pending=False, sentence=sentence)


def _implied(graph: Graph) -> list[Independence]:
    found: list[Independence] = []
    for each in islice(independences(graph), MOST_TESTED + 1):
        check_cancelled()
        found.append(each)
    return found


def _sampled(columns: Columns) -> tuple[Columns, str]:
    """The rows, or so many of them by chance (always the same), and what to say of that."""
    if columns.rows <= MOST_ROWS:
        return columns, ""
    rows = np.sort(generator(0).choice(columns.rows, MOST_ROWS, replace=False))
    return columns.selected(rows), f" This is from {MOST_ROWS:,} of {columns.rows:,} rows, drawn by chance."


def _verdict(each: Prediction) -> Verdict:
    x, y, given = each.independence.x, each.independence.y, each.independence.given
    broken = each.p_held < BROKEN
    pair, among = told((x, y)), f", given {told(given)}," if given else ""
    if broken:
        size = f"association {number(each.test.effect, digits=2)}"
        what = f"{pair}{among} go together in the data ({size}, {p_value(each.p_held)})"
        sentence = f"{what}, and the graph says they do not."
    else:
        what = f"{pair}{among} are independent in the data as the graph says"
        sentence = f"{what} ({p_value(each.p_held)})."
    return Verdict(x, y, given, each.p_held, each.test.effect, each.test.n, broken, sentence)


def _sentence(tested: tuple[Verdict, ...], implied: int, sampled: str) -> str:
    if not implied:
        return "The graph implies no independence, so the data cannot speak against it."
    if not tested:
        return "None of the independences of the graph can be tested: the data lack its variables."
    broken, many = sum(each.broken for each in tested), len(tested)
    left = f" {implied - many} more could not be tested." if implied > many else ""
    if many == 1:
        what = "The one independence that was tested " + ("fails" if broken else "holds up") + " in the data."
    elif broken:
        what = f"{broken} of {many} independences {'fails' if broken == 1 else 'fail'} in the data."
    else:
        what = f"Each of {many} independences holds up in the data."
    return what + left + sampled
