"""`whence ask`: a question, data and a graph in; a checked answer out."""

from typing import Annotated

import typer

from whence.cli.inputs import as_given, data_source, derived
from whence.cli.options import (
    DataOption,
    DeriveOption,
    FormatOption,
    FullOption,
    GraphOption,
    LatentOption,
    LevelOption,
    OutOption,
    SeedOption,
    StrictOption,
    WeightsOption,
    WhereOption,
    WorkersOption,
)
from whence.cli.output import check_writable, chosen_format, exit_code, rendered, write
from whence.cli.progress import progress


def ask(
    question: Annotated[str, typer.Argument(help='Such as "effect of price on sales" or "P(y | do(x=1))".')],
    data: DataOption = None,
    graph: GraphOption = None,
    latent: LatentOption = None,
    weights: WeightsOption = None,
    where: WhereOption = None,
    derive: DeriveOption = None,
    method: Annotated[str, typer.Option("--method", help="auto, aipw, plr, ols or plug-in.")] = "auto",
    learners: Annotated[str | None, typer.Option("--learners", help="auto, linear or boosted.")] = None,
    errors: Annotated[str, typer.Option("--errors", help="robust or classical.")] = "robust",
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Column of clusters for the errors.")
    ] = None,
    placebo: Annotated[
        list[str] | None, typer.Option("--placebo", help="An outcome that cannot be affected. Repeatable.")
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option("--benchmark", help="Covariate to compare confounding with. Repeatable."),
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option("--assume", help="Such as monotone(x -> y). Repeatable.")
    ] = None,
    seed: SeedOption = 0,
    level: LevelOption = 0.95,
    workers: WorkersOption = None,
    record: Annotated[str | None, typer.Option("--record", help="Append the answer to this record.")] = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    out: OutOption = None,
    full: FullOption = False,
    strict: StrictOption = False,
) -> int:
    """Answer a causal question from data and a graph."""
    wanted = chosen_format(format, out)
    check_writable(out)
    from whence.engine.asking import ask as answered

    with progress():
        answer = answered(
            question,
            data_source(data, graph),
            as_given(graph, latent),
            where=where,
            derive=derived(derive),
            weights=weights,
            method=method,
            learners=learners,
            errors=errors,
            clusters=cluster,
            placebo_outcomes=placebo or (),
            benchmarks=benchmark or (),
            assume=assume or (),
            seed=seed,
            level=level,
            record=record,
            executor=workers,
        )
    write(rendered(answer, wanted, full=full, to_file=out is not None), out)
    return exit_code(answer, strict=strict)
