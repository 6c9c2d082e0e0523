"""`whence doctor` prints a page or JSON, keeps what it measured, and can be interrupted."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from whence.cli.doctor import checkup
from whence.cli.doctor.checkup import Pace
from whence.cli.doctor.work import WORK
from whence.cli.main import run
from whence.runtime.executor.automatic.calibration import known


@pytest.fixture
def short(monkeypatch, tmp_path):
    """Measure two kinds of work, for an instant; keep it in a folder of the test's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(checkup, "QUICK", Pace(1, 0.01))
    monkeypatch.setattr(checkup, "CORE", ("json",))
    monkeypatch.setattr(checkup, "LATE", ())
    for key in ("trees", "fits", "numba"):
        monkeypatch.delitem(WORK, key)
    return tmp_path / "whence" / "calibration.json"


def test_json_goes_to_stdout_and_what_was_measured_is_kept(short, capsys):
    assert run(["doctor", "--quick", "--json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert said.err == ""
    assert told["schema"] == "whence.doctor/1"
    assert [each["name"] for each in told["work"]] == ["python", "numpy", "waiting"]
    assert told["identical_bytes"] is True
    assert told["saved"] == str(short)
    assert known().measured == told["at"]


def test_the_page_is_printed_and_nothing_is_kept_if_so_asked(short, capsys):
    assert run(["doctor", "--quick", "--no-save"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("The GIL: myth, magic and multicore, on your machine")
    assert "not kept" in page
    assert not short.exists()


def test_a_wrong_option_is_told_as_json_where_json_was_asked_for(capsys):
    assert run(["doctor", "--json", "--quickly"]) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "usage"


WATCHED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from whence.cli.doctor import checkup
from whence.cli.main import run
from whence.runtime.events import listening
checkup.CORE = checkup.LATE = ()
def hear(event):
    if "measuring" in event.stage:
        print("measuring", flush=True)
with listening(hear):
    code = run(["doctor"])
sys.exit(code)
"""


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_it_can_be_interrupted_and_leaves_no_process(tmp_path):
    program = subprocess.Popen(
        [sys.executable, "-c", WATCHED],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert program.stdout.readline() == b"measuring\n"
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=30)
    assert program.returncode == 130
    assert err == b"whence: interrupted.\n"
    assert set(out.split()) <= {b"measuring"}
    until = time.monotonic() + 10
    while alive(program.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(program.pid)


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
