"""How bubblewrap is asked for namespaces of our own: an empty world with only what the interpreter reads in
it.

Inside there is no network, no process but ours, no /proc, and no file but the interpreter's (read-only),
two devices, and the scratch folders. bubblewrap itself runs with an empty environment too: as the first
process of the namespaces its own environment would be for all inside to read.

Bubblewrap's `--die-with-parent` is left out on purpose: it means the *thread* that started it, and whoever
makes a nursery in a short-lived thread would see it killed. That the zygote ends with its host is seen to
by the control socket.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from whence.runtime.confinement.policy import PythonPaths

SCRATCH = "/scratch"
DEVICES = ("/dev/null", "/dev/urandom")
CLOSED = ("--as-pid-1", "--new-session", "--hostname", "sandbox", "--clearenv")
AS_ANYBODY = ("--unshare-all", "--cap-drop", "ALL")
# In a user namespace root has no other user to turn into, and the kernel does not limit root's threads (see
# `whence.runtime.confinement.privileges`). Root can do without one; the one capability kept for turning into
# another user is dropped by each child.
AS_ROOT = (
    *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
    *("--cap-drop", "ALL", "--cap-add", "CAP_SETUID"),
)


def found() -> str | None:
    """Where `bwrap` is, if it is installed; one in whatever folder we happen to be in is nobody's."""
    path = shutil.which("bwrap")
    return path if path is not None and os.path.isabs(path) else None  # noqa: PTH117


def wrapped(
    bwrap: str,
    command: Sequence[str],
    *,
    paths: PythonPaths,
    readable: Sequence[Path],
    scratch: Path,
    environment: Mapping[str, str],
    as_root: bool = False,
) -> list[str]:
    """Give the command line that runs `command` in namespaces of its own."""
    line = [bwrap, *(AS_ROOT if as_root else AS_ANYBODY), *CLOSED]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    for path in (*paths.readable, *readable):
        if str(path) not in DEVICES:
            line += ["--ro-bind", str(path), str(path)]
    for top in ("/lib", "/lib64"):
        # The loader is found by its old name, even where that is a link.
        folder = Path(top)
        if folder.is_symlink():
            line += ["--symlink", str(folder.readlink()), top]
    if Path("/lib64").is_dir():
        loader = str(Path("/lib64").resolve())
        line += ["--ro-bind", loader, loader]
    for device in DEVICES:
        line += ["--dev-bind", device, device]
    return [*line, "--bind", str(scratch), SCRATCH, "--remount-ro", "/", "--chdir", "/", "--", *command]
