"""Claims about the life of workers: each is handed out once, ends when told to, and none is left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from runtime.confinement.confined import ISOLATIONS, PACKAGE, alive, asked, descendants, nursery, run
from whence.runtime.confinement import (
    NotConfinable,
    Nursery,
    NurseryFailed,
    Policy,
    landlock,
    nursery_for,
    seccomp,
)
from whence.runtime.confinement.line import Line
from whence.runtime.errors import InvalidOption

SNIPPETS = Path(__file__).parent / "snippets.py"


@pytest.fixture(scope="module", params=ISOLATIONS)
def workers(request):
    with nursery(request.param) as made:
        yield made


def test_it_says_what_is_active(workers):
    inside = ("seccomp", "rlimits", "no capabilities")
    if landlock.version():
        inside = (f"landlock {landlock.version()}", *inside)
    wanted = inside if workers.isolation == "landlock" else ("namespaces", *inside)
    assert workers.layers == wanted


def test_no_worker_is_handed_out_twice(workers):
    taken = [workers.take() for _ in range(6)]
    assert len({worker.scratch for worker in taken}) == 6
    run(taken[0], "import builtins; builtins.mark = 1")
    for worker in taken:
        worker.close()
    with workers.take() as another:
        assert run(another, "import builtins; value = hasattr(builtins, 'mark')") is False
        assert another.scratch not in {worker.scratch for worker in taken}


def test_a_killed_worker_is_seen_to_be_dead(workers):
    with workers.take() as worker:
        assert worker.ended() is None
        worker.kill()
        assert worker.ended() == "killed by signal 9 (SIGKILL)"
        assert worker.socket.recv(1) == b""
        worker.kill()
        assert worker.ended() == "killed by signal 9 (SIGKILL)"


def test_a_worker_that_ends_by_itself_says_how(workers):
    for code, ending in {
        "import os; os._exit(3)": "exit 3",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": "killed by signal 11 (SIGSEGV)",
    }.items():
        with workers.take() as worker:
            worker.socket.sendall(json.dumps(code).encode() + b"\n")
            assert worker.socket.recv(1) == b""
            assert _ending(worker) == ending
    with workers.take("snippets:fails") as worker:
        assert worker.socket.recv(1) == b""
        assert _ending(worker) == "exit 1"
    with workers.take("snippets:leaves") as worker:
        assert worker.socket.recv(1) == b""
        assert _ending(worker) == "exit 0"


def _ending(worker):
    for _ in range(500):
        if (ended := worker.ended()) is not None:
            return ended
        time.sleep(0.01)
    return None


def test_an_entry_that_is_not_there_ends_in_an_error_and_the_next_worker_is_fine(workers):
    with pytest.raises(NurseryFailed, match="no_such_module"):
        workers.take("no_such_module:serve")
    with workers.take() as worker:
        assert run(worker, "value = 1") == 1


def test_the_scratch_folder_is_the_workers_own_and_goes_with_it(workers):
    with workers.take() as worker:
        run(worker, "open('a', 'wb').write(b'x' * 100_000)")
        assert (worker.scratch / "a").stat().st_size == 100_000
        assert worker.scratch.stat().st_mode & 0o777 == 0o700
        assert 100_000 <= worker.scratch_bytes() < 200_000
        (worker.scratch / "b").write_text("from the host")
        assert run(worker, "value = open('b').read()") == "from the host"
    assert not worker.scratch.exists()


def test_a_worker_has_the_interpreter_it_was_promised(workers):
    code = """
        import os, sys, threading
        value = [sorted(os.environ), os.environ["PYTHONHASHSEED"], hash("a"), sys.flags.dont_write_bytecode,
                 sock.fileno(), threading.active_count(), "numpy" in sys.modules, "json" in sys.modules]
    """
    told = []
    for _ in range(2):
        with workers.take() as worker:
            told.append(run(worker, textwrap.dedent(code)))
    names, seed, _, no_bytecode, descriptor, threads, _, preloaded = told[0]
    assert set(names) <= {"PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "TZ", "LC_CTYPE"}
    assert (seed, no_bytecode, threads, preloaded) == ("0", 1, 1, True)
    assert descriptor >= 100
    assert told[0] == told[1]


def test_open_files_can_be_handed_to_a_confined_worker(workers, tmp_path):
    import socket

    (tmp_path / "document").write_text("read me")
    with workers.take() as worker, (tmp_path / "document").open("rb") as file:
        code = (
            "import os, socket; _, fds, _, _ = socket.recv_fds(sock, 1, 1); "
            "value = os.read(fds[0], 99).decode()"
        )
        worker.socket.sendall(json.dumps(code).encode() + b"\n")
        time.sleep(0.05)
        socket.send_fds(worker.socket, [b"x"], [file.fileno()])
        with worker.socket.makefile("rb") as lines:
            told = json.loads(lines.readline())
        assert told == {"value": "read me", "error": None}


def test_four_threads_take_at_once(workers):
    answers = []

    def work(number):
        for turn in range(3):
            with workers.take() as worker:
                answers.append(run(worker, f"value = {number} * 100 + {turn}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [number * 100 + turn for number in range(4) for turn in range(3)]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_dead_zygote_takes_its_workers_along_and_the_next_take_starts_another(isolation):
    others = descendants(os.getpid())
    with nursery(isolation) as workers:
        worker = workers.take()
        zygotes = descendants(os.getpid()) - others
        for process in zygotes:
            with contextlib.suppress(ProcessLookupError):  # one takes others along
                os.kill(process, signal.SIGKILL)
        assert worker.socket.recv(1) == b""
        assert "killed" in _ending(worker)
        worker.close()
        with workers.take() as another:
            assert run(another, "value = 2") == 2
        assert not alive(zygotes)


def test_a_zygote_that_is_dying_but_still_looks_alive_is_replaced(monkeypatch):
    with nursery("landlock") as workers:
        workers._held.line._process.kill()
        workers._held.line._process.wait()
        monkeypatch.setattr(Line, "alive", True)
        with workers.take() as another:
            assert run(another, "value = 2") == 2


def test_a_worker_outlives_the_thread_that_made_the_nursery():
    held = []

    def make():
        context = nursery("auto")
        held.append((context, context.__enter__()))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if not held:
        pytest.skip("no confinement here")
    context, workers = held[0]
    try:
        time.sleep(0.05)
        with workers.take() as worker:
            assert run(worker, "value = 3") == 3
    finally:
        context.__exit__(None, None, None)


def test_a_closed_nursery_hands_out_nothing_and_leaves_nothing():
    others = descendants(os.getpid())
    with nursery("auto") as workers:
        worker = workers.take()
        folder = worker.scratch.parent
        below = descendants(os.getpid()) - others
        assert below
        workers.close()
        assert not alive(below)
        assert not folder.exists()
        with pytest.raises(NurseryFailed, match="closed"):
            workers.take()
        assert worker.ended() is not None
        worker.close()


SCRIPT = """
import sys, time
from pathlib import Path
from whence.runtime.confinement import Nursery, Policy
source = Path({source!r})
nursery = Nursery(
    "snippets:serve", source=source, isolation={isolation!r}, policy=Policy(readable=(source,))
)
worker = nursery.take()
(worker.scratch / "mine").write_text("x")
print(worker.scratch.parent, flush=True)
{then}
"""


def _host(tmp_path, isolation, then):
    """Another interpreter with a nursery and a worker; its process, and the folder of all scratch folders."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "whence").symlink_to(PACKAGE)
    (source / "snippets.py").write_text(SNIPPETS.read_text())
    code = SCRIPT.format(source=str(source), isolation=isolation, then=then)
    environment = {"PYTHONPATH": str(PACKAGE.parent), "PATH": os.environ["PATH"]}
    host = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        env=environment,
        text=True,
    )
    root = host.stdout.readline().strip()
    if not root:
        host.wait()
        host.stdin.close()
        host.stdout.close()
        pytest.skip(f"{isolation} cannot be had here")
    return host, Path(root)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_no_orphan_outlives_a_killed_host(tmp_path, isolation):
    host, root = _host(tmp_path, isolation, "time.sleep(60)")
    below = descendants(host.pid)
    assert len(below) >= 2
    host.kill()
    host.wait()
    for _ in range(500):
        if not alive(below) and not (root.exists() and any(root.iterdir())):
            break
        time.sleep(0.01)
    assert not alive(below)
    assert not root.exists() or not any(root.iterdir())
    if root.exists():
        root.rmdir()
    host.stdin.close()
    host.stdout.close()


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_an_interpreter_that_ends_without_closing_leaves_nothing(tmp_path, isolation):
    host, root = _host(tmp_path, isolation, "sys.stdin.readline()")
    below = descendants(host.pid)
    _, _ = host.communicate("end\n", timeout=30)
    assert host.returncode == 0
    assert not alive(below)
    assert not root.exists()


