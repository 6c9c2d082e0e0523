"""How much of the machine a confined worker may use, by the kernel's own limits for one process.

Memory is limited by `RLIMIT_DATA`, which counts what the process can write and nobody shares (heap, arrays,
the stacks of threads), and not by the size of its address space: a document of many gigabytes that is mapped
read-only costs nothing and must fit. (setrlimit(2).)
"""

from __future__ import annotations

from pathlib import Path

from whence.runtime.confinement.policy import Policy

MEGABYTE = 1 << 20
MAIN_STACK = 8 * MEGABYTE


def limit(policy: Policy, *, others: int) -> None:
    """Set the limits on this process, the hard ones too, so that they cannot be raised again.

    The limit on threads counts all that the user has, those of `others` too.
    """
    import resource  # noqa: PLC0415 - there is none on Windows, where this module can be imported all the same

    wanted = {
        "RLIMIT_DATA": policy.memory_mb * MEGABYTE,
        "RLIMIT_FSIZE": policy.file_mb * MEGABYTE,
        "RLIMIT_NOFILE": policy.open_files,
        "RLIMIT_STACK": MAIN_STACK,
        "RLIMIT_NPROC": policy.threads + others,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_NICE": 0,
        "RLIMIT_RTPRIO": 0,
        "RLIMIT_SIGPENDING": 64,
    }
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if isinstance(kind, int):
            _, most = resource.getrlimit(kind)
            lowest = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (lowest, lowest))


def threads_there_are() -> int:
    """Count the threads of the whole machine; 0 where it does not show (without /proc, as in namespaces)."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].split("/")[1])
    except (OSError, ValueError, IndexError):
        return 0
