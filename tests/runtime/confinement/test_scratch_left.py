"""A killed process leaves an empty folder; a later one clears it away, and nothing else."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from whence.runtime.confinement.scratch import OLD, PREFIX, own_folder


def test_old_empty_folders_of_others_are_cleared_away_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = time.time() - OLD - 60
    old, young, full, foreign = (
        tmp_path / name for name in (f"{PREFIX}a", f"{PREFIX}b", f"{PREFIX}c", "other")
    )
    for folder in (old, young, full, foreign):
        folder.mkdir()
    (full / "work").write_text("x")
    for folder in (old, full, foreign):
        os.utime(folder, (before, before))
    made = own_folder()
    assert made.parent == tmp_path.resolve()
    assert not old.exists()
    assert young.exists() and full.exists() and foreign.exists()
