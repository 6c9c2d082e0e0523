"""The ways between treatment and outcome as a person reads them: which are open, and why, in words.

A way is open when what its one end tells can travel to the other: nothing on it is held fixed but where two
arrows meet, and there each meeting node, or something that it causes, is held fixed. The shortest few are
shown. Whatever else is cut, the shortest way that carries the effect and the shortest that lets bias through
are among them, so that no bias is hidden behind a long list.

Source: J. Pearl, *Causality* (2009), definition 1.2.3; B. van der Zander, M. Liśkiewicz and J. Textor (UAI
2014), for the graph without the effect's first edges.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> for way in ways(g, ["X"], ["Y"], ["Z"], [], shown=12).ways:
...     print(way.text, way.open, way.why)
X → Y True Open: it carries the effect.
X ← Z → Y False Blocked: Z is adjusted for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whence.identification.back_door import BackDoor
from whence.identification.separation import shortest_open_path
from whence.language.graph import Graph, bits, union
from whence.language.lettering import visible
from whence.language.roles import closure
from whence.studio.reasoning.paths import Path, Paths, paths, retraced
from whence.studio.reasoning.reading import Way
from whence.studio.reasoning.words import braces, told


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to show, how many more were found, and whether there may be others that were not looked for.

    `barrier` says, where no set of variables serves for adjustment, what stands in the way ("X ← U → Y is
    open").
    """

    ways: tuple[Way, ...] = ()
    more: int = 0
    uncounted: bool = False
    barrier: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """One effect in a DAG or ADMG with what is held fixed: adjusted for, or held as seen; in masks."""

    graph: Graph
    door: BackDoor
    adjusted: int
    seen: int

    @property
    def held(self) -> int:
        """What is held fixed in either way."""
        return self.adjusted | self.seen

    @property
    def known(self) -> int:
        """What is held fixed, and its causes."""
        return closure(self.graph.parents, self.held)

    @property
    def beyond(self) -> int:
        """What cannot be adjusted for: latent, or an effect of what is on the way from x to y."""
        return self.door.hidden | self.door.forbidden

    def open_bias(self, held: int) -> Path | None:
        """The shortest biasing path that is open when this is held, the effect's first edges taken out."""
        found = shortest_open_path(self.graph, self.door.edges, self.door.x, self.door.y, held)
        return None if found is None else retraced(self.graph, found)


def ways(
    graph: Graph,
    treatments: Sequence[str],
    outcomes: Sequence[str],
    adjusted: Sequence[str],
    seen: Sequence[str],
    *,
    shown: int,
) -> Ways:
    """The ways of a DAG or ADMG from treatments to outcomes what is held told apart"""
    x, y = graph.mask(treatments), graph.mask(outcomes)
    if not x or not y or x & y:
        return Ways()
    scene = Scene(graph, BackDoor.of(graph, x, y), graph.mask(adjusted), graph.mask(seen) & ~(x | y))
    found = paths(graph, x, y)
    barred = _barred(scene)
    chosen = _chosen(scene, found, shown)
    known = {path.edges for path in found.found}
    extra = sum(path.edges not in known for path in chosen)
    return Ways(
        tuple(_way(scene, path, f"w{number}") for number, path in enumerate(chosen, start=1)),
        max(0, len(found.found) + extra - len(chosen)),
        not found.all,
        _barrier(scene, found) if barred else "",
    )


def _barred(scene: Scene) -> bool:
    """Whether no set of variables serves for adjustment: if any does, the largest set of causes does."""
    return scene.open_bias(_largest(scene)) is not None


def _largest(scene: Scene) -> int:
    door = scene.door
    return closure(scene.graph.parents, door.x | door.y) & ~(scene.beyond | door.x | door.y)


def _chosen(scene: Scene, found: Paths, shown: int) -> tuple[Path, ...]:
    """The shortest, and among them one that carries the effect and one that lets bias through, if any do."""
    chosen = list(found.found[:shown])
    held, known = scene.held, scene.known
    bias = next((p for p in found.found if not p.causal and p.is_open(held, known)), None)
    causal = sorted((p for p in found.found if p.causal), key=lambda p: not p.is_open(held, known))
    musts = [*causal[:1], bias or scene.open_bias(held)]
    needed = [path for path in musts if path is not None]
    for path in needed:
        if all(path.edges != other.edges for other in chosen):
            # The last that is not needed itself makes room.
            spare = [other for other in chosen if all(other.edges != each.edges for each in needed)]
            if len(chosen) >= shown and spare:
                chosen.remove(spare[-1])
            chosen.append(path)
    return tuple(sorted(chosen, key=lambda path: len(path.moves)))


