"""`whence demo`: did job training raise earnings? A causal question on real data, answered whole.

The National Supported Work programme chose by lot whom it trained, so its own controls tell the truth. Here
those controls are thrown away and men of a population survey stand in their place; the answer from such data
is set beside the experiment's.


LaLonde, R. (1986). Evaluating the econometric evaluations of training programs. American Economic Review 76.
Dehejia, R. and Wahba, S. (1999). Causal effects in nonexperimental studies. JASA 94.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from whence.cli.options import Format, FullOption, SeedOption
from whence.cli.output import check_writable, rendered, write
from whence.cli.progress import progress

if TYPE_CHECKING:
    from whence.explanation.answer import Answer

QUESTION = "ATT(treat -> re78)"
BEFORE = "{age, education, black, hispanic, married, nodegree, re74, re75, u74, u75}"
GRAPH = f"{BEFORE} -> treat -> re78; {BEFORE} -> re78"
NO_EARNINGS = {"u74": "re74 = 0", "u75": "re75 = 0"}
PLACEBO = "re75"
WORDS = {
    "treat": {"label": "training", "among": "those trained"},
    "re78": {"label": "1978 earnings", "unit": "$"},
}

BEFORE_ALL = """\
Did job training raise earnings, among the men who were trained?
The 185 men trained by the National Supported Work programme are compared with 15,992 men of the Current
Population Survey, as alike in background and past earnings as ten covariates can make them.
"""

AFTER_ALL = """\
Beside it, the experiment
  The programme had chosen by lot whom to train. Its own controls say {truth}.
  Without them, the plain comparison says {naive}; the answer above says {value}.

Try next
  whence demo --full
  whence graph "season -> price -> sales; season -> sales" --effect "price -> sales"
  whence identify "P(sales | do(price))" --graph "price -> demand -> sales; price <-> sales" --full
  whence ask "effect of A on B" --data your.csv --graph "Z -> A -> B; Z -> B"
"""


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the report goes.")] = Path("report.html"),
    seed: SeedOption = 0,
    full: FullOption = False,
) -> int:
    """Answer a question on bundled data, and write report.html."""
    check_writable(out)
    from whence.engine.asking import ask
    from whence.examples import path

    with progress():
        trained = ask(
            QUESTION, path("lalonde"), GRAPH, derive=NO_EARNINGS, placebo_outcomes=[PLACEBO], seed=seed
        )
        lots = ask(QUESTION, path("nsw"), "treat -> re78", method="ols", seed=seed)
    answer = worded(trained)
    write(BEFORE_ALL + "\n" + rendered(answer, Format.text, full=full) + "\n" + beside(answer, lots), None)
    write(rendered(answer, Format.html), out)
    return 0


def worded(answer: "Answer") -> "Answer":
    """The answer in words for people, to be made again by this very command."""
    named = answer.labelled(WORDS)
    return replace(named, provenance={**named.provenance, "command": "whence demo"})


def beside(answer: "Answer", lots: "Answer") -> str:
    """The experiment's answer beside ours, and what to try next."""
    from whence.explanation.figures import interval, number

    ours, truth = answer.estimate, lots.estimate
    if ours is None or truth is None or ours.naive is None:
        return answer.text
    certain = f"{number(truth.value, '$')} (95 %: {interval(truth.interval, '$')})" if truth.interval else ""
    return AFTER_ALL.format(truth=certain, naive=number(ours.naive, "$"), value=number(ours.value, "$"))
