"""Claims: code that grabs memory, disk, threads, time or attention is held to what was granted."""

import time

import pytest

from runtime.confinement.confined import ISOLATIONS, asked, nursery, run
from whence.runtime.confinement import Policy

POLICY = Policy(memory_mb=256, file_mb=2, open_files=64, threads=200)


@pytest.fixture(scope="module", params=ISOLATIONS)
def workers(request):
    with nursery(request.param, policy=POLICY) as made:
        yield made


@pytest.mark.parametrize(
    "bomb",
    [
        "held = []\nwhile True: held.append(b'x' * (8 << 20))",
        "held = 'x'\nwhile True: held += held",
        "held = [0]\nwhile True: held *= 2",
        "import numpy as np; np.ones(1 << 30)",
        "bytearray(1 << 40)",
    ],
)
def test_a_memory_bomb_becomes_a_memory_error_and_the_worker_lives_on(workers, bomb):
    if "numpy" in bomb:
        pytest.importorskip("numpy")
    with workers.take() as worker:
        assert "MemoryError" in asked(worker, bomb)["error"]
        assert run(worker, "value = 1 + 1") == 2


def test_reading_a_mapped_file_larger_than_the_memory_granted_costs_no_memory(workers):
    # Sparse, made by the host: a document larger than all that the worker may write to in memory.
    code = """
import mmap
file = open("big", "rb")
mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
value = [len(mapped), mapped[-1], mapped.find(b"z")]
"""
    with workers.take() as worker:
        with (worker.scratch / "big").open("wb") as file:
            file.truncate((1 << 30) + 1)
            file.seek(1 << 24)
            file.write(b"z")
        assert run(worker, code) == [(1 << 30) + 1, 0, 1 << 24]


def test_a_thread_bomb_is_held(workers):
    code = """
import threading
threading.stack_size(64 << 10)
finish, started = threading.Event(), 0
try:
    while started < 8_000:
        threading.Thread(target=finish.wait, daemon=True).start(); started += 1
except RuntimeError as error:
    value = [started, str(error)]
finally:
    finish.set()
"""
    with workers.take() as worker:
        started, error = run(worker, code, seconds=120)
        assert "can't start new thread" in error
        assert started < 8_000
        assert run(worker, "value = 5") == 5


def test_a_fork_bomb_does_not_begin(workers):
    with workers.take() as worker:
        assert "PermissionError" in asked(worker, "import os\nwhile True: os.fork()")["error"]
        assert run(worker, "value = 1") == 1


def test_a_file_can_be_as_long_as_granted_and_no_longer(workers):
    code = "f = open('big', 'wb', buffering=0)\nwhile True: f.write(b'x' * 4096)"
    with workers.take() as worker:
        told = asked(worker, code)
        assert "File too large" in told["error"]
        assert (worker.scratch / "big").stat().st_size == POLICY.file_mb << 20


def test_many_files_are_seen_by_who_watches_and_gone_when_the_worker_is(workers):
    code = "n = 0\nwhile True:\n n += 1; open(f'f{n}', 'wb').write(b'x' * (1 << 20))"
    worker = workers.take()
    worker.socket.sendall(b'"' + code.replace("\n", "\\n").encode() + b'"\n')
    while worker.scratch_bytes() < 32 << 20:
        assert worker.ended() is None
        time.sleep(0.005)
    worker.kill()
    at_death = worker.scratch_bytes()
    time.sleep(0.02)
    assert worker.scratch_bytes() == at_death
    worker.close()
    assert not worker.scratch.exists()


@pytest.mark.parametrize(
    "spin",
    [
        "while True: pass",
        "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
        "import signal; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]\nwhile True: pass",
        "sum(range(10 ** 15))",
    ],
)
def test_code_that_never_ends_is_ended_by_a_kill(workers, spin):
    import json

    with workers.take() as worker:
        worker.socket.sendall(json.dumps(spin).encode() + b"\n")
        time.sleep(0.05)
        assert worker.ended() is None
        worker.kill()
        assert worker.ended() == "killed by signal 9 (SIGKILL)"
    with workers.take() as another:
        assert run(another, "value = 6") == 6


def test_a_flood_of_output_stops_at_the_socket_until_the_host_reads(workers):
    # Nothing is buffered without bound on its way: the worker waits once the socket is full.
    code = "while True: sock.send(b'x' * 65536)"
    with workers.take() as worker:
        worker.socket.sendall(b'"' + code.encode() + b'"\n')
        time.sleep(0.1)
        worker.kill()
        worker.socket.settimeout(5)
        received = 0
        while data := worker.socket.recv(1 << 20):
            received += len(data)
        assert 0 < received < 8 << 20


def test_printing_goes_nowhere(workers):
    with workers.take() as worker:
        assert (
            run(worker, "import sys; print('x' * 100_000); sys.stderr.write('y' * 100_000); value = 7") == 7
        )
