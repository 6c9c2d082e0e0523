"""The list of system calls that a confined worker may make: what Python needs to compute, and nothing else.

It may read and write what is open, open files (which Landlock and the namespaces limit to a few folders),
make threads, wait, and talk to itself. It may not start a program or a process, open a socket, send to an
address, signal or look at another process, or reach any of the kernel's rarer interfaces. A refused call
fails with EPERM, which Python shows as PermissionError; one that is newer than our table, with ENOSYS, on
which the C library falls back to the older way. Only a call made in the manner of another processor kills.

Some arguments matter:

- Memory shared with nobody (`MAP_SHARED` without a file) and stacks that grow would not count against the
  memory limit, so they are refused.
- Opening a file read-only yet truncating it would pass Landlock before Linux 6.2.
- A pair of connected stream sockets is what asyncio wakes itself with. It is a pipe: it has no name, cannot
  be connected elsewhere (`connect` and addresses in `sendto` are refused) and carries no descriptors
  (`sendmsg` is refused), so it reaches nothing that the worker has not got already.
- Bytes out of band, and whatever else sockets can do that nobody needs, have been a way into the kernel from
  the sandboxes of browsers (CVE-2025-38236): only the usual flags pass.
- Changing modes and times of files is pretended: a filter cannot see which file is meant, Landlock does not
  guard it, and copying a file in the scratch folder should not fail over it.

(Documentation/userspace-api/seccomp_filter.rst.)
"""

from __future__ import annotations

import ctypes
import errno
import os

from whence.runtime.confinement.bpf import Among, Condition, Either, Null, Rule, program, refused
from whence.runtime.confinement.kernel import call
from whence.runtime.confinement.syscalls import AUDIT_ARCHITECTURES, FIRST_UNKNOWN, machine, number

PERMITTED = """
read write readv writev pread64 pwrite64 lseek close futex mprotect munmap mremap brk fstat newfstatat
stat lstat statx access faccessat faccessat2 readlink readlinkat creat getdents64 getdents getcwd chdir fchdir
mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 ftruncate fsync fdatasync fadvise64
preadv pwritev sendfile copy_file_range statfs fstatfs umask dup dup2 dup3 close_range pipe msync
set_robust_list get_robust_list rseq set_tid_address exit exit_group restart_syscall
rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack rt_sigpending rt_sigtimedwait rt_sigsuspend pause
getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp uname sysinfo
getrusage getrlimit sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
sched_get_priority_min getpriority getcpu clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday
time times setitimer getitimer alarm getrandom poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl
epoll_wait epoll_pwait epoll_pwait2 shutdown getsockname getpeername
"""
PRETEND = "chmod fchmod fchmodat fchmodat2 utimensat utime utimes futimesat"
# Copying a file asks for its extended attributes, and takes "there are none here" for an answer. Setting
# space aside would fill a disk faster than anybody can look; the C library then writes it out instead.
NOT_SUPPORTED = """
fallocate
setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr
lremovexattr fremovexattr
"""

FILE_FLAGS_ALLOWED = 0o2000000 | 0o4000  # close on exec, do not block
# CLONE_THREAD, CLONE_SIGHAND, CLONE_FILES, CLONE_VM; with descriptors of its own, each thread could open as
# many as a process may.
THREAD = 0x00010000 | 0x00000800 | 0x00000400 | 0x00000100
# Tracing, a parent that waits or is passed over, and every kind of new namespace.
NOT_A_THREAD = 0x2000 | 0x4000 | 0x8000 | 0x20000 | 0x80 | 0x2000000 | 0x800000 | 0x7E000000
MAP_KIND, MAP_NEUTRAL = 0x2F, 0x10 | 0x40 | 0x800 | 0x1000 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | 0x100000
MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, MAP_ANONYMOUS = 1, 2, 3, 0x20
FCNTL = (0, 1, 2, 3, 5, 6, 7, 36, 37, 38, 1030)  # duplicate, close on exec, read flags, locks
IOCTL = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
PR_NAMES = (15, 16)
ACCESS_MODE, TRUNCATE = 3, 0o1000
# Advice on memory of one's own; not to share equal pages with other processes, nor to declare pages broken.
ADVICE = (0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 102, 103)
OWN_BARRIERS = (0, 8, 16, 32, 64, 128, 256)  # those for all processes make all of them stop
SEND_FLAGS = 0x40 | 0x4000 | 0x8000  # MSG_DONTWAIT, MSG_NOSIGNAL, MSG_MORE
RECEIVE_FLAGS = 0x2 | 0x20 | 0x40 | 0x100 | 0x40000000  # PEEK, TRUNC, DONTWAIT, WAITALL, CMSG_CLOEXEC
SOCKET_OPTIONS = (1, 2, 3, 4, 7, 8, 9, 13, 20, 21, 30, 38, 39)  # what it is; not who is at its other end
LIMIT_OF_ADDRESSES = 9  # RLIMIT_AS; what is not root's any more can only lower it


