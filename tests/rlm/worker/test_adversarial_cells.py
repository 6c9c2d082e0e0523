"""Cells that do harm, as far as it is the worker's to bear: the session goes on after each of them."""

from __future__ import annotations

import pytest

from rlm.worker.hosting import Worker


@pytest.fixture(scope="module")
def worker():
    with Worker(limits={"output": 1_000}) as worker:
        yield worker


def alive(worker):
    return worker.output("len(context) + 1") == "9\n"


STOPPED = {
    "a loop without end": "while True: pass",
    "a long sleep": "import time\ntime.sleep(1000)",
    "a lock nobody frees": "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()",
    "a thread that never ends": "import threading\n"
    "t = threading.Thread(target=lambda: stop.wait(), daemon=True)\n"
    "stop = threading.Event()\nt.start()\nt.join()",
    "a loop that passes over exceptions": "while True:\n    try:\n        [][1]\n"
    "    except Exception:\n        pass",
    "an event loop that waits": "import asyncio\nawait asyncio.sleep(1000)",
    "a queue nobody fills": "import queue\nqueue.Queue().get()",
}


@pytest.mark.parametrize("code", STOPPED.values(), ids=STOPPED.keys())
def test_an_interrupt_stops_and_keeps_what_was_done(worker, code):
    ran = worker.run(f"done_before = {len(code)}\n{code}", interrupt_after=0.15)
    assert ran["error"]["kind"] == "CellTimedOut"
    assert worker.output("done_before") == f"{len(code)}\n"


def test_a_regular_expression_without_end_is_stopped_by_the_workers_own_clock():
    with Worker(limits={"seconds": 0.2}) as worker:
        ran = worker.run("kept_here = 1\nimport re\nre.match(r'(a+)+$', 'a' * 64 + 'b')")
        assert ran["error"]["kind"] == "CellTimedOut"
        assert worker.output("kept_here") == "1\n"


def test_an_interrupt_breaks_waiting_for_the_host_in_every_thread():
    with Worker(lambda kind, arguments: None) as worker:
        code = (
            "from concurrent.futures import ThreadPoolExecutor\n"
            "with ThreadPoolExecutor(4) as pool:\n    list(pool.map(llm_query, 'abcdefgh'))"
        )
        for cell in ("llm_query('x')", "llm_query_batched(['x', 'y'])", code):
            number = worker.start(cell)
            while worker.frame()["type"] != "call":
                pass
            worker.send({"type": "interrupt"})
            assert worker.finish(number)["error"]["kind"] == "CellTimedOut"
        assert alive(worker)


def test_an_interrupt_between_cells_does_nothing(worker):
    for _ in range(50):
        worker.send({"type": "interrupt"})
        number = worker.start("1 + 1")
        worker.send({"type": "interrupt"})
        ran = worker.finish(number)
        assert ran["error"] is None or ran["error"]["kind"] == "CellTimedOut"
        worker.send({"type": "interrupt"})
        assert alive(worker)


def test_an_interrupt_after_a_cell_that_cannot_be_read_does_not_hit_the_next():
    with Worker() as worker:
        assert worker.run("x = (")["error"]["kind"] == "SyntaxError"
        worker.send({"type": "interrupt"})
        for _ in range(3):
            assert alive(worker)
        assert worker.run("while True: pass", interrupt_after=0.1)["error"]["kind"] == "CellTimedOut"


SURVIVED = {
    "a large allocation": ("x = [0] * (1 << 60)", "MemoryError"),
    "runaway recursion": ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    "sys.exit": ("import sys\nsys.exit(3)", "SystemExit"),
    "quit": ("raise SystemExit", "SystemExit"),
    "a keyboard interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "an exception that cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "E",
    ),
    "a generator that exits": ("raise GeneratorExit", "GeneratorExit"),
    "a value that cannot be shown": ("class V:\n    def __repr__(self): 1/0\nV()", "ZeroDivisionError"),
    "input": ("input('name? ')", "EOFError"),
    "a failing import": ("import no_such_module", "ModuleNotFoundError"),
}


@pytest.mark.parametrize(("code", "kind"), SURVIVED.values(), ids=SURVIVED.keys())
def test_whatever_is_raised_is_told_and_the_session_goes_on(worker, code, kind):
    ran = worker.run(code)
    assert ran["error"]["kind"] == kind
    assert alive(worker)


