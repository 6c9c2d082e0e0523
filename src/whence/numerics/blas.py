"""One BLAS thread in every kernel: sums and solves differ in the last bits between one thread and two.

Parallelism comes from our own blocks and tasks instead, whose order of adding up is fixed.

>>> import numpy as np
>>> with one_thread():
...     float(np.eye(2).sum())
2.0
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numpy as np
from threadpoolctl import OpenBLASController, ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

from whence.runtime.held import HeldTogether

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from whence.numerics.arrays import Floats

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Library:
    """A loaded library with threads of its own: what it does ("blas", "openmp"), and who brought it.

    `threads` is what it would use outside of our kernels; inside of them it uses one.
    """

    does: str
    name: str
    version: str | None
    threads: int
    brought_by: str


def libraries() -> tuple[Library, ...]:
    """The BLAS and OpenMP libraries that are loaded now; import what brings them first."""
    known = cast("list[dict[str, Any]]", ThreadpoolController().info())
    return tuple(
        Library(
            info["user_api"],
            info["internal_api"],
            info["version"],
            info["num_threads"],
            _bringer(Path(info["filepath"])),
        )
        for info in known
    )


def _bringer(file: Path) -> str:
    """The package whose wheel holds a library (`numpy.libs`, `scikit_learn.libs`), or "system"."""
    folders = [part for part in file.parts if part.endswith((".libs", ".dylibs"))]
    return folders[-1].split(".")[0].replace("_", "-") if folders else "system"


@lru_cache(maxsize=1)
def _controller(_modules: int) -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def _blas_limited() -> Generator[None]:
    # Looking for the loaded libraries takes milliseconds, so it is done anew only after further imports.
    blas = _controller(len(sys.modules)).select(user_api="blas")  # pyright: ignore[reportUnknownMemberType]
    _take_control()
    with blas.limit(limits=1):  # pyright: ignore[reportUnknownMemberType]
        try:
            yield
        finally:
            _take_control()


def _take_control() -> None:
    """Let this very thread set the number of OpenBLAS's threads.

    In newer versions of threadpoolctl (3.8) only the thread that set it first may set it, and others silently
    do nothing: kernels in another thread would run with as many threads as there are, and give other bits,
    and the last of several to leave could not put back what the first had found.
    """
    clear: Callable[..., None] | None = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


_one_thread = HeldTogether(_blas_limited)


@contextmanager
def one_thread() -> Generator[None]:
    """Run the block with one BLAS thread; the old setting returns when the last of its users leaves."""
    with _one_thread.held():
        yield


@contextmanager
def one_openmp_thread() -> Generator[None]:
    """Run the block with one thread in BLAS and in the OpenMP loops that this very thread starts.

    BLAS has one setting for the process, OpenMP one for each thread that calls it; scikit-learn uses both.
    Import it before the block, or its OpenMP is not found.
    """
    openmp = _controller(len(sys.modules)).select(user_api="openmp")  # pyright: ignore[reportUnknownMemberType]
    with _one_thread.held(), openmp.limit(limits=1):  # pyright: ignore[reportUnknownMemberType]
        yield


def product(left: Floats, right: Floats) -> Floats:
    """Left times right, of matrices or a matrix and a vector, without holding the interpreter's lock.

    numpy's `@` keeps the lock where the *result* is small, however many rows it sums (seen in numpy 2.4):
    two threads that take X'X of blocks of a million numbers then gain nothing. `np.dot` lets go of it.
    """
    return cast("Floats", np.dot(left, right))


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function a kernel: it runs inside `one_thread`."""

    @wraps(function)
    def alone(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with _one_thread.held():
            return function(*args, **kwargs)

    return alone
