"""The graph as a picture to take away: one SVG file that stands alone, light or dark."""

from __future__ import annotations

from collections.abc import Mapping

from whence.language.layout_plan import Layout
from whence.language.svg import draw
from whence.studio.drawing.places import places, played
from whence.studio.reasoning.reading import Reading


def graph_svg(
    reading: Reading,
    pins: Mapping[str, tuple[float, float]] | None = None,
    *,
    title: str = "Causal graph",
    previous: Layout | None = None,
) -> str:
    """The drawing with its legend; where nothing was moved by hand, groups are framed as in a report.

    >>> from whence.language.graph import Edge, Graph
    >>> graph_svg(Reading(Graph.of((), [Edge("X", "Y")]), "unasked", ""))[:4]
    '<svg'
    """
    plan = places(reading, pins, previous) if pins else None
    return draw(reading.graph, played(reading), strands=reading.strands, title=title, plan=plan)
