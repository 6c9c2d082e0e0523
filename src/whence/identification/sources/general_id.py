"""General identification: an effect from several distributions, observed, of experiments, here or elsewhere.

P(Y | do X) is a sum over the kernel Q[D] of D, the ancestors of Y once X is set, and Q[D] is the product of
the kernels of its districts. Each district may come from another source: from any P(W | do Z) that sets none
of it, in whose population none of its mechanisms may differ, and whose kernels lead down to it (`kernels`).
Where a district can be had from no source, the hedges that bar it in each form a thicket.

Complete where every source measures all that it does not set: then the effect is determined only if each
district can be had from a single source. With narrower sources it is sound, and `Thicket.complete` is False.

Sources: S. Lee, J. Correa and E. Bareinboim, "General identifiability with arbitrary surrogate experiments"
(UAI 2019) and "General transportability: synthesizing observations and experiments from heterogeneous
domains" (AAAI 2020); Y. Kivva, E. Mokhtarian, J. Etesami and N. Kiyavash, "Revisiting the general
identifiability problem" (UAI 2022); Y. Kivva, J. Etesami and N. Kiyavash, "On identifiability of conditional
causal effects" (UAI 2023). Special cases: E. Bareinboim and J. Pearl, "Causal inference by surrogate
experiments: z-identifiability" (UAI 2012) and "Transportability from multiple environments with limited
experiments: completeness results" (NIPS 2014).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("Z", "X", "<->"), Edge("Z", "Y", "<->")])
>>> given = (Source(P(("X", "Y"), do="Z")),)
>>> step = identify_from(g, g.mask("X"), g.mask("Y"), 0, given)
>>> [each.rule for each in step.walk()]
['ancestral', 'c-factor', 'average', 'effect']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from whence.identification.id_algorithm import effect_of_kernel, product_of_districts
from whence.identification.idc import among_those_seen, seen_again, settable, with_settable
from whence.identification.kernels import Ancestral, ancestral_set, averaged, district_kernel
from whence.identification.kinship import ancestors, districts
from whence.identification.sources.regimes import At, observational
from whence.language.estimand import Fact, Step
from whence.language.expression import Expression, Kernel, P, children
from whence.language.graph import Graph, union
from whence.language.refusals import Hedge
from whence.language.source import Source


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a district cannot be had from a source: one of these is not empty.

    `sets` are those of it that the source sets, `differs` those whose mechanism may be another there,
    `unmeasured` those that have an unmeasured ancestor or are unmeasured; otherwise there is a hedge.
    """

    source: Source
    sets: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    hedge: Hedge | None = None


@dataclass(frozen=True, slots=True)
class Thicket:
    """A district that can be had from no source, and what bars it in each.

    It is needed for the joint effect of `treatments` on `outcomes`, which is determined if and only if the
    effect asked about is. `complete` says that then no other way exists either.
    """

    district: tuple[str, ...]
    bars: tuple[Bar, ...]
    treatments: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    complete: bool = False


def identify_from(graph: Graph, x: int, y: int, w: int, given: Sequence[Source]) -> Step | Thicket:
    """The step that proves P(Y | do X, W) equal to a formula in the sources, or what bars it.

    `graph` is a DAG or ADMG without latent nodes; x, y and w are disjoint masks, y not empty. The formula's
    free variables are among them. Raises `UnknownVariable` for sources that name others than the graph.
    """
    sources = read_sources(graph, given)
    direct = _given(graph, x, y, w, sources)
    if direct is not None:
        return direct
    moved = settable(graph, x, y, w)
    done, rest = with_settable(x, w, moved)
    step = _given(graph, done, y, rest, sources)
    if step is None:
        joint = _effect_from(graph, done, y | rest, sources)
        if isinstance(joint, Thicket):
            return joint
        step = among_those_seen(graph, done, y, rest, joint)
    return seen_again(graph, x, y, w, moved, step)


def kernels_from(graph: Graph, given: Sequence[Source]) -> Callable[[int], Step | Thicket]:
    """What finds the kernel of a district in the sources: its shortest proof, or what bars it in each."""
    sources = read_sources(graph, given)

    def kernel(part: int) -> Step | Thicket:
        found = identify_kernel(graph, part, sources)
        if isinstance(found, Step):
            return found
        parents = graph.names(union(graph.parents, part) & ~part)
        return replace(found, treatments=parents, outcomes=graph.names(part))

    return kernel


def read_sources(graph: Graph, given: Iterable[Source]) -> list[At]:
    """The sources, the question's own population first; what may differ is a matter of the population."""
    sources = [At.of(graph, source) for source in given]
    differs: dict[str, int] = {}
    for at in sources:
        differs[at.source.population] = differs.get(at.source.population, 0) | at.differs
    read = [replace(at, differs=differs[at.source.population]) for at in sources]
    return sorted(read, key=lambda at: at.source.population != "")


