"""Check a formula for a linear effect, or a proof that there is none, without trusting who made it.

Each equation of a step must follow from the graph: its source must be clean of the target's error, and of
the causes that the step does not speak of. That the formula never divides by what is always zero, and that
it gives the effect, is then checked exactly in random models of the graph in fractions: one model in which a
determinant is not zero proves that it is not zero in general. A refusal must show two models of the graph
with the same covariances and different effects.

Sources: C. Brito and J. Pearl (UAI 2002); R. Foygel, J. Draisma and M. Drton (2012); J. Schwartz (1980).

>>> from whence.language.graph import Edge
>>> from whence.language.linear import Equation
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> step = LinearStep("Y", ("X",), (Equation("Z"),))
>>> len(verify_linear(LinearEstimand(g, "X", "Y", "direct", (step,))))
1
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from random import Random

from whence.identification.verification.world import NONE, World, project
from whence.language.covariance import Covariances
from whence.language.graph import Graph
from whence.language.linear import Equation, LinearEstimand, LinearModel, LinearStep, NotIdentifiedLinearly
from whence.runtime.errors import ProofRejected, WhenceError

MODELS = 3
"""How many random models a formula must be right in."""

DRAWS = 12
"""How many are drawn before a denominator counts as zero always."""

Arrow = tuple[str, str]


def verify_linear(
    certificate: LinearEstimand | NotIdentifiedLinearly, graph: Graph | None = None
) -> tuple[LinearStep, ...]:
    """The steps, each checked against `graph` (by default that of the certificate); none for a refusal.

    Raises `ProofRejected` with what is wrong.
    """
    about = graph or certificate.graph
    project(about)
    if about is None:
        raise ProofRejected("graph", "there is none")
    if isinstance(certificate, NotIdentifiedLinearly):
        _check_models(certificate, about)
        return ()
    ends = {certificate.cause, certificate.effect}
    _demand(len(ends) == 2 and ends <= set(about.observed), "effect", "it is not of two observed variables")
    _demand(certificate.kind in ("direct", "total"), "effect", "it is neither direct nor total")
    left_out = frozenset(certificate.left_out)
    _demand(not left_out & ends and left_out <= set(about.observed), "effect", "it is left out itself")
    _demand(
        certificate.kind == "total" or not left_out, "effect", "a direct effect changes when one is left out"
    )
    hidden = about.latent | left_out
    world = project(Graph.of(about.nodes, about.edges, latent=hidden, kind=about.kind))
    settled: set[Arrow] = set()
    for step in certificate.steps:
        _check_step(step, world, settled)
        settled |= {(cause, step.target) for cause in step.unknowns}
    for part in certificate.parts:
        alike = part.cause == certificate.cause and part.kind == "total" and part.effect != certificate.effect
        _demand(alike, "effect", "a part is no total effect of the same cause")
        verify_linear(part, about)
    _check_effect(certificate, world, settled)
    _check_numbers(certificate, about)
    return certificate.steps


def _demand(holds: bool, rule: str, reason: str) -> None:
    if not holds:
        raise ProofRejected(rule, reason)


def _check_step(step: LinearStep, world: World, settled: set[Arrow]) -> None:
    rule = f"coefficients of {step.target}"
    _demand(step.target in world.names, rule, "the target is not observed")
    causes = world.parents[step.target]
    found, known = frozenset(step.unknowns), frozenset(step.known)
    _demand(bool(found) and not found & known and found | known <= causes, rule, "these are not its causes")
    _demand(len(found) == len(step.unknowns) == len(step.equations), rule, "equations and unknowns differ")
    before = {cause for cause, target in settled if target == step.target}
    _demand(known <= before, rule, "a coefficient is used before it is found")
    for equation in step.equations:
        names = {equation.source, *equation.given, *equation.less}
        _demand(names <= world.names, rule, "an equation speaks of what is not observed")
        _check_equation(equation, step.target, world, settled)
        for cause in causes - found - known:
            apart = uncorrelated(equation, cause, world)
            _demand(apart, rule, f"{equation.source} is correlated with {cause}, which is left out")


def _check_equation(equation: Equation, target: str, world: World, settled: set[Arrow]) -> None:
    rule, source = f"equation of {equation.source} for {target}", equation.source
    given, less = frozenset(equation.given), frozenset(equation.less)
    _demand(
        len(given) == len(equation.given) and len(less) == len(equation.less), rule, "a name stands twice"
    )
    if given:
        _demand(not less, rule, "it both takes off and conditions")
        after = world.below(frozenset((target,)))
        _demand(not after & (given | {source}), rule, "it uses what comes after the target")
        parents = {v: NONE if v == target else found for v, found in world.parents.items()}
        parted = World(parents, world.spouses).separated(frozenset((source,)), frozenset((target,)), given)
        _demand(parted, rule, "the source is not separated from the target's error")
        return
    _demand(source != target and source not in world.spouses[target], rule, "the errors are correlated")
    taken = all((cause, source) in settled for cause in less) and less <= world.parents[source]
    _demand(taken, rule, "an effect is taken off that was not found")
    moved = world.below(frozenset((target,)) | world.spouses[target])
    _demand(not (world.parents[source] - less) & moved, rule, "the target's error reaches the source")


def uncorrelated(equation: Equation, name: str, world: World) -> bool:
    """Whether the source of an equation, less what is taken off it, has no trek to a variable."""
    source, other, given = frozenset((equation.source,)), frozenset((name,)), frozenset(equation.given)
    if given or not equation.less:
        return name in given or world.separated(source, other, given)
    if name in world.below(source | world.spouses[equation.source]):
        return False
    rest = world.parents[equation.source] - frozenset(equation.less)
    return all(world.separated(frozenset((cause,)), other) for cause in rest)


def _check_effect(certificate: LinearEstimand, world: World, settled: set[Arrow]) -> None:
    """That what the steps found is what the effect consists of."""
    x, y, kind = certificate.cause, certificate.effect, certificate.kind
    above = world.above(frozenset((y,)))
    causal = world.below(frozenset((x,))) & above
    if not certificate.steps:
        none = x not in (causal if kind == "total" else world.parents[y])
        _demand(none and not certificate.totals and not certificate.parts, "no path", "there is one")
        return
    if kind == "direct":
        alone = not certificate.totals and not certificate.parts
        _demand((x, y) in settled and alone, "effect", "its coefficient was not found")
        return
    stated = {total.effect: total.causes for total in certificate.totals}
    _demand(len(stated) == len(certificate.totals), "effect", "a total effect is stated twice")
    parts = {part.effect for part in certificate.parts}
    needed, seen = [y], {x, *parts}
    while needed:
        v = needed.pop()
        causes = stated.get(v, ())
        right = frozenset(causes) == world.parents[v] & causal and len(set(causes)) == len(causes)
        _demand(right, "effect", f"the causal paths to {v} are not those added up")
        _demand(all((p, v) in settled for p in causes), "effect", f"a coefficient of {v} was not found")
        needed += [p for p in causes if p not in seen]
        seen |= set(causes)
    _check_order([total.effect for total in certificate.totals], world)


def _check_order(names: list[str], world: World) -> None:
    place = {v: number for number, v in enumerate(names)}
    ordered = all(place[p] < place[v] for v in names for p in world.parents[v] & place.keys())
    _demand(ordered, "effect", "a total effect is used before it is found")


def _check_numbers(certificate: LinearEstimand, graph: Graph) -> None:
    """The formula gives the effect, exactly, in random models of the graph."""
    chance, right = Random(0), 0  # noqa: S311 - models to try a formula on
    observed = set(graph.observed)
    for _ in range(DRAWS):
        model = _random_model(graph, chance)
        truth = _effect_in(model, certificate.cause, certificate.effect, certificate.kind, observed)
        try:
            value = certificate.value(_seen(model.covariances, graph.observed))
        except (KeyError, WhenceError):
            continue
        _demand(value == truth, "formula", "it is wrong in a model of the graph")
        right += 1
        if right == MODELS:
            return
    raise ProofRejected("formula", "it divides by what is zero in all models tried")


def _random_model(graph: Graph, chance: Random) -> LinearModel:
    def draw() -> Fraction:
        return Fraction(chance.choice((-1, 1)) * chance.randint(1, 97))

    arrows = [(edge.source, edge.target, draw()) for edge in graph.edges if edge.mark == "->"]
    shared = [(edge.source, edge.target, draw()) for edge in graph.edges if edge.mark == "<->"]
    alone = [
        (v, v, abs(draw()) + sum((abs(size) for a, b, size in shared if v in (a, b)), Fraction(0)))
        for v in graph.nodes
    ]
    order = tuple(graph.nodes[node] for node in graph.order)
    return LinearModel(order, tuple(arrows), (*shared, *alone))


def _effect_in(model: LinearModel, x: str, y: str, kind: str, observed: set[str]) -> Fraction:
    """The true effect; a direct one is what goes from x to y through hidden variables alone."""
    if kind == "total":
        return model.effect(x, y, "total")
    stops = observed - {y}
    kept = tuple(each for each in model.coefficients if each[1] not in stops)
    return LinearModel(model.names, kept, model.errors).effect(x, y, "total")


def _seen(joint: Covariances, names: Iterable[str]) -> Covariances:
    kept = tuple(names)
    places = [joint.place(name) for name in kept]
    return Covariances(kept, tuple(tuple(joint.rows[i][j] for j in places) for i in places))


def _check_models(refusal: NotIdentifiedLinearly, graph: Graph) -> None:
    """Two models of the graph, equal in what is seen and different in the effect."""
    rule = "two models"
    if refusal.models is None:
        raise ProofRejected(rule, "there are none")
    first, second = refusal.models
    _demand(refusal.asked in ("direct", "total"), rule, "the effect is neither direct nor total")
    _demand({refusal.cause, refusal.effect} <= set(graph.observed), rule, "the effect is of what is hidden")
    _demand(_joins_pairs(graph), rule, "a hidden variable does more than join two others")
    world = project(graph)
    for model in refusal.models:
        _check_model(model, world)
    same = _seen(first.covariances, graph.observed) == _seen(second.covariances, graph.observed)
    _demand(same, rule, "their covariances differ")
    effects = {model.effect(refusal.cause, refusal.effect, refusal.asked) for model in refusal.models}
    _demand(len(effects) == 2, rule, "their effects agree")


def _check_model(model: LinearModel, world: World) -> None:
    rule, place = "two models", {v: number for number, v in enumerate(model.names)}
    _demand(place.keys() == world.names and len(place) == len(model.names), rule, "variables are missing")
    arrows = [(cause, target) for cause, target, _ in model.coefficients]
    right = all(a in world.parents.get(b, NONE) and place[a] < place[b] for a, b in arrows)
    _demand(right and len(set(arrows)) == len(arrows), rule, "a coefficient has no arrow in the graph")
    pairs = [frozenset((a, b)) for a, b, _ in model.errors]
    shared = all(b in world.spouses.get(a, NONE) | {a} and a in world.names for a, b, _ in model.errors)
    _demand(shared and len(set(pairs)) == len(pairs), rule, "errors are correlated without a hidden cause")
    # A dominant diagonal: each correlation can be that of a hidden cause of its own, with room to spare.
    for v in world.names:
        alone = sum((size for a, b, size in model.errors if a == b == v), Fraction(0))
        others = sum((abs(size) for a, b, size in model.errors if a != b and v in (a, b)), Fraction(0))
        _demand(alone > others, rule, f"the error of {v} has too little variance of its own")


def _joins_pairs(graph: Graph) -> bool:
    """Whether every hidden variable is a cause of at most two observed ones, and nothing else."""
    for v in graph.latent:
        touching = [edge for edge in graph.edges if v in (edge.source, edge.target)]
        plain = all(edge.mark == "->" and edge.source == v for edge in touching)
        if not plain or len(touching) > 2 or any(edge.target in graph.latent for edge in touching):
            return False
    return True
