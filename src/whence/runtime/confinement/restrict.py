"""The way into confinement: what a fresh child does to itself before it runs anything untrusted, irrevocably.

The order matters. Limits and privileges come first, since later steps forbid setting them; then Landlock,
which needs files opened; the filter of system calls comes last and forbids all that went before.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from whence.runtime.confinement import landlock, limits, privileges, seccomp
from whence.runtime.confinement.policy import Policy

DEVICES = ("/dev/null",)


def restrict(policy: Policy, scratch: str, *, readable: Sequence[str]) -> None:
    """Confine this process to computing, to reading beneath `readable`, and to its folder `scratch`.

    Raises OSError if a step fails; then nothing untrusted may run.
    """
    os.umask(0o077)
    alone = privileges.count_alone()
    limits.limit(policy, others=0 if alone else limits.threads_there_are())
    privileges.lay_down()
    if landlock.version():
        landlock.fence(readable, scratch, DEVICES)
    seccomp.install()


def layers() -> tuple[str, ...]:
    """What `restrict` puts in place on this kernel."""
    known = landlock.version()
    fence = (f"landlock {known}",) if known else ()
    return (*fence, "seccomp", "rlimits", "no capabilities")
