"""`whence identify`: what would answer the question, and the proof that it does; no data needed."""

from typing import TYPE_CHECKING, Annotated

import typer

from whence.cli.inputs import as_given, knowledge, sources
from whence.cli.options import (
    DiffersOption,
    Format,
    FormatOption,
    FullOption,
    GivenOption,
    GraphOption,
    LatentOption,
    OutOption,
    RecordedOption,
)
from whence.cli.output import REFUSED, check_writable, chosen_format, rendered, write

if TYPE_CHECKING:
    from whence.language.estimand import Estimand
    from whence.language.refusals import Refusal
    from whence.language.source import Source


def identify(
    query: Annotated[str, typer.Argument(help='Such as "P(y | do(x))" or "effect of x on y".')],
    graph: GraphOption = None,
    latent: LatentOption = None,
    given: GivenOption = None,
    differs: DiffersOption = None,
    recorded: RecordedOption = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    out: OutOption = None,
    full: FullOption = False,
) -> int:
    """Find what would answer a query, and prove it; no data needed."""
    wanted = chosen_format(format, out)
    check_writable(out)
    from whence.language.estimand import Estimand

    if wanted is Format.text:
        found = proved(query, graph, latent, sources(given, differs, recorded))
        write(page(found, full=full), out)
        return 0 if isinstance(found, Estimand) else REFUSED
    from whence.engine.asking import ask

    answer = ask(query, None, as_given(graph, latent), given=sources(given, differs, recorded))
    write(rendered(answer, wanted), out)
    return REFUSED if answer.estimand is None else 0


def proved(
    query: str, graph: str | None, latent: list[str] | None, given: "list[Source] | None" = None
) -> "Estimand | Refusal":
    """The estimand or the refusal, its proof checked; loads nothing that only data need."""
    from whence.engine.proving import identify, verify
    from whence.language.questions import question

    known = knowledge(graph, latent)
    asked, _ = question(query, () if known is None else known.nodes)
    found = identify(asked, known, given)
    verify(found)
    return found


def page(found: "Estimand | Refusal", *, full: bool) -> str:
    """The estimand and its proof, or why there is none."""
    from whence.cli.proofs import proof_text, visible_lines
    from whence.language.estimand import Estimand
    from whence.language.refusals import NotIdentified

    if isinstance(found, Estimand):
        return proof_text(found, full=full)
    text = (
        proof_text(found, full=full, why=True) if isinstance(found, NotIdentified) else f"{found.message}\n"
    )
    helps = "".join(f"  - {each}\n" for each in found.would_help)
    return visible_lines(text + (f"\nWhat would help\n{helps}" if helps else ""))
