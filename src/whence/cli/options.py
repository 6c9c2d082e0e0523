"""The options that several commands share, each declared once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How an answer is written."""

    text = "text"
    json = "json"
    md = "md"
    html = "html"
    latex = "latex"


class Plain(StrEnum):
    """How a result that is no answer is written."""

    text = "text"
    json = "json"


DataOption = Annotated[
    str | None, typer.Option("--data", "-d", help="CSV, Parquet or Arrow file; - reads CSV from stdin.")
]
GraphOption = Annotated[
    str | None,
    typer.Option("--graph", "-g", help="A graph (x -> y; z -> x), or a file of one; - reads stdin."),
]
LatentOption = Annotated[
    list[str] | None,
    typer.Option("--latent", help="A node of the graph that was never measured. Repeatable."),
]
GivenOption = Annotated[
    list[str] | None,
    typer.Option("--given", help='A distribution at hand, e.g. "P@trial(y | do(z))". Repeatable.'),
]
DiffersOption = Annotated[
    list[str] | None,
    typer.Option("--differs", help="What may differ in a population of --given, e.g. trial:z,w. Repeatable."),
]
RecordedOption = Annotated[
    list[str] | None,
    typer.Option("--recorded", help='A variable seen only where another is 1, e.g. x:r; "x*" in --given.'),
]
WeightsOption = Annotated[str | None, typer.Option("--weights", help="Column of counts or of probabilities.")]
WhereOption = Annotated[str | None, typer.Option("--where", help="Keep these rows, e.g. 'year > 2020'.")]
DeriveOption = Annotated[
    list[str] | None, typer.Option("--derive", help="A new column, e.g. 'u74=re74 = 0'. Repeatable.")
]
MethodOption = Annotated[str, typer.Option("--method", help="auto, aipw, plr, ols or plug-in.")]
LearnersOption = Annotated[str | None, typer.Option("--learners", help="auto, linear or boosted.")]
ErrorsOption = Annotated[str, typer.Option("--errors", help="robust, classical or bootstrap.")]
ReplicatesOption = Annotated[
    int | None, typer.Option("--replicates", help="Bootstrap samples; implies --errors bootstrap.", min=25)
]
ClusterOption = Annotated[str | None, typer.Option("--cluster", help="Column of clusters for the errors.")]
PlaceboOption = Annotated[
    list[str] | None, typer.Option("--placebo", help="An outcome that cannot be affected. Repeatable.")
]
BenchmarkOption = Annotated[
    list[str] | None, typer.Option("--benchmark", help="Covariate to compare confounding with. Repeatable.")
]
AssumeOption = Annotated[
    list[str] | None, typer.Option("--assume", help="Such as monotone(x -> y). Repeatable.")
]
RecordOption = Annotated[str | None, typer.Option("--record", help="Append the answer to this record.")]
LevelOption = Annotated[float, typer.Option("--level", help="Coverage of the interval.", min=0.5, max=0.999)]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of everything random.", min=0)]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write here; the format follows the ending.")
]
FormatOption = Annotated[Format | None, typer.Option("--format", "-f", help="How to write the answer.")]
PlainOption = Annotated[Plain, typer.Option("--format", "-f", help="How to write the result.")]
FullOption = Annotated[bool, typer.Option("--full", help="Show the proof and the whole ledger.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 4 if a refutation failed.")]
ExecutorOption = Annotated[
    str | None, typer.Option("--executor", "--workers", help="serial, threads:4, processes:2, dask, …")
]
JournalOption = Annotated[
    Path | None, typer.Option("--journal", help="Keep every result here; run it again to go on from there.")
]