def _barrier(scene: Scene, found: Paths) -> str:
    """Why no set serves: a path that nothing can block, or one that adjusting for all that can be opens."""
    for path in found.found:
        if not path.causal and not path.inner(colliders=True) and not _blockable(scene, path):
            return f"{path.text(scene.graph)} is open"
    everything = _largest(scene)
    bare, opened = scene.open_bias(0), scene.open_bias(everything)
    if bare is None or opened is None or opened.is_open(0, 0):
        return "" if opened is None else f"{opened.text(scene.graph)} is open"
    names = braces(scene.graph.names(everything))
    return f"{bare.text(scene.graph)} is open, and adjusting for {names} opens {opened.text(scene.graph)}"


def _blockable(scene: Scene, path: Path) -> bool:
    return any(not scene.beyond >> node & 1 for node in path.inner(colliders=False))


def _way(scene: Scene, path: Path, name: str) -> Way:
    opened = path.is_open(scene.held, scene.known)
    graph = scene.graph
    why = f"Open: {_why_open(scene, path)}." if opened else f"Blocked{_why_blocked(scene, path)}."
    nodes = tuple(graph.nodes[node] for node in path.nodes)
    return Way(name, nodes, path.edges, path.causal, opened, path.text(graph), why)


def _names(scene: Scene, nodes: Sequence[int]) -> tuple[str, ...]:
    return tuple(scene.graph.nodes[node] for node in nodes)


def _why_blocked(scene: Scene, path: Path) -> str:
    held = [node for node in path.inner(colliders=False) if scene.held >> node & 1]
    if held:
        loss = ", which takes that part of the effect away" if path.causal else ""
        return f": {_held(scene, held)}{loss}"
    meeting = next(node for node in path.inner(colliders=True) if not scene.known >> node & 1)
    name = visible(scene.graph.nodes[meeting])
    if scene.graph.children[meeting]:
        return f" at {name}: two arrows meet there, and neither {name} nor anything it causes is held fixed"
    return f" at {name}: two arrows meet there, and it is not held fixed"


def _held(scene: Scene, nodes: Sequence[int]) -> str:
    """That these are held fixed, and in which way."""
    adjusted = [node for node in nodes if scene.adjusted >> node & 1]
    seen = [node for node in nodes if node not in adjusted]
    parts = [(adjusted, "adjusted for"), (seen, "held as seen")]
    return " and ".join(
        f"{told(_names(scene, group))} {'is' if len(group) == 1 else 'are'} {word}"
        for group, word in parts
        if group
    )


def _why_open(scene: Scene, path: Path) -> str:
    if path.causal:
        return "it carries the effect"
    reasons = [_opened(scene, node) for node in path.inner(colliders=True)]
    through = path.inner(colliders=False)
    free = [node for node in through if not scene.beyond >> node & 1]
    hidden = [node for node in through if scene.door.hidden >> node & 1]
    late = [node for node in through if scene.door.forbidden >> node & 1 and node not in hidden]
    if free:
        reasons.append(_not_adjusted(scene, free))
    elif hidden:
        was = "was not observed, so it" if len(hidden) == 1 else "were not observed, so they"
        reasons.append(f"{told(_names(scene, hidden))} {was} cannot be adjusted for")
    elif late:
        cannot = "comes after the treatment, and adjusting for it would take from the effect"
        if len(late) > 1:
            cannot = "come after the treatment, and adjusting for them would take from the effect"
        reasons.append(f"{told(_names(scene, late))} {cannot}")
    elif len(path.moves) == 1:
        a, b = (visible(scene.graph.nodes[node]) for node in path.nodes)
        both = path.moves[0].enters_by_head
        reasons.append(f"a hidden cause is shared by {a} and {b}" if both else f"{b} causes {a}")
    return ", and ".join(reasons)


def _not_adjusted(scene: Scene, nodes: Sequence[int]) -> str:
    names = _names(scene, nodes)
    if len(names) == 1:
        return f"{told(names)} is not adjusted for"
    return (
        f"neither {told(names, 'nor')} is adjusted for"
        if len(names) == 2
        else (f"none of {told(names)} is adjusted for")
    )


def _opened(scene: Scene, meeting: int) -> str:
    """What opens the way where two arrows meet: that the node is held fixed, or something that it causes."""
    name = visible(scene.graph.nodes[meeting])
    if scene.held >> meeting & 1:
        how = "adjusted for" if scene.adjusted >> meeting & 1 else "held as seen"
        return f"{name}, where two arrows meet, is {how}"
    below = closure(scene.graph.children, union(scene.graph.children, 1 << meeting)) & scene.held
    return f"two arrows meet at {name}, and {_held(scene, list(bits(below)))}, which it causes"
