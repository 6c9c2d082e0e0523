"""What was given to identify from, read and checked: sources as values, probabilities or text.

Without any, all observed variables are taken as seen together.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y")])
>>> [str(source) for source in sources_from(["P(X, Z)", P("Y", do="X")], g)]
['P(X, Z)', 'P(Y | do(X))']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, islice

from whence.identification.projection import latent_projection
from whence.identification.sources.regimes import projected_source
from whence.language.expression import P
from whence.language.graph import Graph
from whence.language.printing import name_text, to_text, value_text
from whence.language.query_text import query as read_query
from whence.language.source import POLICY, Source, starred
from whence.runtime.errors import InvalidQuery, RepeatedVariable, TreatmentIsOutcome

Given = str | P | Source

MOST_CHOICES = 1 << 6
"""How many choices among the sources are tried at most where all together yield nothing."""


def sources_from(given: Given | Iterable[Given] | None, graph: Graph) -> tuple[Source, ...]:
    """The sources; none for None, which stands for everything observed at once.

    Raises `InvalidQuery` for an empty list and for what is no distribution, `QuerySyntax` for text that
    cannot be read, `UnknownVariable`, `RepeatedVariable` and `TreatmentIsOutcome` for its names.
    """
    if given is None:
        return ()
    listed = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    if not listed:
        raise InvalidQuery(
            "Nothing is given, so nothing can be identified.",
            "Name a distribution, such as P(X, Y | do(Z)), or leave `given` out for all that is observed.",
        )
    found = tuple(map(source_of, listed))
    for source in found:
        _check(source, graph)
    _check_records(found)
    return found


def some_of(sources: tuple[Source, ...]) -> Iterator[tuple[Source, ...]]:
    """Choices among the sources, fewest first: those that leave some out, and no more than `MOST_CHOICES`."""
    choices = (each for size in range(1, len(sources)) for each in combinations(sources, size))
    return islice(choices, MOST_CHOICES)


def source_of(given: Given) -> Source:
    """What is given, as a source; raises `InvalidQuery` for what is no distribution."""
    if isinstance(given, Source):
        return given
    body = read_query(given).body if isinstance(given, str) else given
    if isinstance(body, P) and not any(term.world for term in body.terms):
        return Source(body)
    told = to_text(body) if isinstance(body, P) else str(given)
    raise InvalidQuery(f"{told} is no distribution to be given.", "Give one such as P(X, Y | do(Z)).")


def _check(source: Source, graph: Graph) -> None:
    """Raise for a source that does not fit the graph."""
    atom, records = source.distribution, {starred(name): name for name, _ in source.proxies}
    if not atom.of:
        raise InvalidQuery("A given distribution is of nothing.", "Say of which variables.")
    if any(term.world for term in atom.terms):
        raise InvalidQuery(f"{source} speaks of other worlds.", "What is given was seen, or done and seen.")
    names = [term.name for term in atom.terms]
    for name in (*names, *source.differs, *(name for pair in source.proxies for name in pair)):
        _observed(records.get(name, name), graph)
    for term in atom.do:
        if any(term.name == other.name for other in atom.of):
            raise TreatmentIsOutcome(term.name)
    for name in names:
        if names.count(name) > 1 or (name in records and records[name] in names):
            raise RepeatedVariable(name)
    if source.population == POLICY:
        raise InvalidQuery(
            f'"{POLICY}" names the population where policies of yours are in force.',
            "Name the source's population otherwise, or ask with `identify_policy`.",
        )
    if source.differs and not source.population:
        raise InvalidQuery(
            f"{name_text(source.differs[0])} is said to differ, but not where.",
            "Name the population of the source, as in P@trial(Y | do(X)).",
        )
    for term in atom.of:
        if term.value is not None:
            name = name_text(term.name)
            raise InvalidQuery(
                f"{source} has {name} at a value before the bar.",
                f"Put {name}={value_text(term.value)} behind the bar, or leave the value out.",
            )
    _check_proxies(source, graph, names)


def _check_proxies(source: Source, graph: Graph, names: list[str]) -> None:
    """Raise for a record without its indicator, or with the name of a variable."""
    for name, seen in source.proxies:
        if starred(name) in graph.nodes:
            raise InvalidQuery(
                f"{name_text(starred(name))} would be both a variable and the record of {name_text(name)}.",
                "Give the variable another name.",
            )
        if starred(name) in names and seen not in names:
            raise InvalidQuery(
                f"The record {name_text(starred(name))} is given without its indicator {name_text(seen)}.",
                f"Give both, or condition on {name_text(seen)}=1.",
            )


def _check_records(sources: Iterable[Source]) -> None:
    """A record means one thing: where its indicator is 1, and not where another is."""
    known: dict[tuple[str, str], str] = {}
    for source in sources:
        for name, seen in source.proxies:
            other = known.setdefault((source.population, name), seen)
            if other != seen:
                raise InvalidQuery(
                    f"{name_text(name)} has two indicators, {name_text(other)} and {name_text(seen)}.",
                    "Give a variable that may be missing one indicator in each population.",
                )


def _observed(name: str, graph: Graph) -> None:
    graph.number(name)
    if name in graph.latent:
        raise InvalidQuery(
            f"{name_text(name)} is latent, so no distribution of it can be given.",
            "Take it off the latent variables, or give a distribution of the others.",
        )


def as_known(
    observed: Graph, sources: tuple[Source, ...], asked: Iterable[str]
) -> tuple[Graph, tuple[Source, ...]]:
    """The projection on what a source or the question mentions, and the sources in it.

    `observed` is a graph without latent nodes.
    """
    mentioned = {*asked}
    for source in sources:
        stars = {starred(name): name for name, _ in source.proxies}
        mentioned |= {stars.get(term.name, term.name) for term in source.distribution.terms}
        mentioned |= {name for pair in source.proxies for name in pair}
    hidden = frozenset(observed.nodes) - mentioned
    if not sources or not hidden:
        return observed, sources
    part = latent_projection(replace(observed, latent=hidden))
    return part, tuple(projected_source(observed, part, source) for source in sources)
