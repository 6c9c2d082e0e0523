"""What a process lays down before it runs anything untrusted: privileges, and being looked into.

Capabilities (the pieces of root's power), the way to get them back by starting a program, being debugged or
dumped by others of the same user, and living on when its parent dies. (capabilities(7), prctl(2).)
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import signal

from whence.runtime.confinement.kernel import (
    PR_CAP_AMBIENT,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    call,
    prctl,
)

CAPABILITIES = 64
VERSION_3 = 0x20080522
CLEAR_ALL = 4


def lay_down() -> None:
    """Give up every capability, and for good; become undumpable."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(CAPABILITIES):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno == errno.EINVAL:  # beyond the last one
                break
            # Without CAP_SETPCAP the bounding set stays, and with no_new_privs it means nothing.
    try:
        prctl(PR_CAP_AMBIENT, CLEAR_ALL)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    prctl(PR_SET_DUMPABLE, 0)


def count_alone() -> bool:
    """Where this is root, take a real user number of its own, by which the kernel counts threads.

    The kernel limits nobody's threads who is really root. What may be read goes by the effective user, which
    stays. False where this is not root, or may not do so.
    """
    if os.geteuid() != 0:
        return False
    chance = secrets.randbelow(1 << 24)
    # The second is for containers in which no more than 65,536 users exist.
    for user in (0x60000000 + chance, 40_000 + chance % 20_000):
        with contextlib.suppress(OSError):
            os.setresuid(user, -1, -1)
            return True
    return False


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent`, its parent, ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it ended before we asked