def rules(process: int) -> list[Rule]:
    """Give what a worker with this process number may do; calls that the processor lacks are left out."""
    whole = 0xFFFFFFFF
    opening = (0, 1, 2, 1 | TRUNCATE, 2 | TRUNCATE)
    # On this one word the two processors differ in nothing that is used here.
    conditions: dict[str, tuple[Condition, ...]] = {
        "openat": (Among(2, opening, ACCESS_MODE | TRUNCATE),),
        "open": (Among(1, opening, ACCESS_MODE | TRUNCATE),),
        "mmap": (
            Among(
                3,
                (MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE, MAP_PRIVATE | MAP_ANONYMOUS),
                whole & ~MAP_NEUTRAL,
            ),
        ),
        "clone": (Among(0, (THREAD,), THREAD | NOT_A_THREAD),),
        "fcntl": (Among(1, FCNTL),),
        "ioctl": (Among(1, IOCTL),),
        "prctl": (Among(0, PR_NAMES),),
        "prlimit64": (Among(0, (0, process)), Either(Null(2), Among(1, (LIMIT_OF_ADDRESSES,)))),
        "madvise": (Among(2, ADVICE),),
        "membarrier": (Among(0, OWN_BARRIERS),),
        "kill": (Among(0, (process,)),),
        "tgkill": (Among(0, (process,)),),
        "pipe2": (Among(1, (0,), whole & ~FILE_FLAGS_ALLOWED),),
        "sendto": (Among(3, (0,), whole & ~SEND_FLAGS), Null(4)),
        "recvfrom": (Among(3, (0,), whole & ~RECEIVE_FLAGS),),
        "recvmsg": (Among(2, (0,), whole & ~RECEIVE_FLAGS),),
        "getsockopt": (Among(1, (1,)), Among(2, SOCKET_OPTIONS)),
        "socketpair": (Among(0, (1,)), Among(1, (1,), whole & ~FILE_FLAGS_ALLOWED), Among(2, (0,))),
    }
    verdicts = dict.fromkeys(PRETEND.split(), refused(0))
    verdicts |= dict.fromkeys(NOT_SUPPORTED.split(), refused(errno.EOPNOTSUPP))
    verdicts["clone3"] = refused(errno.ENOSYS)
    made = [_rule(name) for name in PERMITTED.split()]
    made += [_rule(name, held) for name, held in conditions.items()]
    made += [_rule(name, verdict=verdict) for name, verdict in verdicts.items()]
    return [rule for rule in made if rule is not None]


def _rule(name: str, conditions: tuple[Condition, ...] = (), verdict: int = 0x7FFF0000) -> Rule | None:
    code = number(name)
    return None if code is None else Rule(code, conditions, verdict)


SECCOMP_SET_MODE_FILTER, SECCOMP_GET_ACTION_AVAIL, TSYNC = 1, 2, 1


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def available() -> bool:
    """Whether the kernel takes filters, and we know this processor's numbers."""
    if machine() not in AUDIT_ARCHITECTURES:
        return False
    action = ctypes.c_uint32(0x00050000)
    try:
        call("seccomp", SECCOMP_GET_ACTION_AVAIL, 0, ctypes.byref(action))
    except OSError:
        return False
    return True


def install() -> None:
    """Put the filter on every thread of this process, for good. Needs `no_new_privs`."""
    code = program(
        rules(os.getpid()), architecture=AUDIT_ARCHITECTURES[machine()], first_unknown=FIRST_UNKNOWN
    )
    holder = _Program(len(code) // 8, code)
    call("seccomp", SECCOMP_SET_MODE_FILTER, TSYNC, ctypes.byref(holder))
