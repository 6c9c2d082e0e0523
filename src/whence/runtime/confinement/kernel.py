"""System calls that the standard library has no function for, made through the C library.

>>> call("getpid") == __import__("os").getpid()
True
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable
from typing import cast

from whence.runtime.confinement.syscalls import number


@functools.cache
def library() -> ctypes.CDLL:
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object, named: str | None = None) -> int:
    """Make the system call `name`; raises OSError as the functions of `os` do, naming `named` if given."""
    code = number(name)
    if code is None or sys.platform != "linux":
        raise OSError(38, f"there is no system call {name} here")
    return _made(code, arguments, named or name)


def call_number(code: int, *arguments: object) -> int:
    """Make the system call with this number."""
    return _made(code, arguments, f"call {code}")


def _made(code: int, arguments: tuple[object, ...], name: str) -> int:
    syscall = cast("Callable[..., int]", _syscall())
    # Plain numbers would be passed as 32-bit integers.
    wide = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    result = syscall(ctypes.c_long(code), *wide)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), name)
    return result


@functools.cache
def _syscall() -> object:
    function = library().syscall
    function.restype = ctypes.c_long
    return function


PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 39, 47


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """Change something about this process (prctl(2))."""
    return call("prctl", option, first, second, 0, 0)
