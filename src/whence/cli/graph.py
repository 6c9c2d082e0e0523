"""`whence graph`: what a graph implies, what adjustment it offers, and what data say of it."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from whence.cli.inputs import data_source, derived, knowledge
from whence.cli.options import (
    DataOption,
    DeriveOption,
    LatentOption,
    Plain,
    PlainOption,
    WeightsOption,
    WhereOption,
)
from whence.cli.output import write
from whence.runtime.errors import GraphSyntax

if TYPE_CHECKING:
    from whence.language.graph import Graph


class Written(StrEnum):
    """The languages that graphs are written in."""

    arrows = "arrows"
    dagitty = "dagitty"
    dot = "dot"
    gml = "gml"
    json = "json"


def graph(
    source: Annotated[str, typer.Argument(help="A graph (x -> y; z -> x), or a file of one; - reads stdin.")],
    effect: Annotated[str | None, typer.Option("--effect", help='What to adjust for, for "x -> y".')] = None,
    to: Annotated[
        Written | None, typer.Option("--to", help="Write the graph in this language instead.")
    ] = None,
    latent: LatentOption = None,
    data: DataOption = None,
    weights: WeightsOption = None,
    where: WhereOption = None,
    derive: DeriveOption = None,
    format: PlainOption = Plain.text,  # noqa: A002 - the name of the option
) -> int:
    """Show what a graph implies, and what data say of it."""
    known = knowledge(source, latent)
    assert known is not None
    if to is not None:
        from whence.language.graph_text import write as written

        write(written(known, to.value), None)
        return 0
    from whence.cli.graph_report import report, report_text

    found = data_source(data, source)
    told = report(known, ends(effect, known), found, weights=weights, where=where, derive=derived(derive))
    write(json.dumps(told, ensure_ascii=False, indent=2) if format is Plain.json else report_text(told), None)
    return 0


def ends(effect: str | None, known: "Graph") -> tuple[str, str] | None:
    """The two ends of "x -> y", checked to be observed nodes."""
    if effect is None:
        return None
    parts = [part.strip().strip('"') for part in effect.split("->")]
    if len(parts) != 2 or not all(parts):
        raise GraphSyntax(effect, len(effect), "The effect is not written as x -> y.", 'Write "x -> y".')
    for name in parts:
        known.number(name)
    return parts[0], parts[1]
