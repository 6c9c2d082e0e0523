"""Make the bundled Parquet files from the PyPI package causaldata (MIT).

    python tools/make_examples.py

Columns are renamed to the names of the literature and stored in the smallest type that holds them; values
are not touched. The figures everybody knows are checked before anything is written.
"""

import math
from pathlib import Path

import causaldata
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

EXAMPLES = Path(__file__).parent.parent / "src" / "whence" / "examples"
RENAMED = {"educ": "education", "hisp": "hispanic", "marr": "married"}
MEN = ["treat", "age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75", "re78"]
SMOKERS = {
    "qsmk": "int8", "wt82_71": "float64", "sex": "int8", "race": "int8", "age": "int8", "education": "int8",
    "smokeintensity": "int8", "smokeyrs": "int8", "exercise": "int8", "active": "int8", "wt71": "float64",
    "death": "int8",
}  # fmt: skip


def job_training() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The experiment (445 men) and its trained men beside the survey's (16,177 men)."""
    experiment = causaldata.nsw_mixtape.load_pandas().data.rename(columns=RENAMED)[MEN]
    survey = causaldata.cps_mixtape.load_pandas().data.rename(columns=RENAMED)[MEN]
    trained = experiment[experiment["treat"] == 1]
    return experiment, pd.concat([trained, survey], ignore_index=True)


def smokers() -> pd.DataFrame:
    """The smokers of 1971 with the variables that What If adjusts for."""
    frame = causaldata.nhefs.load_pandas().data
    return pd.DataFrame({name: frame[name].astype(kind) for name, kind in SMOKERS.items()})


def difference(frame: pd.DataFrame, treatment: str, outcome: str) -> float:
    """The difference in means of the two arms."""
    means = frame.astype({outcome: "float64"}).groupby(treatment)[outcome].mean()
    return float(means[1] - means[0])


def write(frame: pd.DataFrame, name: str) -> None:
    """One compressed file, no pandas metadata inside."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, EXAMPLES / name, compression="zstd", compression_level=19)


def main() -> None:
    """Make and check every file."""
    experiment, observed = job_training()
    quitters = smokers()
    assert (len(experiment), len(observed), len(quitters)) == (445, 16_177, 1_629)
    assert math.isclose(difference(experiment, "treat", "re78"), 1794.34, abs_tol=0.01)
    assert math.isclose(difference(observed, "treat", "re78"), -8497.52, abs_tol=0.01)
    assert math.isclose(difference(quitters, "qsmk", "wt82_71"), 2.5406, abs_tol=0.0001)
    write(experiment, "nsw.parquet")
    write(observed, "lalonde.parquet")
    write(quitters, "nhefs.parquet")


if __name__ == "__main__":
    main()
