"""On ranks of MPI, where mpi4py and a launcher are found: the same results, in a program of its own."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

LAUNCHER = shutil.which("mpiexec")

pytestmark = [
    pytest.mark.skipif(find_spec("mpi4py") is None, reason="mpi4py is not installed"),
    pytest.mark.skipif(LAUNCHER is None, reason="no MPI launcher (mpiexec) is installed"),
]

PROGRAM = """
from runtime.executor import tasks
from whence.runtime.errors import TaskFailed
from whence.runtime.executor import executor

if __name__ == "__main__":
    ranks = executor("mpi")
    assert ranks.workers == 2, ranks.workers
    assert ranks.map(tasks.draws, range(100), stage="draw") == [tasks.draws(item) for item in range(100)]
    try:
        ranks.map(tasks.fails_from_seven, range(50), stage="work")
    except TaskFailed as failed:
        assert failed.index == 7
    else:
        raise AssertionError("it did not fail")
    ranks.close()
    print("all well")
"""


def test_ranks_of_a_job_do_the_work(tmp_path):
    script = tmp_path / "job.py"
    script.write_text(PROGRAM)
    # Containers run as root, and have fewer slots than ranks.
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    job = subprocess.run(
        [LAUNCHER, "-n", "3", sys.executable, "-m", "mpi4py.futures", str(script)],
        env={**os.environ, **allowed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert job.stdout.strip() == "all well", job.stderr
