"""Nurseries for the tests: their workers run the code of `snippets`."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from whence.runtime.confinement import NotConfinable, Nursery, Policy

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent.parent / "src" / "whence"
PRELOAD = ("json", "re", "numpy", "no_such_module_anywhere")
ISOLATIONS = ("landlock", "bubblewrap")


@contextlib.contextmanager
def nursery(isolation="auto", entry="snippets:serve", **options):
    """A nursery whose workers may import `snippets` beside our package; skips where it cannot be had."""
    source = Path(tempfile.mkdtemp(prefix="whence-source-"))
    policy = options.pop("policy", Policy(memory_mb=512))
    try:
        (source / "whence").symlink_to(PACKAGE)
        shutil.copy(HERE / "snippets.py", source)
        source.chmod(0o755)
        policy = Policy(
            readable=(source, *policy.readable),
            memory_mb=policy.memory_mb,
            file_mb=policy.file_mb,
            open_files=policy.open_files,
            threads=policy.threads,
        )
        options.setdefault("preload", PRELOAD)
        try:
            made = Nursery(entry, source=source, policy=policy, isolation=isolation, **options)
        except NotConfinable as error:
            pytest.skip(f"{isolation} cannot be had here: {error.message}")
        with made:
            yield made
    finally:
        shutil.rmtree(source)


def run(worker, code, seconds=30):
    """Have `worker` run the code; its `value`, or an AssertionError with its traceback."""
    told = asked(worker, code, seconds)
    assert told["error"] is None, told["error"]
    return told["value"]


def asked(worker, code, seconds=30):
    """Have `worker` run the code; what it told."""
    worker.socket.settimeout(seconds)
    worker.socket.sendall(json.dumps(code).encode() + b"\n")
    with worker.socket.makefile("rb") as lines:
        return json.loads(lines.readline())


def descendants(process):
    """The numbers of all processes below `process`."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def alive(processes):
    """Those of the processes that have not ended."""
    still = set()
    for process in processes:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                still.add(process)
    return still - {os.getpid()}
