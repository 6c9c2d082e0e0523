"""Every experiment at hand: what could be known of a system if any part of it could be set.

The distributions of all experiments together hold every kernel, Q[C] = P(C | do its other parents). What even
they do not determine is out of reach of all data: only assumptions beyond the graph could tell.

Source: I. Shpitser and J. Pearl, "What counterfactuals can be tested" (UAI 2007), where P* is all of them.

>>> from whence.language.graph import Edge
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> [str(source) for source in every_experiment(bow)]
['P(X, Y)', 'P(Y | do(X))', 'P(X | do(Y))']
"""

from __future__ import annotations

from whence.language.expression import P
from whence.language.graph import Graph
from whence.language.source import Source
from whence.runtime.errors import InvalidGraph

MOST_VARIABLES = 10
"""Beyond so many observed variables the experiments are too many to be listed (2^10)."""


def every_experiment(graph: Graph) -> tuple[Source, ...]:
    """P(V ∖ Z | do Z) for every set Z of observed variables that leaves something to be seen.

    Raises `InvalidGraph` for more than `MOST_VARIABLES` of them.
    """
    names = graph.observed
    if len(names) > MOST_VARIABLES:
        raise InvalidGraph(
            f"{len(names)} variables can be set in 2^{len(names)} ways.",
            f"Name the experiments that matter, or ask in a graph of at most {MOST_VARIABLES} variables.",
        )
    found: list[Source] = []
    for mask in range(2 ** len(names) - 1):
        z = [name for place, name in enumerate(names) if mask >> place & 1]
        found.append(Source(P([name for name in names if name not in z], (), z)))
    return tuple(found)
