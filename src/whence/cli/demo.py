"""`whence demo`: did job training raise earnings? A causal question on real data, answered whole.

The National Supported Work programme trained men at random, so its own controls tell the truth. Here those controls
are thrown away and men of the Current Population Survey stand in their place, as LaLonde (1986) did; the answer from
such data is then set beside the experiment's.
"""

from pathlib import Path
from typing import Annotated

import typer

from whence.cli.options import FullOption, SeedOption
from whence.cli.output import write
from whence.cli.progress import progress

QUESTION = "ATT(treat -> re78)"
BEFORE = "{age, education, black, hispanic, married, nodegree, re74, re75, u74, u75}"
GRAPH = f"{BEFORE} -> treat -> re78; {BEFORE} -> re78"
NO_EARNINGS = {"u74": "re74 = 0", "u75": "re75 = 0"}
PLACEBO = "re75"

INTRODUCTION = """\
Did job training raise earnings among those who were trained?
185 men trained by the National Supported Work programme, against 15,992 men of the Current Population Survey.
"""

AFTERWARDS = """\
Beside it, the experiment
  The programme was randomised, so its own controls tell the truth: {truth} ({interval}).
  Without them, the plain difference of means says {naive}; adjusted as above, {value}.
{verdict}
Try next
  whence ask "ATT(treat -> re78)" --data {data} --graph "treat -> re78"
  whence graph "season -> price -> sales; season -> sales" --effect "price -> sales"
  whence ask "effect of A on B" --data your.csv --graph "Z -> A -> B; Z -> B"
"""


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the report.")] = Path(
        "report.html"
    ),
    seed: SeedOption = 0,
    full: FullOption = False,
) -> int:
    """Answer the job-training question on bundled data, and write report.html."""
    from whence.cli.options import Format
    from whence.cli.output import check_writable, rendered
    from whence.engine.asking import ask
    from whence.examples import path

    check_writable(out)
    with progress():
        answer = ask(
            QUESTION, path("lalonde"), GRAPH, derive=NO_EARNINGS, placebo_outcomes=[PLACEBO], seed=seed
        )
        experiment = ask(QUESTION, path("nsw"), "treat -> re78", method="ols", seed=seed)
    write(INTRODUCTION, None)
    write(rendered(answer, Format.text, full=full), None)
    write(afterwards(answer, experiment, str(path("nsw"))), None)
    write(rendered(answer, Format.html, full=True), out)
    return 0
