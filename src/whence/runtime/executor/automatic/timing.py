"""How long an item takes, as far as the items that were done can tell.

>>> timing = Timing()
>>> timing.note(1.0, 1)  # the first item loads what all others find loaded
>>> timing.likely, timing.surely
(1.0, 0.0)
>>> timing.note(0.03, 3)
>>> round(timing.likely, 6), round(timing.surely, 6)
(0.01, 0.01)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Timing:
    """Seconds of the first item, or a guess at it; of all others; and of one of the latest ones."""

    first: float | None = None
    rest: float = 0.0
    items: int = 0
    latest: float = 0.0

    def note(self, seconds: float, items: int) -> None:
        """So many items took so long."""
        if self.first is None and items == 1:
            self.first = seconds
            return
        self.rest += seconds
        self.items += items
        self.latest = seconds / items

    @property
    def likely(self) -> float:
        """Seconds that an item will take, as it seems; of two answers the longer."""
        return max(self.rest / self.items, self.latest) if self.items else self.first or 0.0

    @property
    def surely(self) -> float:
        """Seconds that an item will take, where one must not be wrong: 0 until two were seen."""
        return min(self.rest / self.items, self.latest) if self.items > 1 else 0.0