def test_a_fork_of_the_host_does_not_keep_the_zygote_alive(tmp_path):
    then = "import os\nif os.fork() == 0:\n    time.sleep(3)\n    os._exit(0)\ntime.sleep(60)"
    host, root = _host(tmp_path, "auto", then)
    time.sleep(0.2)
    below = descendants(host.pid)
    host.kill()
    host.wait()
    for _ in range(250):
        if len(alive(below)) <= 1:
            break
        time.sleep(0.01)
    assert len(alive(below)) <= 1  # the fork itself
    for process in alive(below):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    host.stdin.close()
    host.stdout.close()
    if root.exists():
        root.rmdir()


def test_all_who_ask_for_the_same_share_one_nursery(tmp_path):
    with nursery("auto") as workers:
        options = {"source": workers._paths.imports[-1], "preload": ("json",)}
        one = nursery_for("whence.runtime.confinement.escapes.serve:serve", **options)
        try:
            assert nursery_for("whence.runtime.confinement.escapes.serve:serve", **options) is one
            assert (
                nursery_for(
                    "whence.runtime.confinement.escapes.serve:serve", **options, policy=Policy(file_mb=1)
                )
                is not one
            )
        finally:
            nursery_for(
                "whence.runtime.confinement.escapes.serve:serve", **options, policy=Policy(file_mb=1)
            ).close()
            one.close()
        again = nursery_for("whence.runtime.confinement.escapes.serve:serve", **options)
        assert again is not one
        again.close()


