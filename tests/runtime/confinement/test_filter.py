"""Claims about the program that judges system calls, run here by a small machine, for both processors."""

import errno
import struct

import pytest

from whence.runtime.confinement import bpf, seccomp, syscalls
from whence.runtime.confinement.bpf import ALLOW, ERROR, KILL
from whence.runtime.confinement.syscalls import AUDIT_ARCHITECTURES, FIRST_UNKNOWN, NUMBERS, number

ME = 4_321
REFUSED, UNKNOWN = ERROR | errno.EPERM, ERROR | errno.ENOSYS


class Judge:
    """Asks the program made for a processor about a call."""

    def __init__(self, processor):
        self.processor = processor
        self.architecture = AUDIT_ARCHITECTURES[processor]
        self.code = bpf.program(
            seccomp.rules(ME), architecture=self.architecture, first_unknown=FIRST_UNKNOWN
        )

    def __call__(self, name, *arguments, architecture=None):
        call = number(name, self.processor) if isinstance(name, str) else name
        if call is None:
            pytest.skip(f"{self.processor} has no {name}")
        words = [argument % (1 << 64) for argument in (*arguments, *(0,) * 6)[:6]]
        asker = self.architecture if architecture is None else architecture
        instructions = [struct.unpack_from("=HBBI", self.code, at) for at in range(0, len(self.code), 8)]
        return _run(instructions, struct.pack("=IIQ6Q", call, asker, 0, *words))


@pytest.fixture(params=sorted(AUDIT_ARCHITECTURES))
def judge(request, monkeypatch):
    monkeypatch.setattr(syscalls, "machine", lambda: request.param)
    return Judge(request.param)


def _run(instructions, data):
    """The machine of the packet filter, as far as our programs use it."""
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == bpf.LOAD:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif code == bpf.AND:
            accumulator &= value
        elif code == bpf.JUMP_EQUAL:
            at += if_true if accumulator == value else if_false
        elif code == bpf.JUMP_AT_LEAST:
            at += if_true if accumulator >= value else if_false
        else:
            assert code == bpf.RETURN
            return value


def test_a_foreign_processor_is_killed(judge):
    for architecture in (0x40000003, 0x40000028, 0xC00000F3, 0):
        assert judge("read", architecture=architecture) == KILL


def test_numbers_of_the_x32_way_and_unknown_ones_do_not_exist(judge):
    for call in (0x40000000, 0x40000000 + 39, 0xFFFFFFFF, FIRST_UNKNOWN, 10_000):
        assert judge(call) == UNKNOWN
    assert judge("clone3") == UNKNOWN


def test_every_number_below_is_allowed_only_if_it_is_named(judge):
    permitted = set(seccomp.PERMITTED.split())
    judged = (
        "open openat mmap clone fcntl ioctl prctl prlimit64 kill tgkill pipe2 sendto socketpair "
        "madvise membarrier recvfrom recvmsg getsockopt"
    )
    numbers = {number(name, judge.processor) for name in permitted.union(judged.split())} - {None}
    pretended = {number(name, judge.processor) for name in seccomp.PRETEND.split()} - {None}
    for call in range(FIRST_UNKNOWN):
        if call in numbers:
            continue
        expected = ERROR if call in pretended else REFUSED
        if call == number("clone3"):
            expected = UNKNOWN
        elif call in {number(name, judge.processor) for name in seccomp.NOT_SUPPORTED.split()}:
            expected = ERROR | errno.EOPNOTSUPP
        assert judge(call, *(0,) * 6) == expected, call


def test_plain_calls_pass_whatever_their_arguments(judge):
    for name in seccomp.PERMITTED.split():
        if number(name, judge.processor) is not None:
            assert judge(name, *(-1,) * 6) == ALLOW


