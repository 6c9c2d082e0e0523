"""All that a confined worker must not be able to do, each as an attempt that is made to find out.

Confinement is judged by what happens, not by what was asked of the kernel: `ATTEMPTS` are run inside a
worker by `whence.runtime.confinement.probe` and by the tests.

>>> len(ATTEMPTS) >= 70
True
"""

from __future__ import annotations

from whence.runtime.confinement.escapes.attempt import Attempt, Targets, tried
from whence.runtime.confinement.escapes.files import files
from whence.runtime.confinement.escapes.itself import itself
from whence.runtime.confinement.escapes.kernel_calls import kernel
from whence.runtime.confinement.escapes.network import network
from whence.runtime.confinement.escapes.processes import memory, processes, signals
from whence.runtime.confinement.escapes.resources import resources

__all__ = ["ATTEMPTS", "BY_NAME", "Attempt", "Targets", "tried"]

_GROUPS = (files, processes, network, signals, kernel, memory, itself, resources)

ATTEMPTS: tuple[Attempt, ...] = tuple(attempt for group in _GROUPS for attempt in group.attempts)
BY_NAME: dict[str, Attempt] = {attempt.name: attempt for attempt in ATTEMPTS}
