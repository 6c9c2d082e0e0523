"""A region of a page: an element with an id that is sent anew when what it shows has changed.

>>> Region("hello", ("world", 1), lambda: '<p id="hello">world</p>').html()
'<p id="hello">world</p>'
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True, slots=True)
class Region:
    """`id` of the element; `key`, a value that tells what it shows (same key, same HTML); and its HTML.

    `html` gives the whole element, with that id; it is called only when the key is new to a reader. A region
    that is `late` comes a frame after the others: it is large, and looked at least.
    """

    id: str
    key: Hashable
    html: Callable[[], str]
    late: bool = False


@dataclass(slots=True)
class Board:
    """The regions of a page as they are now, made once for however many read it.

    `made` gives them, `version` a number that grows whenever they may have changed.
    """

    made: Callable[[], Sequence[Region]]
    version: Callable[[], int]
    _now: dict[str, Region] = field(default_factory=dict[str, Region])
    _at: int = -1

    def regions(self) -> Sequence[Region]:
        """The regions; one whose key is what it was is not rendered again."""
        version = self.version()
        if version != self._at:
            self._now = {each.id: self._kept(each) for each in self.made()}
            self._at = version
        return tuple(self._now.values())

    def _kept(self, region: Region) -> Region:
        before = self._now.get(region.id)
        if before is not None and before.key == region.key:
            return before
        return Region(region.id, region.key, cache(region.html), region.late)
