"""Attempts on the kernel's rarer interfaces, each with arguments that cannot succeed.

Whether one is reachable shows in the error: a filter refuses (EPERM), a kernel that looks at the call
complains about the arguments. Where the call would be allowed nothing happens either: no file system has no
name, no machine restarts without the right words.
"""

from __future__ import annotations

import importlib
import os
import socket
from types import ModuleType

from whence.runtime.confinement.escapes.attempt import Group, Targets

kernel = Group("kernel interfaces")

NONE = b"/there/is/none"
BAD_FLAGS = 0xFFFF0000

kernel.reaches("mount a file system", "mount", None, None, None, 0, None)
kernel.reaches("unmount a file system", "umount2", NONE, 0)
kernel.reaches("change the root folder", "chroot", NONE)
kernel.reaches("exchange the root folder", "pivot_root", NONE, NONE)
kernel.reaches("open a file system", "fsopen", NONE, BAD_FLAGS)
kernel.reaches("open a mount", "open_tree", -1, NONE, BAD_FLAGS)
kernel.reaches("move a mount", "move_mount", -1, b"", -1, b"", BAD_FLAGS)
kernel.reaches("leave a namespace", "unshare", 0)
kernel.reaches("enter a namespace", "setns", -1, 0)
kernel.reaches("load a program into the kernel", "bpf", 9_999, None, 0)
kernel.reaches("watch the processor", "perf_event_open", None, 0, -1, -1, 0)
kernel.reaches("look at the keys of the kernel", "keyctl", 9_999, 0, 0, 0, 0)
kernel.reaches("give the kernel a key", "add_key", None, None, None, 0, 0)
kernel.reaches("ask the kernel for a key", "request_key", None, None, None, 0)
kernel.reaches("handle page faults", "userfaultfd", BAD_FLAGS)
kernel.reaches("queue work for the kernel", "io_uring_setup", 0, None)
kernel.reaches("load another kernel", "kexec_load", 0, 0, None, 0xFFFFFFFF)
kernel.reaches("load a module", "init_module", None, 0, None)
kernel.reaches("load a module from a file", "finit_module", -1, None, 0)
kernel.reaches("remove a module", "delete_module", b"there_is_none", 0o4000)
kernel.reaches("restart the machine", "reboot", 0, 0, 0, None)
kernel.reaches("swap to a file", "swapon", NONE, BAD_FLAGS)
kernel.reaches("stop swapping to a file", "swapoff", NONE)
kernel.reaches("rename the machine", "sethostname", None, -1)
kernel.reaches("rename the domain of the machine", "setdomainname", None, -1)
kernel.reaches("set the time", "settimeofday", None, None)
kernel.reaches("set a clock", "clock_settime", 9_999, None)
kernel.reaches("adjust the clock", "adjtimex", None)
kernel.reaches("open the ports of devices", "iopl", 99)
kernel.reaches("open a port of a device", "ioperm", 0xFFFFFFFF, 1, 0)
kernel.reaches("change the table of segments", "modify_ldt", 0, None, 0)
kernel.reaches("change the segments of the thread", "arch_prctl", 0x9999, 0)
kernel.reaches("set quotas", "quotactl", -1, NONE, 0, None)
kernel.reaches("keep accounts of processes", "acct", NONE)
kernel.reaches("watch all files", "fanotify_init", 0xFFFFFFFF, 0)
kernel.reaches("watch a folder", "inotify_init1", BAD_FLAGS)
kernel.reaches("read the log of the kernel", "syslog", 10, None, 0)
kernel.reaches("become another kind of process", "personality", 0xFFFFFFFF)
kernel.reaches("place memory", "set_mempolicy", 0, None, 0)
kernel.reaches("move pages between pipes", "splice", -1, None, -1, None, 1, 0)
kernel.reaches("give pages to a pipe", "vmsplice", -1, None, 0, 0)
kernel.reaches("double a pipe", "tee", -1, -1, 1, 0)
kernel.reaches("take signals from a file", "signalfd4", -1, None, 8, 0)
kernel.reaches("make a timer that is a file", "timerfd_create", 9_999, 0)
kernel.reaches("set the priority of all processes", "setpriority", 9_999, 0, 0)
kernel.reaches("run in real time", "sched_setscheduler", 0, 9_999, None)


def _fcntl() -> ModuleType:
    # There is none on Windows, where this module can be imported all the same.
    return importlib.import_module("fcntl")


@kernel
def type_into_a_terminal(_: Targets) -> str:
    try:
        _fcntl().ioctl(0, 0x5412, b"x")
    except OSError as error:
        if not isinstance(error, PermissionError):
            return "the kernel looked for a terminal"
        raise
    return "a character typed"


@kernel
def ask_a_socket_for_network_cards(_: Targets) -> str:
    one, other = socket.socketpair()
    try:
        _fcntl().ioctl(one, 0x8912, bytes(16))
    except OSError as error:
        if not isinstance(error, PermissionError):
            return "the kernel looked for network cards"
        raise
    finally:
        one.close()
        other.close()
    return "a list of network cards"


@kernel
def enlarge_a_pipe(_: Targets) -> str:
    # A megabyte of the kernel's own memory each.
    one, other = os.pipe()
    try:
        return f"{_fcntl().fcntl(one, 1031, 1 << 20):,} bytes"
    finally:
        os.close(one)
        os.close(other)
