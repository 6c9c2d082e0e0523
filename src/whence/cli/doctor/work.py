"""The kinds of work that the doctor measures: one of each that causal questions are made of.

Every item depends on its number alone and comes out as bytes, so that one after the other, on threads and on
processes, the same must come out. Worker processes import this module, so the libraries of a kind are loaded
when it is first done.

>>> WORK["python"].task(1) == WORK["python"].task(1)
True
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from whence.runtime.executor import Kind
from whence.runtime.machine.pulse import Pulse, lane, pulse

if TYPE_CHECKING:
    from whence.language.graph import Graph
    from whence.numerics.arrays import Floats, Integers

VARIABLES: Final = 14
ROWS: Final = 50_000
COLUMNS: Final = 10
REPLICATES: Final = 8
TREE_ROWS: Final = 100_000
FIT_ROWS: Final = 300
COUNTED_ROWS: Final = 500_000
LEVELS: Final = 12
NAP: Final = 0.02

OF_THE_DOCTOR: Final = "doctor: "
"""How the names of the doctor's own stages begin."""


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """Work of one kind: how it is called, what it does, how a task of it declares itself, what it needs.

    `extensions` is whether it needs extension modules, which interpreters of their own do not take.
    """

    name: str
    does: str
    kind: Kind
    task: Callable[[int], bytes]
    needs: tuple[str, ...] = ()
    extensions: bool = True

    @property
    def there(self) -> bool:
        """Whether what it needs is installed."""
        return all(find_spec(module) is not None for module in self.needs)


@dataclass(frozen=True, slots=True)
class Trace:
    """What an item left behind: a digest of its result, and the pulse of whoever did it before and after."""

    digest: str
    lane: str
    before: Pulse
    after: Pulse


@dataclass(frozen=True, slots=True)
class Traced:
    """A task that does an item of a kind of work and keeps its trace; can be sent anywhere."""

    key: str

    def __call__(self, item: int) -> Trace:
        """Do item `item`."""
        before = pulse()
        result = WORK[self.key].task(item)
        after = pulse()
        return Trace(sha256(result).hexdigest(), lane(), before, after)


def nothing(item: int) -> int:
    """The least that a task can do: what it costs is the handing over."""
    return item


def arithmetic(item: int) -> int:
    """A task that needs numpy and our kernels, and does nothing with them: what starting a worker costs."""
    import numpy as np

    from whence.numerics.blocks import gram

    return item + int(gram(np.zeros((1, 1)))[0, 0])


# ── the kinds ───────────────────────────────────────────────────────────────────────────────────────────────


def identification(item: int) -> bytes:
    """Is an effect identified in a graph with hidden confounders? Sets and recursion, in Python alone."""
    from whence.identification.identify import identify
    from whence.language.query import effect

    return repr(identify(effect("v2", f"v{VARIABLES - 1}"), _graph(item % 8))).encode()


@lru_cache(maxsize=8)
def _graph(number: int) -> Graph:
    import random

    from whence.language.graph_text import graph

    chance = random.Random(number)  # noqa: S311 - not for secrets
    names = [f"v{place}" for place in range(VARIABLES)]
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    arrows = [f"{a} -> {b}" for a, b in pairs if chance.random() < 0.3]
    hidden = [f"{a} <-> {b}" for a, b in pairs if chance.random() < 0.12]
    return graph("; ".join([*names, *arrows, *hidden]))


def bootstrap(item: int) -> bytes:
    """Replicates of a regression: rows drawn again, normal equations, solved. In numpy, with one thread."""
    import numpy as np

    from whence.numerics.blocks import cross, gram
    from whence.numerics.random import generator
    from whence.runtime.seeds import as_seed

    design, outcome = _rows(ROWS, COLUMNS)
    found: list[bytes] = []
    for replicate in range(REPLICATES):
        drawn = generator(as_seed(0).child(item).child(replicate)).integers(ROWS, size=ROWS)
        again = design.take(drawn, axis=0)
        found.append(np.linalg.solve(gram(again), cross(again, outcome[drawn])).tobytes())
    return b"".join(found)


def boosted(item: int) -> bytes:
    """A boosted fit with one OpenMP thread: compiled loops that release the lock."""
    from whence.numerics.blas import one_openmp_thread

    design, outcome = _rows(TREE_ROWS, COLUMNS)
    with one_openmp_thread():
        trees = _sklearn("ensemble").HistGradientBoostingRegressor(
            max_iter=12, max_leaf_nodes=15, random_state=0
        )
        return trees.fit(design, outcome + design[:, item % COLUMNS]).predict(design).tobytes()


def small_fits(item: int) -> bytes:
    """A few fits on few rows: most of the time is spent around the arithmetic, in Python."""
    from whence.numerics.blas import one_openmp_thread

    design, outcome = _rows(FIT_ROWS, COLUMNS)
    with one_openmp_thread():
        model = _sklearn("linear_model").LogisticRegression
        fits = [model(C=0.1 + 0.1 * (item % 7) + part).fit(design, outcome > 0) for part in range(6)]
    return b"".join(fit.coef_.tobytes() for fit in fits)


def counting(item: int) -> bytes:
    """Rows counted into cells by a compiled loop that releases the lock."""
    from whence.numerics.kernels.counting import by_numba

    return by_numba(_codes(item % 4), (LEVELS,) * 3).tobytes()


@lru_cache(maxsize=4)
def _codes(number: int) -> tuple[Integers, ...]:
    from whence.numerics.random import generator
    from whence.runtime.seeds import as_seed

    chance = generator(as_seed(number))
    return tuple(chance.integers(LEVELS, size=COUNTED_ROWS) for _ in range(3))


def waiting(item: int) -> bytes:
    """Wait, as for a database or a language model."""
    time.sleep(NAP)
    return str(item).encode()


def _sklearn(part: str) -> Any:  # noqa: ANN401 - a library without types
    return import_module(f"sklearn.{part}")


@lru_cache(maxsize=4)
def _rows(rows: int, columns: int) -> tuple[Floats, Floats]:
    from whence.numerics.random import generator
    from whence.runtime.seeds import as_seed

    chance = generator(as_seed(rows))
    design = chance.standard_normal((rows, columns))
    return design, design @ chance.standard_normal(columns) + chance.standard_normal(rows)


WORK: Final[dict[str, KindOfWork]] = {
    "python": KindOfWork("pure Python", f"{VARIABLES} nodes", "python", identification, extensions=False),
    "numpy": KindOfWork("bootstrap in numpy", f"{REPLICATES} × {ROWS:,}", "gil_free", bootstrap),
    "trees": KindOfWork("boosted trees", f"12 × {TREE_ROWS:,}", "gil_free", boosted, ("sklearn",)),
    "fits": KindOfWork("small sklearn fits", f"6 × {FIT_ROWS} rows", "python", small_fits, ("sklearn",)),
    "numba": KindOfWork("counting in numba", f"{COUNTED_ROWS:,} rows", "gil_free", counting, ("numba",)),
    "waiting": KindOfWork("waiting", "as for a server", "io", waiting, extensions=False),
}
"""By key, in the order in which they are shown."""