def _given(graph: Graph, x: int, y: int, w: int, sources: Iterable[At]) -> Step | None:
    """P(Y | do X, W) read off a source that measures it as it stands."""
    for at in sources:
        atom = at.source.distribution
        open_terms = all(term.value is None for term in atom.terms)
        if atom.population or at.source.proxies or not open_terms or at.done != x:
            continue
        of, held = (graph.mask(term.name for term in part) for part in (atom.of, atom.given))
        if y & of == y and held & w == held and w & ~(of | held) == 0:
            claim = P(graph.names(y), graph.names(w), graph.names(x))
            return Step("given", claim, claim)
    return None


def _effect_from(graph: Graph, x: int, y: int, sources: Sequence[At]) -> Step | Thicket:
    """P(Y | do X) as a sum over the kernel of its ancestors."""
    target = ancestors(graph, y, graph.all & ~x)
    joint = identify_kernel(graph, target, sources)
    if isinstance(joint, Thicket):
        return replace(joint, treatments=graph.names(x), outcomes=graph.names(y))
    return effect_of_kernel(graph, x, y, target, joint)


def identify_kernel(graph: Graph, target: int, sources: Sequence[At]) -> Step | Thicket:
    """Q[target], from one source that measures it whole, or district by district; or what bars it."""
    seen = observational(sources)
    wholes = (_ancestral_kernel(graph, target, at) for at in sources)
    found = [averaged(graph, target, step, seen) for step in wholes if step is not None]
    best = min(found, key=_length, default=None)
    if best is not None and not _length(best)[0]:
        return best
    joint = _by_districts(graph, target, sources)
    if isinstance(joint, Step):
        return min((joint, *found), key=_length)
    return joint if best is None else best


def _by_districts(graph: Graph, target: int, sources: Sequence[At]) -> Step | Thicket:
    """Q[target] from the shortest kernel of each of its districts, or the first that has none."""
    seen = observational(sources)
    tops = [_widest(graph, target, at) for at in sources]
    parts: list[Step] = []
    groups = districts(graph, target)
    for group in groups:
        tried = [_kernel_from(graph, group, at, top, seen) for at, top in zip(sources, tops, strict=True)]
        steps = [step for step in tried if isinstance(step, Step)]
        if not steps:
            bars = tuple(bar for bar in tried if isinstance(bar, Bar))
            return Thicket(graph.names(group), bars, complete=all(at.whole for at in sources))
        parts.append(min(steps, key=_length))
    return parts[0] if len(parts) == 1 else product_of_districts(graph, target, groups, parts)


def _ancestral_kernel(graph: Graph, part: int, at: At) -> Step | None:
    """Q[part] = P(part | do Z), where the source measures it with all its ancestors that it does not set."""
    if not at.offers(part) or ancestors(graph, part, at.regime.known) != part:
        return None
    return _transported(graph, part, at, ancestral_set(at.regime, part).step)


def _widest(graph: Graph, target: int, at: At) -> Ancestral | None:
    """The ancestral set from which a source's districts are read where they are whole in it."""
    within = ancestors(graph, target & at.regime.known, at.regime.known)
    return ancestral_set(at.regime, within) if within else None


def _kernel_from(
    graph: Graph, part: int, at: At, top: Ancestral | None, seen: Iterable[frozenset[str]]
) -> Step | Bar:
    """Q[part] in the question's population from one source, or what bars it."""
    if top is None or not at.offers(part):
        sets, differs = part & at.done, part & at.differs
        unmeasured = part & ~at.regime.known & ~sets
        return Bar(at.source, graph.names(sets), graph.names(differs), graph.names(unmeasured))
    step = district_kernel(at.regime, part, top)
    if isinstance(step, Hedge):
        return Bar(at.source, hedge=step)
    return averaged(graph, part, _transported(graph, part, at, step), seen)


def _transported(graph: Graph, part: int, at: At, step: Step) -> Step:
    """The same kernel in the question's population, where all its mechanisms are the same."""
    if not at.source.population:
        return step
    names = graph.names(part)
    return Step("transport", Kernel(names), step.formula, (Fact("alike", names),), (step,))


def _length(step: Step) -> tuple[bool, int]:
    """The question's own population before others, then the number of parts of the formula."""
    seen: set[int] = set()
    foreign = False
    pending: list[Expression] = [step.formula]
    while pending:
        part = pending.pop()
        if id(part) not in seen:
            seen.add(id(part))
            foreign = foreign or (isinstance(part, P) and part.population != "")
            pending.extend(children(part))
    return foreign, len(seen)
