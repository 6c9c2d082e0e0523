"""`whence identify`: what would answer the question, and the proof that it does; no data needed."""

from typing import TYPE_CHECKING, Annotated

import typer

from whence.cli.inputs import as_given
from whence.cli.options import Format, FormatOption, FullOption, GraphOption, LatentOption, OutOption
from whence.cli.output import REFUSED, check_writable, chosen_format, rendered, write

if TYPE_CHECKING:
    from whence.explanation.answer import Answer


def identify(
    query: Annotated[str, typer.Argument(help='Such as "P(y | do(x))" or "effect of x on y".')],
    graph: GraphOption = None,
    latent: LatentOption = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    out: OutOption = None,
    full: FullOption = False,
) -> int:
    """Find what would answer a query, and prove it; no data needed."""
    wanted = chosen_format(format, out)
    check_writable(out)
    from whence.engine.asking import ask

    answer = ask(query, None, as_given(graph, latent))
    text = page(answer, full=full) if wanted is Format.text else rendered(answer, wanted)
    write(text, out)
    return REFUSED if answer.estimand is None else 0


def page(answer: "Answer", *, full: bool) -> str:
    """The estimand and its proof, or why there is none."""
    from whence.cli.proofs import proof_text, visible_lines
    from whence.language.refusals import NotIdentified

    if answer.estimand is not None:
        return proof_text(answer.estimand, full=full)
    refusal = answer.refusal
    if refusal is None:
        return answer.text
    text = proof_text(refusal, full=full) if isinstance(refusal, NotIdentified) else f"{refusal.message}\n"
    helps = "".join(f"  - {each}\n" for each in refusal.would_help)
    return visible_lines(text + (f"\nWhat would help\n{helps}" if helps else ""))
