"""How much of the machine a confined worker may use, by the kernel's own limits for one process.

Memory is limited by `RLIMIT_DATA`, which counts what the process can write and nobody shares (heap, arrays,
the stacks of threads), and not by the size of its address space: a document of many gigabytes that is mapped
read-only costs nothing and must fit. But what the kernel takes for a stack does not count there (`mremap` can
make the first thread's as large as one likes), nor do the tables that map pages, so there is a wide limit on
the address space too, which `settle` draws in once the documents are mapped. (setrlimit(2).)
"""

from __future__ import annotations

from pathlib import Path

from whence.runtime.confinement.policy import Policy

MEGABYTE = 1 << 20
MAIN_STACK = 8 * MEGABYTE
MAPPABLE = 1 << 38  # bytes: enough for any document; the tables for it take half a gigabyte
ELBOW_ROOM = 1 << 32  # bytes of addresses for libraries, and for stacks and heaps of threads, used or not


def limit(policy: Policy, *, others: int) -> None:
    """Set the limits on this process, the hard ones too, so that they cannot be raised again.

    The limit on threads counts all that the user has, those of `others` too.
    """
    import resource  # noqa: PLC0415 - there is none on Windows, where this module can be imported all the same

    wanted = {
        "RLIMIT_DATA": policy.memory_mb * MEGABYTE,
        "RLIMIT_AS": policy.memory_mb * MEGABYTE + MAPPABLE,
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


def settle(memory_mb: int, mapped: int) -> None:
    """Draw in the limit on the address space, in a worker that has mapped what it works on (`mapped` bytes).

    Nothing happens where there is no limit: then nothing confines this process.
    """
    import resource  # noqa: PLC0415

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_mb * MEGABYTE + ELBOW_ROOM + mapped
    if most != resource.RLIM_INFINITY and wanted < most:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))


def threads_there_are() -> int:
    """Count the threads of the whole machine; 0 where it does not show (without /proc, as in namespaces)."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].split("/")[1])
    except (OSError, ValueError, IndexError):
        return 0
