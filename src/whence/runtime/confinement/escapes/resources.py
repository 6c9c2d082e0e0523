"""Attempts to use more of the machine than was granted."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import threading
from pathlib import Path

from whence.runtime.confinement.escapes.attempt import Group, Targets, reached

resources = Group("resources")

MEGABYTE = 1 << 20
CORE = 4  # RLIMIT_CORE
GROWS_DOWN = 0x100
MANY_THREADS = 5_000  # the limit, and as many again as other programs may have


@resources
def ask_for_more_memory_than_granted(targets: Targets) -> str:
    size = (targets.memory_mb + 64) * MEGABYTE
    mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    return f"{size:,} bytes"


@resources
def ask_for_shared_memory_that_no_limit_counts(_: Targets) -> str:
    mmap.mmap(-1, MEGABYTE).close()
    return "shared memory"


@resources
def ask_for_a_stack_that_no_limit_counts(_: Targets) -> str:
    mmap.mmap(-1, MEGABYTE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | GROWS_DOWN).close()
    return "a stack that grows"


@resources
def lock_memory(_: Targets) -> str:
    mmap.mmap(-1, 4_096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x2000).close()
    return "memory that is never swapped"


@resources
def stretch_a_file_beyond_the_limit(targets: Targets) -> str:
    with Path("long").open("wb") as file:
        try:
            file.truncate((targets.file_mb + 1) * MEGABYTE)
        finally:
            Path("long").unlink()
    return f"a file of {targets.file_mb + 1} MB"


@resources
def reserve_a_file_beyond_the_limit(targets: Targets) -> str:
    with Path("reserved").open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), targets.file_mb * MEGABYTE, MEGABYTE)
        finally:
            Path("reserved").unlink()
    return f"a file of {targets.file_mb + 1} MB"


@resources
def write_beyond_the_limit_of_a_file(targets: Targets) -> str:
    with Path("far").open("wb") as file:
        try:
            os.pwrite(file.fileno(), b"x", (targets.file_mb + 1) * MEGABYTE)
        finally:
            Path("far").unlink()
    return f"a file of {targets.file_mb + 1} MB"


@resources
def open_more_files_than_granted(targets: Targets) -> str | None:
    with contextlib.ExitStack() as stack:
        for _again in range(targets.open_files + 1):
            try:
                opened = os.open(".", os.O_RDONLY)
            except OSError as error:
                if error.errno == errno.EMFILE:
                    return None
                raise
            stack.callback(os.close, opened)
    return f"{targets.open_files + 1} open files"


@resources
def dump_its_memory_to_a_file(_: Targets) -> str | None:
    limits = (ctypes.c_uint64 * 2)()
    reached("prlimit64", 0, CORE, None, ctypes.byref(limits))
    most = limits[1]
    return f"a dump of up to {most} bytes" if most else None


@resources.heavy
def fill_the_memory(targets: Targets) -> str:
    held: list[bytes] = []
    step = 16
    while len(held) * step <= targets.memory_mb * 1.1:
        held.append(os.urandom(1) * (step * MEGABYTE))
    return f"{len(held) * step} MB"


@resources.heavy
def start_threads_without_end(_: Targets) -> str | None:
    threading.stack_size(64 << 10)
    finish = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _again in range(MANY_THREADS):
            thread = threading.Thread(target=finish.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        return None
    finally:
        finish.set()
    return f"{len(started):,} threads"


@resources.heavy
def fork_without_end(_: Targets) -> str:
    for _again in range(3):  # would do it for ever; three show the same
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    return "three children"
