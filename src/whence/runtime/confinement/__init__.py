"""Confinement of untrusted work: code that a language model wrote, files that somebody uploaded.

`Nursery` keeps a warm pool of processes that have irrevocably given up everything but computing, one folder
of their own and one socket to the host; `take` hands one out in about a millisecond. `probe.probe` makes
some two hundred attempts to break out and reports which got through: on a Linux with Landlock, none.

    nursery = Nursery("package.module:serve", source=…, preload=("json", "numpy"))
    with nursery.take() as worker:           # runs package.module.serve(socket, scratch) in there
        worker.socket.sendall(b"…")
    from whence.runtime.confinement.probe import probe
    print(probe(nursery).escaped)

| to                                       | see                                            |
|------------------------------------------|------------------------------------------------|
| hand out workers, and end them           | `Nursery`, `nursery_for`, `Nursling`           |
| say what they may read and use           | `Policy`, `python_paths`                       |
| know how strong it is here               | `probe.probe`, `attempted`, `Strength`         |
| confine the process one is in            | `restrict` (`landlock`, `seccomp`, `limits`, …) |
| read or lengthen the list of attempts    | `whence.runtime.confinement.escapes`           |

Everything is made of the kernel's own means through `ctypes`; where they are missing (`NotConfinable`),
nothing untrusted is run. Not covered: faults of the kernel itself, what timing tells, and the sum of a
worker's files on disk, which the host has to watch (`Nursling.scratch_bytes`). On 64-bit ARM it is
untested.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.runtime.confinement.nursery import Nursery, nursery_for
    from whence.runtime.confinement.nursling import Nursling
    from whence.runtime.confinement.policy import NotConfinable, NurseryFailed, Policy, python_paths
    from whence.runtime.confinement.probe import Strength, attempted

_WHERE = {
    "Nursery": "nursery",
    "nursery_for": "nursery",
    "Nursling": "nursling",
    "NotConfinable": "policy",
    "NurseryFailed": "policy",
    "Policy": "policy",
    "python_paths": "policy",
    "Strength": "probe",
    "attempted": "probe",
}

__all__ = [
    "NotConfinable",
    "Nursery",
    "NurseryFailed",
    "Nursling",
    "Policy",
    "Strength",
    "attempted",
    "nursery_for",
    "python_paths",
]


def __getattr__(name: str) -> object:
    # Loaded when first used: what runs inside a worker has no business loading the host's side.
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
