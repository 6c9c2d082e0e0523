"""Draws for the generators: one stream per name, the same on every machine and in every Python.

>>> chance("count", 8000, 3).randrange(1000) == chance("count", 8000, 3).randrange(1000)
True
"""

from __future__ import annotations

import random


def chance(*path: object) -> random.Random:
    """A stream of its own for what is named by `path`; Python hashes text seeds with SHA-512."""
    return random.Random("/".join(map(str, path)))  # noqa: S311 - made-up texts, no secrets