@pytest.mark.parametrize(
    ("name", "arguments", "passes"),
    [
        ("clone", (0x3D0F00,), True),  # a thread of the C library
        ("clone", (0x1200011,), False),  # fork
        ("clone", (0x3D0F00 | 0x10000000,), False),  # a thread in a new user namespace
        ("clone", (0x3D0F00 | 0x80,), False),  # with a new time namespace
        ("clone", (0x3D0F00 | 0x4000,), False),  # vfork
        ("kill", (ME, 9), True),
        ("kill", (1, 9), False),
        ("kill", (-1, 9), False),
        ("kill", (0, 9), False),
        ("kill", (-ME, 9), False),
        ("tgkill", (ME, ME + 1, 10), True),
        ("tgkill", (1, 1, 10), False),
        ("prlimit64", (0, 7, 0, 1), True),
        ("prlimit64", (ME, 7, 0, 1), True),
        ("prlimit64", (0, 7, 1 << 40, 0), False),
        ("prlimit64", (0, 7, 8, 0), False),
        ("prlimit64", (1, 7, 0, 1), False),
        ("prlimit64", (0, 9, 1 << 40, 0), True),  # the address space: who has no privileges can only lower it
        ("prlimit64", (1, 9, 1 << 40, 0), False),
        ("madvise", (0, 4096, 14), True),
        ("madvise", (0, 4096, 12), False),  # MADV_MERGEABLE: whether another process has an equal page
        ("madvise", (0, 4096, 100), False),
        ("membarrier", (8,), True),
        ("membarrier", (1,), False),  # stops every processor
        ("recvfrom", (5, 1, 1, 0x40), True),
        ("recvfrom", (5, 1, 1, 1), False),  # out of band
        ("recvmsg", (5, 1, 0x40000000), True),
        ("recvmsg", (5, 1, 0x2000), False),
        ("getsockopt", (5, 1, 3), True),
        ("getsockopt", (5, 1, 77), False),  # a handle on the process at the other end
        ("getsockopt", (5, 6, 3), False),
        ("clone", (0x3D0B00,), False),  # a thread with descriptors of its own
        ("ioctl", (0, 0x5401), True),
        ("ioctl", (0, 0x5412), False),
        ("ioctl", (0, 0x5412 | 1 << 32), False),
        ("ioctl", (0, 0x541C), False),
        ("prctl", (15,), True),
        ("prctl", (4, 1), False),
        ("prctl", (22, 1), False),
        ("fcntl", (0, 3), True),
        ("fcntl", (0, 4, 0x4000), False),
        ("fcntl", (0, 8, 1), False),
        ("fcntl", (0, 1031, 1 << 20), False),
        ("fcntl", (0, 1026), False),
        ("mmap", (0, 4096, 3, 0x22), True),
        ("mmap", (0, 4096, 3, 0x20022), True),
        ("mmap", (0, 4096, 1, 1), True),
        ("mmap", (0, 4096, 3, 0x21), False),
        ("mmap", (0, 4096, 3, 0x23), False),
        ("mmap", (0, 4096, 3, 0x122), False),
        ("mmap", (0, 4096, 3, 0x2022), False),
        ("mmap", (0, 4096, 3, 0x40022), False),
        ("mmap", (0, 4096, 3, 0x28), False),
        ("openat", (-100, 1, 0o2000000), True),
        ("openat", (-100, 1, 0o2001102), True),
        ("openat", (-100, 1, 0o1000), False),
        ("openat", (-100, 1, 3), False),
        ("sendto", (5, 1, 1, 0, 0, 0), True),
        ("sendto", (5, 1, 1, 0x4040, 0, 0), True),
        ("sendto", (5, 1, 1, 1, 0, 0), False),  # out of band
        ("sendto", (5, 1, 1, 0, 1 << 33, 16), False),
        ("sendto", (5, 1, 1, 0, 16, 16), False),
        ("socketpair", (1, 1 | 0o2004000, 0), True),
        ("socketpair", (1, 2, 0), False),
        ("socketpair", (1, 5, 0), False),
        ("socketpair", (2, 1, 0), False),
        ("pipe2", (1, 0o2004000), True),
        ("pipe2", (1, 0o200), False),
        ("socket", (1, 1, 0), False),
        ("sendmsg", (5, 1, 0), False),
        ("execve", (1, 1, 1), False),
        ("io_uring_setup", (1, 1), False),
    ],
)
def test_arguments_are_judged(judge, name, arguments, passes):
    assert judge(name, *arguments) == (ALLOW if passes else REFUSED)


def test_no_call_is_listed_twice_and_every_listed_one_has_a_number():
    names = seccomp.PERMITTED.split() + seccomp.PRETEND.split() + seccomp.NOT_SUPPORTED.split()
    assert len(names) == len(set(names))
    assert [name for name in names if name not in NUMBERS] == []
    for column in (0, 1):
        numbers = [entry[column] for entry in NUMBERS.values() if entry[column] != "-"]
        assert len(numbers) == len(set(numbers))


def test_the_program_is_short_enough_for_the_kernel(judge):
    assert len(judge.code) // 8 < 4_096