TAMPERED = {
    "builtins": "import builtins\nbuiltins.len = lambda x: 1/0\nbuiltins.print = None\n"
    "del builtins.isinstance",
    "the builtins of the namespace": "__builtins__ = {}\n",
    "deleted builtins": "del __builtins__",
    "stdout": "import sys\nsys.stdout = None\nsys.stderr = 3",
    "closed stdout": "import sys\nsys.stdout.close()",
    "json": "import json\njson.dumps = json.loads = None\njson.JSONEncoder = None",
    "os.write": "import os\nos.write = os.read = None",
    "time": "import time\ntime.monotonic = time.perf_counter = None",
    "threading": "import threading\nthreading.Event = threading.Lock = None",
    "ast": "import ast\nast.parse = None",
    "the handler": "import signal\nsignal.signal(signal.SIGUSR2, signal.SIG_IGN)",
    "sys.modules": "import sys\nsys.modules['__main__'] = sys.modules['builtins'] = None",
    "every name": "for name in list(globals()):\n    if not name.startswith('__'): globals()[name] = 0",
    "the recursion limit": "import sys\nsys.setrecursionlimit(60)",
    "tracing": "import sys\nsys.settrace(lambda *a: 1/0)\nsys.setprofile(None)",
}


@pytest.mark.parametrize("code", TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_does_not_outlive_its_cell(code):
    with Worker() as worker:
        worker.run(code)
        assert worker.output("print(len([1]), isinstance(1, int), llm_query('a'))") == "1 True re: a\n"
        assert worker.run("while True: pass", interrupt_after=0.1)["error"]["kind"] == "CellTimedOut"
        assert worker.run("FINAL(3)")["finished"]


def test_tampering_with_builtins_does_not_break_a_call_in_the_same_cell():
    with Worker() as worker:
        ran = worker.run("import builtins\nbuiltins.len = lambda x: 99\nprint(len([]), llm_query('hi'))")
        assert ran["output"].startswith("99 re: hi\n")
        assert "`builtins` was put back" in ran["output"]
        assert worker.output("len([])") == "0\n"


def test_a_hundred_megabytes_printed_stay_cheap(worker):
    code = (
        "import resource\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for _ in range(100):\n    print('x' * 1_000_000)\n"
        "growth_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before"
    )
    ran = worker.run(code)
    assert ran["printed"] == 100 * 1_000_001
    assert len(ran["output"]) < 1_100
    assert "characters left out" in ran["output"]
    assert worker.output("growth_kb < 16_000") == "True\n"


def test_what_is_printed_keeps_its_beginning_and_its_end(worker):
    ran = worker.run("for n in range(10_000): print(n)")
    assert ran["output"].startswith("0\n1\n2\n") and ran["output"].endswith("9998\n9999\n")


def test_a_large_last_value_is_cut_before_it_is_written_out(worker):
    ran = worker.run("[7] * 3_000_000")
    assert ran["printed"] < 30_000


def test_prints_to_the_process_own_descriptors_go_nowhere(worker):
    ran = worker.run("import os\nos.write(1, b'noise'), os.write(2, b'noise')")
    assert ran["output"] == "(5, 5)\n"


def test_a_dead_worker_is_seen_by_the_host():
    with Worker() as worker:
        number = worker.start("import os\nos._exit(7)")
        with pytest.raises(EOFError):
            worker.finish(number)


def test_a_thread_left_behind_does_not_disturb_later_cells(worker):
    code = (
        "import threading, time\n"
        "def nag():\n    for _ in range(40):\n        time.sleep(0.005)\n        print('nag')\n"
        "        llm_query('nag')\n"
        "threading.Thread(target=nag, daemon=True).start()"
    )
    worker.output(code)
    for _ in range(5):
        ran = worker.run("import time\ntime.sleep(0.02)\nx_here = 1")
        assert ran["error"] is None
    assert alive(worker) or alive(worker)


def test_a_worker_whose_host_is_gone_ends_even_in_the_middle_of_a_loop():
    worker = Worker()
    worker.start("while True: pass")
    worker._mine.close()
    assert worker._process.wait(timeout=20) is not None