def test_a_chosen_isolation_that_cannot_be_had_is_refused(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(NotConfinable, match="bwrap"):
        Nursery("snippets:serve", source=PACKAGE.parent, isolation="bubblewrap")
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(NotConfinable, match="landlock: the kernel has none"):
        Nursery("snippets:serve", source=PACKAGE.parent, isolation="landlock")
    with pytest.raises(NotConfinable) as caught:
        Nursery("snippets:serve", source=PACKAGE.parent)
    assert len(caught.value.reasons) == 2


def test_without_a_filter_of_system_calls_nothing_is_confined(monkeypatch):
    monkeypatch.setattr(seccomp, "available", lambda: False)
    with pytest.raises(NotConfinable, match="seccomp"):
        Nursery("snippets:serve", source=PACKAGE.parent)


def test_a_bubblewrap_that_fails_is_passed_over_and_said_so(monkeypatch, tmp_path):
    false = tmp_path / "bwrap"
    false.write_text("#!/bin/sh\necho 'no namespaces for you' >&2\nexit 1\n")
    false.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(false))
    with nursery("auto") as workers:
        assert workers.isolation == "landlock"
        assert "no namespaces for you" in workers.passed_over[0]
        with workers.take() as worker:
            assert run(worker, "value = 4") == 4
    with pytest.raises(NotConfinable, match="no namespaces for you"):
        Nursery(
            "whence.runtime.confinement.escapes.serve:serve", source=PACKAGE.parent, isolation="bubblewrap"
        )


def test_elsewhere_than_on_linux_it_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    for isolation in ("auto", "landlock", "unsafe"):
        with pytest.raises(NotConfinable, match="darwin"):
            Nursery("snippets:serve", source=PACKAGE.parent, isolation=isolation)


def test_every_module_can_be_imported_on_windows():
    code = """
        import importlib, pkgutil, sys
        sys.modules["fcntl"] = sys.modules["resource"] = sys.modules["pwd"] = sys.modules["grp"] = None
        import whence.runtime.confinement as package
        import subprocess, tempfile, socket
        sys.platform = "win32"
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
    """
    environment = {"PYTHONPATH": str(PACKAGE.parent)}
    subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(code)], check=True, env=environment)


@pytest.mark.parametrize("field", ["memory_mb", "file_mb", "open_files", "threads", "scratch_mb"])
def test_a_policy_without_room_is_refused(field):
    with pytest.raises(InvalidOption, match=field):
        Policy(**{field: 0})


def test_an_isolation_that_does_not_exist_is_refused():
    with pytest.raises(InvalidOption, match="isolation"):
        Nursery("snippets:serve", source=PACKAGE.parent, isolation="docker")


def test_a_worker_may_read_what_the_policy_adds_and_not_change_it(tmp_path):
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "file").write_text("seen")
    (tmp_path / "hidden").write_text("not seen")
    shown = str(tmp_path / "shown" / "file")
    for isolation in ISOLATIONS:
        policy = Policy(readable=(tmp_path / "shown",), memory_mb=512)
        with nursery(isolation, policy=policy) as workers, workers.take() as worker:
            assert run(worker, f"value = open({shown!r}).read()") == "seen"
            for code in (
                f"open({str(tmp_path / 'hidden')!r})",
                f"open({shown!r}, 'a')",
                f"import os; os.open({shown!r}, os.O_RDONLY | os.O_TRUNC)",
                f"import os; os.truncate({shown!r}, 0)",
                f"import os; os.remove({shown!r})",
            ):
                assert "Error" in asked(worker, code)["error"]
        assert Path(shown).read_text() == "seen"
