"""Good cells made bad, as models do it: what a harness has to survive.

>>> from whence.rlm.tasks.chance import chance
>>> sorted(MISTAKES) == sorted(set(MISTAKES))
True
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whence.testing.simulated.harness import Dialect, finishing, spoken

if TYPE_CHECKING:
    import random

RATE = 0.4
MISTAKES = ("syntax", "fence", "bare", "silent", "premature", "split", "prose", "undefined")


def mutated(dialect: Dialect, thought: str, code: str, draw: random.Random) -> str:
    """The reply with one mistake, or, more often than not, without."""
    if draw.random() >= RATE:
        return spoken(dialect, thought, code)
    mistake = draw.choice(MISTAKES)
    if mistake == "syntax":
        return spoken(dialect, thought, code.replace(")", "", 1))
    if mistake == "fence":
        return spoken(dialect, thought, code, fence=draw.choice(("python", "py", "Python3", "code")))
    if mistake == "bare":
        return spoken(dialect, thought, code, fence="")
    if mistake == "silent":
        return spoken(dialect, thought, re.sub(r"^print\(.*\)$", "pass", code, flags=re.MULTILINE))
    if mistake == "premature":
        return spoken(dialect, thought, finishing(dialect, '"I will work this out next"'))
    if mistake == "split":
        return spoken(dialect, thought, re.sub(r"^size = \d+", "size = 1", code, flags=re.MULTILINE))
    if mistake == "undefined":
        return spoken(dialect, thought, f"print(undefined_name)\n{code}")
    return "I would first look at the context, then split it into parts and count. The answer is FINAL(42)."
