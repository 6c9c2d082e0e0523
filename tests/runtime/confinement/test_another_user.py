"""Claims: confinement does not hang on who one is: an ordinary user has it as strong as root."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.confinement.confined import ISOLATIONS, PACKAGE
from whence.runtime.confinement.escapes import ATTEMPTS

NOBODY = 65_534
PYTHONS = (sys.executable, getattr(sys, "_base_executable", ""), "/usr/bin/python3", "/usr/local/bin/python3")
FRESH_ENOUGH = "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)"


def _as_nobody(*command):
    return subprocess.run(
        command, user=NOBODY, group=NOBODY, extra_groups=[], env={"PATH": os.environ["PATH"]}, cwd="/",
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def _interpreter():
    """An interpreter that anybody may run; it need not be ours."""
    for python in PYTHONS:
        try:
            if python and _as_nobody(python, "-c", FRESH_ENOUGH).returncode == 0:
                return python
        except OSError:
            continue
    return None


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_every_attempt_is_stopped_for_an_ordinary_user_too(isolation):
    if os.geteuid() != 0:
        pytest.skip("only root can run something as another user; the other tests run as an ordinary one")
    python = _interpreter()
    if python is None:
        pytest.skip("there is no Python 3.11 that another user may run")
    script = Path(__file__).with_name("as_another.py")
    if _as_nobody(python, "-c", f"open({str(script)!r}); open({str(PACKAGE / '__init__.py')!r})").returncode:
        pytest.skip("another user may not read this checkout")
    done = _as_nobody(python, "-W", "error", str(script), str(PACKAGE.parent), isolation)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if "refused" in told:
        pytest.skip(f"{isolation} cannot be had by an ordinary user here: {told['refused']}")
    assert told == {"user": NOBODY, "tried": len(ATTEMPTS), "through": {}, "ran": "x"}
