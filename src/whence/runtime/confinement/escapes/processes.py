"""Attempts to start programs and processes, to signal others, and to look into their memory."""

from __future__ import annotations

import ctypes
import importlib
import os
import subprocess
from pathlib import Path

from whence.runtime.confinement.escapes.attempt import Group, Targets, reached

processes = Group("processes")
signals = Group("signals")
memory = Group("memory of others")

TRUE = "/usr/bin/true"
NEW_USER, SHARED_FOLDER, SHARED_HANDLERS = 0x10000000, 0x200, 0x800


@processes
def run_a_command_in_the_shell(_: Targets) -> str | None:
    run = getattr(os, "system")  # noqa: B009 - the plain way, which checkers of types call outdated
    return "a shell" if run("true") == 0 else None


@processes
def run_a_program(_: Targets) -> str:
    subprocess.run([TRUE], check=False)  # noqa: S603
    return "a program"


@processes
def spawn_a_program(_: Targets) -> str:
    os.waitpid(os.posix_spawn(TRUE, [TRUE], {}), 0)
    return "a program"


@processes
def become_a_program(_: Targets) -> str:
    try:
        os.execv("/there/is/no/such/program", ["program"])  # noqa: S606
    except FileNotFoundError:
        return "the kernel looked for the program"


@processes
def fork(_: Targets) -> str:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "a child"


@processes
def fork_with_a_terminal(_: Targets) -> str:
    child, terminal = os.forkpty()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    os.close(terminal)
    return "a child with a terminal"


@processes
def leave_the_session(_: Targets) -> str:
    try:
        os.setsid()
    except PermissionError:
        # A leader may not; so may not one who is refused, but then groups cannot be asked about either.
        os.setpgid(0, 0)
    return "a session of its own"


processes.reaches("clone a process", "clone", SHARED_HANDLERS, 0, 0, 0, 0)
processes.reaches("clone into a new user namespace", "clone", NEW_USER | SHARED_FOLDER, 0, 0, 0, 0)
processes.reaches("clone in the new way", "clone3", None, 0)
processes.reaches("become a program by descriptor", "execveat", -1, b"none", None, None, 0)
processes.reaches("make a file in memory to be run", "memfd_create", b"program", 0xFFFF0000)
processes.reaches("make a secret file in memory", "memfd_secret", 0xFFFF)
processes.reaches("wait for children", "waitid", 0, 0, None, 4, None)


# ── signals ─────────────────────────────────────────────────────────────────────────────────────────────────
# Signal 0 is none: it only asks whether one could be sent.


@signals
def signal_the_host(targets: Targets) -> str:
    os.kill(targets.host, 0)
    return "the host can be signalled"


@signals
def signal_the_parent(_: Targets) -> str:
    os.kill(os.getppid(), 0)
    return "the parent can be signalled"


@signals
def signal_everybody(_: Targets) -> str:
    os.kill(-1, 0)
    return "everybody can be signalled"


@signals
def signal_the_group(_: Targets) -> str:
    os.kill(0, 0)
    return "the group can be signalled"


@signals
def signal_a_thread_of_the_parent(_: Targets) -> str | None:
    return reached("tgkill", os.getppid(), os.getppid(), 0)


@signals
def signal_a_thread_of_the_parent_in_the_old_way(_: Targets) -> str | None:
    return reached("tkill", os.getppid(), 0)


@signals
def hold_a_handle_of_the_host(targets: Targets) -> str:
    os.close(os.pidfd_open(targets.host))
    return "a handle of the host"


@signals
def hold_a_handle_of_the_parent(_: Targets) -> str:
    os.close(os.pidfd_open(os.getppid()))
    return "a handle of the parent"


@signals
def have_the_kernel_signal_the_parent(_: Targets) -> str:
    fcntl = importlib.import_module("fcntl")
    one, other = os.pipe()
    try:
        fcntl.fcntl(one, fcntl.F_SETOWN, os.getppid())
    finally:
        os.close(one)
        os.close(other)
    return "the parent would get a signal"


signals.reaches("signal by handle", "pidfd_send_signal", -1, 0, None, 0)


@signals
def outlive_the_parent(_: Targets) -> str | None:
    return reached("prctl", 1, 0, 0, 0, 0)


# ── memory of others ────────────────────────────────────────────────────────────────────────────────────────


@memory
def trace_the_parent(_: Targets) -> str | None:
    return reached("ptrace", 2, os.getppid(), 0, 0)


@memory
def trace_the_host(targets: Targets) -> str | None:
    return reached("ptrace", 2, targets.host, 0, 0)


def _vectors() -> tuple[object, object]:
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    return ctypes.byref(local), ctypes.byref((ctypes.c_uint64 * 2)(0, 8))


@memory
def read_the_memory_of_the_parent(_: Targets) -> str | None:
    local, remote = _vectors()
    return reached("process_vm_readv", os.getppid(), local, 1, remote, 1, 0)


@memory
def read_the_memory_of_the_host(targets: Targets) -> str | None:
    local, remote = _vectors()
    return reached("process_vm_readv", targets.host, local, 1, remote, 1, 0)


@memory
def write_the_memory_of_the_parent(_: Targets) -> str | None:
    return reached("process_vm_writev", os.getppid(), None, 0, None, 0, 0)


@memory
def open_the_memory_of_the_parent(_: Targets) -> str:
    os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY))
    return "the parent's memory, open"


@memory
def open_the_memory_of_the_host(targets: Targets) -> str:
    os.close(os.open(f"/proc/{targets.host}/mem", os.O_RDONLY))
    return "the host's memory, open"


@memory
def open_the_own_memory(_: Targets) -> str:
    os.close(os.open("/proc/self/mem", os.O_RDWR))
    return "its memory as a file, where write protection does not count"


@memory
def list_what_the_host_has_open(targets: Targets) -> str:
    return f"{len(list(Path(f'/proc/{targets.host}/fd').iterdir()))} descriptors"


@memory
def compare_files_with_the_parent(_: Targets) -> str | None:
    return reached("kcmp", os.getppid(), os.getppid(), 0, 0, 0)


memory.reaches("take a descriptor of another", "pidfd_getfd", -1, 0, 0)
memory.reaches("move pages of another", "move_pages", 1, 0, None, None, None, 0xFFFF)
memory.reaches("migrate pages of another", "migrate_pages", 1, 0xFFFFFFFF, None, None)
memory.reaches("share memory by key", "shmget", 0x57484E43, 0, 0)
memory.reaches("use a message queue by key", "msgget", 0x57484E43, 0)
memory.reaches("use a semaphore by key", "semget", 0x57484E43, 0, 0)
memory.reaches("use a message queue by name", "mq_open", b"there-is-none", 0, 0, None)


@memory
def read_the_limits_of_the_host(targets: Targets) -> str | None:
    return reached("prlimit64", targets.host, 7, None, ctypes.byref((ctypes.c_uint64 * 2)()))
