"""The doctor's page says what was found, in eighty columns, and says it honestly."""

import json
import re
from dataclasses import replace

import pytest

from whence.cli.doctor.checkup import Checkup, Decision, Sandbox
from whence.cli.doctor.meaning import meaning
from whence.cli.doctor.measuring import Gain, Measured, Overhead
from whence.cli.doctor.report import to_text
from whence.cli.doctor.work import WORK
from whence.numerics.blas import Library
from whence.runtime.executor.automatic.calibration import StartUp
from whence.runtime.machine.capacity import Capacity
from whence.runtime.machine.gil import Import, Lock
from whence.runtime.machine.interpreter import Interpreter

PYTHON = Interpreter("CPython", "3.13.7", "GCC 14", False, False, False, "Linux x86_64")
LOCKED = Lock(False, True, (Import("numpy", True, True, 0.1), Import("sklearn.ensemble", True, True, 1.2)))
GAINS = {
    "python": (0.97, 1.92),
    "numpy": (1.94, 1.90),
    "trees": (1.88, 1.85),
    "fits": (1.18, 1.90),
    "numba": (1.97, 1.80),
    "waiting": (1.99, 1.99),
}


def measured(key, threads, processes):
    gains = {
        "threads": Gain(threads, threads - 0.04, threads + 0.03),
        "processes": Gain(processes, processes - 0.1, processes + 0.05),
    }
    return Measured(key, 0.0149, 0.98 if key == "python" else 0.1, gains, dict.fromkeys(gains, True))


def decided(key):
    if key in ("python", "fits"):
        return Decision("processes", "it holds the lock", 14.2)
    return Decision("threads", "threads pay", 0.004)


FOUND = Checkup(
    at="2026-11-22T20:00:00+00:00",
    interpreter=PYTHON,
    lock=LOCKED,
    gil=True,
    capacity=Capacity(2, 8, 2.0, 25 << 30, 4 << 30, 0.3, "A processor with quite a long name, at 3.2 GHz"),
    workers=2,
    clock="wall",
    versions={"whence": "0.1.0", "numpy": "2.4.0", "numba": "0.68.1"},
    libraries=(
        Library("blas", "openblas", "0.3.31", 2, "numpy"),
        Library("blas", "openblas", "0.3.30", 2, "scipy"),
        Library("openmp", "openmp", None, 2, "scikit-learn"),
    ),
    sandbox=Sandbox(("namespaces", "landlock 7", "seccomp"), 190, ()),
    overheads={
        "threads": Overhead(StartUp(0.0003, 0.0002), 1e-6),
        "processes": Overhead(StartUp(0.31, 0.12), 1.7e-5),
    },
    work=tuple(measured(key, *gains) for key, gains in GAINS.items()),
    decisions={key: decided(key) for key in GAINS},
)
INTERPRETERS = replace(
    FOUND,
    interpreter=replace(PYTHON, version="3.14.2", subinterpreters=True),
    overheads={**FOUND.overheads, "interpreters": Overhead(StartUp(0.3, 0.2), 3e-5)},
)


@pytest.mark.parametrize("found", [FOUND, INTERPRETERS, replace(FOUND, clock="threads")])
@pytest.mark.parametrize("color", [False, True])
def test_the_page_fits_in_eighty_columns_and_cuts_nothing_off(found, color):
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in to_text(found, color=color).splitlines()]
    assert max(len(line) for line in lines) <= 80
    assert not any("…" in line for line in lines)


def test_it_is_colourless_when_piped_and_coloured_when_asked():
    assert "\x1b" not in to_text(FOUND)
    assert "\x1b" in to_text(FOUND, color=True)


def test_every_kind_of_work_stands_there_with_what_whence_takes():
    page = to_text(FOUND)
    for key in GAINS:
        assert WORK[key].name in page
    assert "0.97×" in page
    assert "0.93 to 1.00" in page
    assert "from 14 s on" in page
    assert "from 4 ms on" in page


def test_a_backend_that_cannot_do_a_kind_of_work_leaves_its_place_empty():
    assert "–" in to_text(INTERPRETERS)
    assert "sub-int." in to_text(INTERPRETERS)


def test_a_quiet_machine_is_trusted_and_a_busy_one_is_not():
    assert "can be trusted" in to_text(FOUND)
    page = to_text(replace(FOUND, clock="threads", capacity=replace(FOUND.capacity, load=5.7)))
    assert "5.7 on 2 cores: busy" in page
    assert "estimated" in page
    assert "can be trusted" not in page


def test_limits_of_a_container_are_told():
    page = " ".join(to_text(FOUND).split())
    assert "2 of 8" in page
    assert "container limit 2" in page
    assert "limit 4 GB" in page


def test_whoever_turned_the_lock_on_is_named():
    lock = Lock(True, False, (Import("numpy", True, False), Import("duckdb", True, True, 0.1, "_duckdb")))
    page = to_text(replace(FOUND, lock=lock, interpreter=replace(PYTHON, free_threaded=True)))
    assert "duckdb turned it on (_duckdb)" in page


def test_a_lock_that_stays_off_is_told_with_how_much_was_imported():
    lock = Lock(True, False, (Import("numpy", True, False), Import("not_there", False, False)))
    free = replace(FOUND, lock=lock, gil=False, interpreter=replace(PYTHON, free_threaded=True))
    assert "off, and off after importing 1 libraries" in to_text(free)
    assert dict(meaning(free))["Magic"].startswith("The lock is off")


def test_results_that_differ_are_cried_out():
    wrong = replace(FOUND.work[0], same={"threads": True, "processes": False})
    page = to_text(replace(FOUND, work=(wrong, *FOUND.work[1:])))
    assert "NOT the same bytes" in page
    assert "processes: please report this" in page
    assert "● same bytes" in to_text(FOUND)


def test_a_sandbox_that_is_missing_or_does_not_hold_is_not_praised():
    missing = to_text(replace(FOUND, sandbox=Sandbox((), 0, (), "needs Linux 5.13")))
    assert "none here: needs Linux 5.13" in missing
    broken = to_text(replace(FOUND, sandbox=Sandbox(("landlock",), 190, ("open_socket",))))
    assert "does not hold: open_socket" in broken


def test_the_sentences_are_made_of_the_figures():
    told = dict(meaning(FOUND))
    assert "bootstrap in numpy 1.9×" in told["Myth"]
    assert "1.0× from threads" in told["Magic"]
    assert "1.9× from processes" in told["Magic"]
    small = replace(FOUND, work=tuple(measured(key, 0.9, 0.9) for key in GAINS))
    assert "did not" in dict(meaning(small))["Myth"]


def test_what_is_kept_for_the_policy_is_the_worst_of_each_kind():
    kept = FOUND.calibration
    assert kept.gains["python"] == {"threads": 0.97, "processes": 1.90}
    assert kept.gains["gil_free"]["threads"] == 1.88
    assert kept.start_up["processes"] == StartUp(0.31, 0.12)
    assert kept.imports == {"sklearn": 1.2}


def test_the_json_has_everything_that_the_page_has():
    told = json.loads(json.dumps(FOUND.to_dict()))
    assert told["schema"] == "whence.doctor/1"
    assert told["interpreter"]["version"] == "3.13.7"
    assert told["identical_bytes"] is True
    assert [each["name"] for each in told["work"]] == list(GAINS)
    assert told["work"][0]["gains"]["processes"] == pytest.approx(
        {"middle": 1.92, "least": 1.82, "most": 1.97}
    )
    assert told["work"][0]["policy"]["backend"] == "processes"
