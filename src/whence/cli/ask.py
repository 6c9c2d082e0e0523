"""`whence ask`: a question, data and a graph in; a checked answer out."""

from typing import Annotated

import typer

from whence.cli.inputs import as_given, data_source, derived, sources
from whence.cli.options import (
    AssumeOption,
    BenchmarkOption,
    ClusterOption,
    DataOption,
    DeriveOption,
    DiffersOption,
    ErrorsOption,
    ExecutorOption,
    FormatOption,
    FullOption,
    GivenOption,
    GraphOption,
    JournalOption,
    LatentOption,
    LearnersOption,
    LevelOption,
    MethodOption,
    OutOption,
    PlaceboOption,
    RecordedOption,
    RecordOption,
    ReplicatesOption,
    SeedOption,
    StrictOption,
    WeightsOption,
    WhereOption,
)
from whence.cli.output import check_writable, chosen_format, exit_code, rendered, write
from whence.cli.progress import progress
from whence.cli.workers import at_work


def ask(
    question: Annotated[str, typer.Argument(help='Such as "effect of price on sales" or "P(y | do(x=1))".')],
    data: DataOption = None,
    graph: GraphOption = None,
    latent: LatentOption = None,
    given: GivenOption = None,
    differs: DiffersOption = None,
    recorded: RecordedOption = None,
    weights: WeightsOption = None,
    where: WhereOption = None,
    derive: DeriveOption = None,
    method: MethodOption = "auto",
    learners: LearnersOption = None,
    errors: ErrorsOption = "robust",
    cluster: ClusterOption = None,
    replicates: ReplicatesOption = None,
    placebo: PlaceboOption = None,
    benchmark: BenchmarkOption = None,
    assume: AssumeOption = None,
    seed: SeedOption = 0,
    level: LevelOption = 0.95,
    executor: ExecutorOption = None,
    journal: JournalOption = None,
    record: RecordOption = None,
    format: FormatOption = None,  # noqa: A002 - the name of the option
    out: OutOption = None,
    full: FullOption = False,
    strict: StrictOption = False,
) -> int:
    """Answer a causal question from data and a graph."""
    wanted = chosen_format(format, out)
    check_writable(out)
    from whence.engine.asking import ask as answered

    with progress(), at_work(executor, journal) as workers:
        answer = answered(
            question,
            data_source(data, graph),
            as_given(graph, latent),
            given=sources(given, differs, recorded),
            where=where,
            derive=derived(derive),
            weights=weights,
            method=method,
            learners=learners,
            errors=errors,
            clusters=cluster,
            replicates=replicates,
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
