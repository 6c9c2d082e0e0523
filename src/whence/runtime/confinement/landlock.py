"""Which files this process may touch, by Landlock: a fence that any process may put around itself for good.

What is fenced off is named first (every access to files that the running kernel can fence, TCP, and
reaching out to processes outside by abstract sockets or signals), then what is allowed in spite of it. The
kernel's version of the interface says what it can fence; the fence is as high as it gets. Landlock does not
hide that a file exists, its name, size and times: those are for the namespaces to hide. (Mickaël Salaün,
Landlock LSM, Linux 5.13; Documentation/userspace-api/landlock.rst.)
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Iterable
from pathlib import Path

from whence.runtime.confinement.kernel import call

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
REFER, TRUNCATE = 1 << 13, 1 << 14

READ = READ_FILE | READ_DIR
OWN = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

# How many rights each version knows: files (the lowest bits), TCP (bind, connect), scopes (sockets, signals).
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NETWORK, SCOPES = 0b11, 0b11
NETWORK_SINCE, SCOPES_SINCE = 4, 6


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scoped")]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


@functools.cache
def version() -> int:
    """Give the version of the kernel's interface; 0 if it has none."""
    try:
        return call("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def fence(readable: Iterable[str], own: str, devices: Iterable[str] = ()) -> None:
    """Allow reading beneath `readable`, everything in the folder `own`, reading and writing `devices`.

    Irrevocable. Needs `no_new_privs`. Paths that are not there are passed over.
    """
    known = version()
    rights = (1 << FILE_RIGHTS.get(known, 16)) - 1
    # A kernel reads as much of the structure as it knows, and refuses a longer one.
    if known < NETWORK_SINCE:
        size = 8
    elif known < SCOPES_SINCE:
        size = 16
    else:
        size = 24
    wanted = _Ruleset(rights, NETWORK, SCOPES)
    ruleset = call("landlock_create_ruleset", ctypes.byref(wanted), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, READ & rights)
        for path in devices:
            _allow(ruleset, path, (READ_FILE | WRITE_FILE) & rights)
        if not _allow(ruleset, own, OWN & rights):
            raise FileNotFoundError(own)
        call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> bool:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not Path(path).is_dir():
            rights &= OF_FILES
        call("landlock_add_rule", ruleset, 1, ctypes.byref(_Beneath(rights, folder)), 0)
    finally:
        os.close(folder)
    return True
