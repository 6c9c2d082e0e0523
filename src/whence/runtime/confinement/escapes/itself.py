"""Attempts of a worker on itself: to loosen what holds it, and to find what the host left lying about in
it.
"""

from __future__ import annotations

import ctypes
import gc
import inspect
import mmap
import os

from whence.runtime.confinement.escapes.attempt import Group, Targets, reached
from whence.runtime.confinement.kernel import call_number
from whence.runtime.confinement.syscalls import machine

itself = Group("the worker itself")

OPEN_FILES = 7  # RLIMIT_NOFILE
KNOWN_NAMES = {"PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "TZ", "LC_CTYPE"}
HOST_KINDS = {"Nursery", "Nursling", "Line", "Zygote", "Child", "Setup", "Secret"}


@itself
def become_dumpable(_: Targets) -> str | None:
    return reached("prctl", 4, 1, 0, 0, 0)


@itself
def be_traced_by_anybody(_: Targets) -> str | None:
    return reached("prctl", 0x59616D61, -1, 0, 0, 0)


@itself
def keep_capabilities(_: Targets) -> str | None:
    return reached("prctl", 8, 1, 0, 0, 0)


itself.reaches("replace the filter", "prctl", 22, 9_999, 0, 0, 0)
itself.reaches("add another filter", "seccomp", 1, 0, None)
itself.reaches("make another fence", "landlock_create_ruleset", None, 0, 1)
itself.reaches("put up another fence", "landlock_restrict_self", -1, 0)
itself.reaches("set capabilities", "capset", None, None)
itself.reaches("drop its groups", "setgroups", 0, None)


@itself
def become_another_user(_: Targets) -> str:
    os.setresuid(-1, os.getuid(), -1)
    return "the user could be set"


@itself
def become_another_group(_: Targets) -> str:
    os.setresgid(-1, os.getgid(), -1)
    return "the group could be set"


@itself
def have_capabilities(_: Targets) -> str | None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    reached("capget", ctypes.byref(header), ctypes.byref(data))
    held = data[0] | data[1] | data[3] | data[4]
    return f"capabilities {held:#x}" if held else None


@itself
def set_its_limits(_: Targets) -> str | None:
    limits = (ctypes.c_uint64 * 2)()
    reached("prlimit64", 0, OPEN_FILES, None, ctypes.byref(limits))
    return reached("prlimit64", 0, OPEN_FILES, ctypes.byref(limits), None)


@itself
def find_a_secret_in_the_environment(_: Targets) -> str | None:
    more = set(os.environ) - KNOWN_NAMES
    return f"the variables {', '.join(sorted(more))}" if more else None


@itself
def find_descriptors_that_were_left_open(_: Targets) -> str | None:
    found: list[int] = []
    for descriptor in range(3, 1_024):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    # One is the worker's own socket.
    return f"descriptors {found}" if len(found) > 1 else None


@itself
def find_standard_streams_that_lead_somewhere(_: Targets) -> str | None:
    nothing = os.stat("/dev/null").st_rdev  # noqa: PTH116
    leading = [number for number in (0, 1, 2) if os.fstat(number).st_rdev != nothing]
    return f"descriptors {leading}" if leading else None


@itself
def find_objects_of_the_host_on_the_heap(_: Targets) -> str | None:
    gc.unfreeze()
    found = {type(each).__name__ for each in gc.get_objects() if _kind(each) in HOST_KINDS}
    return f"objects: {', '.join(sorted(found))}" if found else None


def _kind(each: object) -> str:
    module = getattr(type(each), "__module__", "")
    return type(each).__name__ if isinstance(module, str) and module.startswith("whence.") else ""


@itself
def find_variables_of_the_host_up_the_stack(_: Targets) -> str | None:
    frame = inspect.currentframe()
    while frame is not None:
        kinds = {_kind(value) for value in list(frame.f_locals.values())} & HOST_KINDS
        if kinds:
            return f"{', '.join(kinds)} in {frame.f_code.co_name}"
        frame = frame.f_back
    return None


@itself
def call_in_the_manner_of_x32(_: Targets) -> str:
    return f"process {call_number(0x40000000 + 39)}"


@itself.deadly
def call_in_the_manner_of_32_bits(_: Targets) -> str:
    if machine() != "x86_64":
        raise OSError(38, "not this processor")
    # mov eax, 20 (getpid); int 0x80; ret
    code = bytes.fromhex("b814000000cd80c3")
    page = mmap.mmap(-1, 4_096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    page.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return f"process {function()}"
