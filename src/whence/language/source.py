"""What is at hand: a distribution, of which variables, under what, and in which population.

An observational study is `Source(P(("X", "Y")))`; an experiment that sets X is `Source(P("Y", do="X"))`; one
made elsewhere names its population, and which mechanisms may differ between there and here. Where values are
missing, the distribution is of proxies: `x*` is x where its indicator is 1, and missing elsewhere.

Sources: E. Bareinboim and J. Pearl, "Causal inference and the data-fusion problem" (PNAS 2016), for
populations; K. Mohan and J. Pearl, "Graphical models for processing missing data" (JASA 2021), for proxies.

>>> trial = Source(P("Y", do="X", population="trial"), differs=("Z",))
>>> str(trial)
'P@trial(Y | do(X)), where the mechanism of Z may differ'
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.language.expression import P
from whence.language.printing import name_text, to_text

POLICY = "policy"
"""The population in which policies of our own are in force: P@policy(X | Z) is how X is decided there."""


@dataclass(frozen=True, slots=True)
class Source:
    """A distribution that is known, or that data can be had for.

    `distribution` is P(of | given, do); its terms are open, but for conditions at a value, such as selection.
    `differs` are the variables whose mechanism may be another in its population than in the one that the
    question is about; a hidden cause differs only where all that it acts on is among them. `proxies` pairs
    each variable that may be missing with its indicator, which is 1 where the variable was recorded; the
    distribution then mentions the starred name.
    """

    distribution: P
    differs: tuple[str, ...] = ()
    proxies: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        names = (self.differs,) if isinstance(self.differs, str) else self.differs
        object.__setattr__(self, "differs", tuple(sorted(names)))
        object.__setattr__(self, "proxies", tuple(sorted(self.proxies)))

    @property
    def population(self) -> str:
        """Where it is from; empty for the population that the question is about."""
        return self.distribution.population

    def __str__(self) -> str:
        text = to_text(self.distribution)
        if self.differs:
            text += f", where the mechanism of {', '.join(map(name_text, self.differs))} may differ"
        if self.proxies:
            pairs = (f"{name_text(name)} where {name_text(seen)}=1" for name, seen in self.proxies)
            text += f", recorded: {', '.join(pairs)}"
        return text


def starred(name: str) -> str:
    """The name of the proxy of a variable that may be missing."""
    return f"{name}*"
