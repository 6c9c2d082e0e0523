r"""Sources as regimes: which kernels each distribution at hand holds at first, and where they may be used.

A source P(W | do Z) of a population holds Q[A] = P(A | do Z) for every A among W that is closed under parents
once Z is set. A kernel of it is a kernel of the question's population if none of its variables has a
mechanism that may differ between the two. What no source and no question mentions is latent
(`given.as_known`), and `projected_source` reads a source in what is left.

Source: S. Lee, J. Correa and E. Bareinboim, "General transportability: synthesizing observations and
experiments from heterogeneous domains" (AAAI 2020).

>>> from whence.language.graph import Edge
>>> from whence.language.expression import P
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y")])
>>> lab = At.of(g, Source(P(("X", "Y"), do="Z", population="lab"), differs=("X",)))
>>> g.names(lab.regime.known), lab.offers(g.mask("X")), lab.offers(g.mask("Y"))
(('X', 'Y'), False, True)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from whence.identification.kernels import Regime
from whence.identification.kinship import descendants
from whence.language.graph import Graph, bits
from whence.language.source import Source


@dataclass(frozen=True, slots=True)
class At:
    """A source in a graph: its regime, and the masks of what it measures, sets, and may have otherwise.

    A source with conditions or proxies holds no kernel, and its regime knows nothing.
    """

    source: Source
    regime: Regime
    measured: int
    done: int
    differs: int

    @classmethod
    def of(cls, graph: Graph, source: Source) -> At:
        """Read a source; raises `UnknownVariable` for names that are not in the graph."""
        atom = source.distribution
        done = graph.mask(term.name for term in atom.do)
        differs = graph.mask(source.differs) if source.population else 0
        plain = not atom.given and not source.proxies and all(term.value is None for term in atom.terms)
        measured = graph.mask(term.name for term in atom.of) if plain else 0
        among = graph.all & ~done
        # What descends from something unmeasured that is not set is in no ancestral set of the measured.
        known = measured & ~descendants(graph, among & ~measured, among)
        regime = Regime(graph, known, graph.names(among), atom.do, source.population)
        return cls(source, regime, measured, done, differs)

    @property
    def whole(self) -> bool:
        """Whether it measures all that it does not set."""
        return self.measured == self.regime.graph.all & ~self.done

    def offers(self, part: int) -> bool:
        """Whether the kernel of `part` is one of its own and that of the question's population."""
        return not part & (self.differs | ~self.regime.known)


def projected_source(graph: Graph, part: Graph, source: Source) -> Source:
    """The source in the projection `part` of `graph`: a variable inherits what may differ in hidden causes.

    Where the mechanism of an unmeasured variable may differ, so may that of each variable that it reaches
    through unmeasured ones.
    """
    kept = graph.mask(part.nodes)
    found = graph.mask(source.differs) if source.population else 0
    pending = list(bits(found & ~kept))
    while pending:
        fresh = graph.children[pending.pop()] & ~found
        found |= fresh
        pending += bits(fresh & ~kept)
    return replace(source, differs=graph.names(found & kept))


def observational(given: Iterable[At]) -> list[frozenset[str]]:
    """Of which variables the distribution in the question's population was observed, one set per source."""
    return [
        frozenset(at.regime.graph.names(at.measured))
        for at in given
        if not at.done and not at.source.population
    ]
