"""Where the variables of an edited graph stand: as the layout has them, but pins are kept and nothing jumps.

In the editor every variable stands by itself (no frames), so that each can be dragged. `previous` is what was
drawn before: whatever need not move stays.

>>> from whence.language.graph import Edge, Graph
>>> reading = Reading(Graph.of((), [Edge("X", "Y")]), "unasked", "")
>>> [node.name for node in places(reading, {"Y": (40.0, 200.0)}).nodes]
['X', 'Y']
"""

from __future__ import annotations

from collections.abc import Mapping

from whence.language.layout import layout
from whence.language.layout_plan import Layout
from whence.language.roles import Role, roles
from whence.studio.reasoning.reading import Reading


def played(reading: Reading) -> Mapping[str, Role]:
    """The role of each variable; without a question, what the graph alone tells."""
    return roles(reading.graph) if reading.roles is None else reading.roles


def places(
    reading: Reading, pins: Mapping[str, tuple[float, float]], previous: Layout | None = None
) -> Layout:
    """The layout of the editor; given its own result as `previous`, it gives that again."""
    return layout(reading.graph, played(reading), framed=False, previous=previous, pins=pins)
