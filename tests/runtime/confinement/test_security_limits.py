"""Claims: what the kernel's limits do not count (stacks, page tables, deleted files) is held all the same."""

import pytest

from runtime.confinement.confined import ISOLATIONS, asked, nursery, run
from whence.runtime.confinement import Policy, nursling
from whence.runtime.confinement.scratch import space

MMAP = """
import ctypes, mmap
library = ctypes.CDLL(None, use_errno=True)
library.mmap.restype = library.mremap.restype = ctypes.c_void_p
library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 4 * [ctypes.c_long]
library.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
FAILED = ctypes.c_void_p(-1).value
"""


@pytest.fixture(scope="module", params=ISOLATIONS)
def workers(request):
    with nursery(request.param, policy=Policy(memory_mb=256, file_mb=2, open_files=64, threads=200)) as made:
        yield made


def test_addresses_alone_cannot_be_had_without_end_since_the_tables_for_them_take_memory(workers):
    code = MMAP + "value = library.mmap(None, 300 << 30, 1, 0x4022, -1, 0) == FAILED"
    with workers.take() as worker:
        assert run(worker, code) is True


def test_once_settled_no_more_can_be_had_by_calling_it_a_stack(workers):
    # The name that the process was started by lies on the first thread's stack, which `mremap` can enlarge.
    code = f"""{MMAP}
from whence.runtime.confinement.limits import ELBOW_ROOM, settle
settle(64, 1 << 20)
page = ctypes.c_void_p.in_dll(library, "program_invocation_name").value & ~4095
value = [library.mremap(page, 4096, 65 << 20 | ELBOW_ROOM, 1) == FAILED, ctypes.get_errno()]
"""
    with workers.take() as worker:
        assert run(worker, code) == [True, 12]


def test_a_settled_limit_is_not_raised_again(workers):
    code = """
import resource
from whence.runtime.confinement.limits import settle
settle(64, 0)
before = resource.getrlimit(resource.RLIMIT_AS)
settle(10_000, 1 << 40)
value = resource.getrlimit(resource.RLIMIT_AS) == before
resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50))
"""
    with workers.take() as worker:
        assert "not allowed to raise" in asked(worker, code)["error"]


def test_no_space_on_the_disk_is_set_aside_at_a_stroke(workers):
    code = """
import ctypes, os
descriptor = os.open("file", os.O_RDWR | os.O_CREAT)
failed = ctypes.CDLL(None, use_errno=True).fallocate(descriptor, 0, 0, ctypes.c_long(1 << 20))
value = [failed, ctypes.get_errno(), os.fstat(descriptor).st_size]
os.posix_fallocate(descriptor, 0, 1 << 16)
value.append(os.fstat(descriptor).st_size)
"""
    with workers.take() as worker:
        assert run(worker, code) == [-1, 95, 0, 1 << 16]


def test_what_deleted_files_take_counts_once_the_disk_is_nearly_full(workers, monkeypatch):
    with workers.take() as worker:
        left, scarce = space(worker.scratch)
        monkeypatch.setattr(nursling, "space", lambda _: (left - (9 << 30), scarce))
        seen = worker.scratch_bytes()
        monkeypatch.setattr(nursling, "space", lambda _: (scarce - 1, scarce))
        if left - (9 << 30) > scarce:  # room enough still
            assert seen < 1 << 20
        if left >= scarce:
            assert worker.scratch_bytes() >= left - scarce


def test_bytes_out_of_band_do_not_pass(workers):
    code = """
import socket
one, other = socket.socketpair()
one.send(b"x")
try:
    one.send(b"x", socket.MSG_OOB)
except PermissionError:
    value = "refused"
"""
    with workers.take() as worker:
        assert run(worker, code) == "refused"


def test_who_is_at_the_other_end_of_the_socket_is_not_told(workers):
    code = """
import socket
mine = socket.socket(fileno=100)
try:
    value = mine.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12).hex()
except PermissionError:
    value = "refused"
mine.detach()
"""
    with workers.take() as worker:
        assert run(worker, code) == "refused"
