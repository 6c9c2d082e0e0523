"""What is said of a set of covariates: it serves for adjustment, or this is what spoils it.

Source: E. Perković, J. Textor, M. Kalisch and M. Maathuis (JMLR 2018): the three parts of the generalised
adjustment criterion, each of which can be what fails.

>>> bool(Valid(("Z",)))
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whence.identification.separation import Path

Spoiler = Literal["not amenable", "latent variable", "forbidden variable", "selection", "open path"]


@dataclass(frozen=True, slots=True)
class Valid:
    """The set serves for adjustment; true in a condition."""

    adjust: tuple[str, ...]

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The set does not serve, and what spoils it; false in a condition.

    `reason` says whether the class of graphs is not amenable (no set serves in each of its members;
    `variable` is the treatment whose edge is to blame), `variable` is hidden or forbidden (on a causal path
    or descending from one), selection itself biases the effect, or the non-causal `path` is open.
    `some_set_serves` tells an unlucky set from a graph where none serves.
    """

    adjust: tuple[str, ...]
    reason: Spoiler
    message: str
    some_set_serves: bool
    variable: str | None = None
    path: Path | None = None

    def __bool__(self) -> bool:
        return False
