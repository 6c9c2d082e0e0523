"""The other side of `gil`: a fresh interpreter that imports modules one by one and says what became of the
lock.

It is started as `python -c START '[sys.path…]' module…` and writes a line of JSON for its start and one for
each module; it stops after the first that turned the lock on.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
import warnings

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "from whence.runtime.machine.importing import main; main(sys.argv[1:])"
)

_WARNING = re.compile(r"has been enabled to load module '([^']+)'")


def main(modules: list[str]) -> None:
    """Import them in order and tell of each."""
    telling = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a module prints must not end up among the lines
    print(json.dumps({"gil": _on()}), file=telling, flush=True)
    for module in modules:
        told = _told(module)
        print(json.dumps(told), file=telling, flush=True)
        if told["turned_on_by"] is not None:
            return


def _told(module: str) -> dict[str, str | bool | float | None]:
    before, began = _on(), time.process_time()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            importlib.import_module(module)
            found = True
        except ImportError:
            found = False
    names = [match[1] for warning in heard if (match := _WARNING.search(str(warning.message)))]
    culprit = (names[0] if names else module) if _on() and not before else None
    cpu = time.process_time() - began
    return {"module": module, "found": found, "gil": _on(), "cpu": cpu, "turned_on_by": culprit}


def _on() -> bool:
    ask = getattr(sys, "_is_gil_enabled", None)
    return True if ask is None else bool(ask())
