"""What the figures mean, in three sentences: a myth about the GIL, its magic, and what many cores are for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from whence.cli.doctor.work import WORK

if TYPE_CHECKING:
    from whence.cli.doctor.checkup import Checkup

MULTICORE: Final = (
    "Whence times the first items, takes what pays, and stays with one core where nothing does. "
    "What comes out is the same, to the last bit."
)

LITTLE: Final = 1.3
"""A gain below this is called none."""


def meaning(found: Checkup) -> tuple[tuple[str, str], ...]:
    """Each word of the title, and its sentence."""
    return (("Myth", _myth(found)), ("Magic", _magic(found)), ("Multicore", MULTICORE))


def _gain(found: Checkup, key: str, backend: str) -> float | None:
    for each in found.work:
        if each.key == key and backend in each.gains:
            return each.gains[backend].middle
    return None


def _myth(found: Checkup) -> str:
    threads = {key: gain for key in ("numpy", "trees") if (gain := _gain(found, key, "threads")) is not None}
    helped = [f"{WORK[key].name} {gain:.1f}×" for key, gain in threads.items() if gain >= LITTLE]
    if helped:
        return f'"Python cannot use several cores." On threads: {", ".join(helped)}.'
    return '"Threads always help." Here they did not: the cores may be taken, or the work too small.'


def _magic(found: Checkup) -> str:
    threads = _gain(found, "python", "threads") or 1.0
    if not found.gil:
        return f"The lock is off: pure Python gains {threads:.1f}× on threads, with nothing sent anywhere."
    others = {
        name: gain
        for name in ("interpreters", "processes")
        if (gain := _gain(found, "python", name)) is not None
    }
    best = max(others, key=lambda name: others[name], default="processes")
    return (
        f"None, under the lock: pure Python gets {threads:.1f}× from threads, "
        f"and {others.get(best, 1.0):.1f}× from {best}."
    )
