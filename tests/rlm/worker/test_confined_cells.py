"""Cells in a worker that is really confined: everything that waits, wakes or sends works there too."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlm.worker.hosting import SOURCE, Worker
from whence.runtime.confinement.nursery import Nursery
from whence.runtime.confinement.policy import NotConfinable


@pytest.fixture(scope="module")
def nursery():
    try:
        made = Nursery(
            "whence.rlm.worker.serve:serve", source=Path(SOURCE), preload=["whence.rlm.worker.serve", "numpy"]
        )
    except NotConfinable as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture
def worker(nursery):
    with Worker(
        texts=["alpha\nbeta\n", "gamma\n"], limits={"seconds": 0.3}, confined=nursery.take()
    ) as worker:
        yield worker


def test_documents_calls_threads_and_await_work(worker):
    assert worker.output("print(docs[1], len(context_0), grep('eta')[0].text)") == "gamma\n 11 beta\n"
    assert worker.output("llm_query_batched(['a', 'b'])") == "['re: a', 're: b']\n"
    code = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n"
    assert worker.output(code + "    f = list(pool.map(llm_query, 'abcd'))\nf[3]") == "'re: d'\n"
    code = "import asyncio\nasync def two():\n    await asyncio.sleep(0.001)\n    return 2\n"
    assert worker.output(code + "print(await two(), await asyncio.to_thread(llm_query, 'x'))") == "2 re: x\n"
    assert worker.output("asyncio.run(two())") == "2\n"


def test_help_numpy_and_scratch_files_work(worker):
    assert "Ask `question` of every item" in worker.output("help(llm_map)")
    assert "count_by: count_by(" in worker.output("help()")
    assert worker.output("import numpy as np\nprint(np.arange(3).sum())") == "3\n"
    assert worker.output("open('note', 'w').write('x')\nopen('note').read()") == "'x'\n"


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time\ntime.sleep(100)",
        "import threading\nthreading.Event().wait()",
        "import asyncio\nawait asyncio.sleep(100)",
    ],
)
def test_cells_are_stopped(worker, code):
    assert worker.run(f"kept = 1\n{code}", interrupt_after=0.1)["error"]["kind"] == "CellTimedOut"
    assert worker.output("kept") == "1\n"


def test_a_regular_expression_without_end_is_stopped(worker):
    assert worker.run("import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')")["error"]["kind"] == "CellTimedOut"
    assert worker.output("1") == "1\n"


def test_a_run_ends(worker):
    assert worker.run("FINAL(len(docs))")["finished"]
    assert worker.calls[-1] == ("finish", {"value": 2, "by": "FINAL"})
