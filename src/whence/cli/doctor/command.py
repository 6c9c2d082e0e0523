"""`whence doctor`: what this machine and this interpreter do with several cores, and what Whence makes of it.

whence doctor             the page, in less than a minute; what was measured is kept for the policy
whence doctor --quick     in some seconds, less exactly
whence doctor --json      the same as JSON
"""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from whence.cli.output import write
from whence.cli.progress import Line
from whence.runtime.events import Event, Progress, Started, listening

JsonOption = Annotated[bool, typer.Option("--json", help="Write what was found as JSON.")]
QuickOption = Annotated[bool, typer.Option("--quick", help="Measure for some seconds only.")]
SaveOption = Annotated[
    bool, typer.Option("--no-save", help="Do not keep what was measured for the choice of backends.")
]


def doctor(as_json: JsonOption = False, quick: QuickOption = False, no_save: SaveOption = False) -> int:
    """See what several cores gain on this machine."""
    from whence.cli.doctor.checkup import QUICK, THOROUGH, checkup
    from whence.cli.doctor.report import to_text
    from whence.runtime.executor.automatic.calibration import save

    with stages():
        found = checkup(QUICK if quick else THOROUGH)
    kept = None if no_save else save(found.calibration)
    if as_json:
        told = {**found.to_dict(), "saved": None if kept is None else str(kept)}
        write(json.dumps(told, ensure_ascii=False, indent=2), None)
    else:
        write(to_text(found, kept), None)
    return 0


@contextmanager
def stages() -> Generator[None]:
    """Show on one line of stderr what is being looked at, if that is a terminal.

    What is measured is work of Whence's own, which tells of its stages too; those are not shown.
    """
    from whence.cli.doctor.work import OF_THE_DOCTOR

    if not sys.stderr.isatty():
        yield
        return
    line, shown = Line(sys.stderr), ""

    def hear(event: Event) -> None:
        nonlocal shown
        if not isinstance(event, Started | Progress) or not event.stage.startswith(OF_THE_DOCTOR):
            return
        if event.stage != shown:
            shown = event.stage
            line.write(shown.removeprefix(OF_THE_DOCTOR))

    try:
        with listening(hear):
            yield
    finally:
        line.clear()
