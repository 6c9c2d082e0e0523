"""Attempts to get out of monty, made before it is relied on, as they are made for the confined processes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import pydantic_monty as pm

from whence.rlm.environments.environment import CellLimits, HostCall
from whence.rlm.environments.monty import MontyEnvironment
from whence.rlm.environments.monty_documents import Documents
from whence.runtime.confinement.probe import Strength
from whence.runtime.plain import JSON

# Each raises, or is stopped, or prints what it could not have known; {secret} is a file with a secret word.
ATTEMPTS: Final = {
    "open a file of the host": "print(open({secret!r}).read())",
    "read a file through pathlib": "from pathlib import Path\nprint(Path({secret!r}).read_text())",
    "list a folder of the host": "from pathlib import Path\nprint(list(Path({folder!r}).iterdir()))",
    "write beside the secret": "open({written!r}, 'w').write('x')",
    "run a program": "import os\nos.system('cat ' + {secret!r} + ' > ' + {written!r})",
    "start a process": "import subprocess\nprint(subprocess.check_output(['cat', {secret!r}]))",
    "read the environment": "import os\nprint(dict(os.environ))",
    "read one variable": "import os\nprint(os.getenv('PATH'))",
    "call native code": "import ctypes\nctypes.string_at(0)",
    "open a connection": "import socket\nsocket.create_connection(('127.0.0.1', 9))",
    "walk to every class": "print(().__class__.__bases__[0].__subclasses__())",
    "reach the globals of a function of ours": "print(_ask.__globals__)",
    "import by name": "print(__import__('os').popen('cat ' + {secret!r}).read())",
    "compile code that opens files": "exec('print(open(' + repr({secret!r}) + ').read())')",
    "see the frames of its caller": "import sys\nprint(sys._getframe(1).f_globals)",
}


async def probe_monty() -> Strength:
    """Make the attempts in a session that is used for nothing else."""
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="whence-outside-") as folder:
        secret, written = Path(folder, "secret"), Path(folder, "written")
        secret.write_text("a-word-that-nobody-knows", encoding="ascii")
        told = {"secret": str(secret), "folder": folder, "written": str(written)}
        environment = MontyEnvironment(Documents([], "text"), _refuse, limits=CellLimits(seconds=5.0))
        try:
            await environment.open()
            for name, code in ATTEMPTS.items():
                outcome = await environment.run(code.format(**told))
                if outcome.error is None or "nobody-knows" in outcome.output or written.exists():
                    found.append(name)
        finally:
            await environment.aclose()
    return Strength(
        "monty", (f"pydantic-monty {pm.__version__}", "a process of its own"), len(ATTEMPTS), tuple(found)
    )


async def _refuse(call: HostCall) -> JSON:
    return {"ok": False, "error": "nobody", "message": f"{call.kind} is not answered here"}
