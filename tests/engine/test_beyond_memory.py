"""Claims: a question is answered from data that do not fit into memory as it is from those that do."""

from pathlib import Path

import numpy as np
import pytest

import whence as wh
from whence.data.scanning import memory
from whence.engine import sampled
from whence.runtime.errors import InvalidWeights

ROWS = 3_000
GRAPH = "town -> drug -> well; town -> well"
QUESTION = "E[well | do(drug=1)] - E[well | do(drug=0)]"
LINEAR = "age -> dose -> pain; age -> pain"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = np.random.default_rng(5)
    town = chance.integers(0, 3, ROWS)
    drug = (chance.random(ROWS) < 0.3 + 0.2 * town).astype(int)
    well = (chance.random(ROWS) < 0.2 + 0.3 * drug + 0.1 * town).astype(int)
    age = chance.normal(40, 9, ROWS).round(3)
    dose = 0.1 * age + chance.normal(size=ROWS)
    pain = 2 * dose - 0.2 * age + chance.normal(size=ROWS)
    named = {"town": np.array(["ash", "elm", "fir"])[town], "drug": drug, "well": well}
    named |= {"age": age, "dose": dose, "pain": pain}
    lines = [",".join(named), *(",".join(map(str, row)) for row in zip(*named.values(), strict=True))]
    path = tmp_path_factory.mktemp("data") / "trial.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "CERTAINLY_FITS", 0)
    monkeypatch.setattr(memory, "available", lambda: 1_000)


def test_a_file_that_would_not_fit_is_read_in_blocks_and_the_answer_says_so(
    file: Path, no_memory: None
) -> None:
    answer = wh.ask(QUESTION, file, GRAPH)
    assert any("read in blocks" in warning.message for warning in answer.warnings)
    held = wh.ask(QUESTION, wh.table(file), GRAPH)
    assert (answer.estimate.value, answer.estimate.se) == (held.estimate.value, held.estimate.se)
    assert answer.provenance["data_sha256"] == held.provenance["data_sha256"]
    assert answer.provenance["rows"] == ROWS
    assert "--data" in answer.provenance["command"]


def test_a_file_that_fits_is_a_table_in_memory(file: Path) -> None:
    assert memory.fits(file)
    assert not any("in blocks" in warning.message for warning in wh.ask(QUESTION, file, GRAPH).warnings)


def test_the_memory_that_is_free_is_what_the_system_and_the_container_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 9 kB\nMemAvailable: 5 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", told)
    assert memory.available() == 5 * 1024
    monkeypatch.setattr(memory, "memory_limit", lambda: 2_000)
    assert memory.available() == 2_000


@pytest.mark.parametrize(
    ("question", "graph", "options"),
    [
        (QUESTION, GRAPH, {}),
        ("P(well=1 | drug=1)", None, {}),
        ("ATE(dose -> pain)", LINEAR, {"method": "ols"}),
        ("ATE(dose -> pain)", LINEAR, {"method": "plr", "learners": "linear"}),
        ("effect of drug on well", GRAPH, {"where": "age > 30", "derive": {"old": "age > 60"}}),
        ("effect of dose on well", "drug -> well; dose", {}),
    ],
)
def test_the_digits_of_an_answer_from_blocks_are_those_from_memory(
    file: Path, question: str, graph: str | None, options: dict[str, object]
) -> None:
    there = wh.ask(question, wh.scan(file), graph, **options)
    here = wh.ask(question, wh.table(file), graph, **options)
    assert there.status == here.status
    assert there.estimate.value == here.estimate.value
    assert there.estimate.se == here.estimate.se
    assert there.estimate.interval == here.estimate.interval
    assert there.estimate.n == here.estimate.n
    assert [str(check.sentence) for check in there.refutations] == [str(c.sentence) for c in here.refutations]


def test_the_checks_of_a_large_answer_are_made_on_a_sample_and_say_so(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampled, "MOST_SAMPLED", 1_000)
    answer = wh.ask("ATE(dose -> pain)", wh.scan(file), LINEAR, method="ols")
    looked = [check for check in answer.refutations if check.statistic is not None or check.p is not None]
    assert len(looked) > 3
    for check in looked:
        assert check.sentence.startswith("On a random sample of 1,000 of the 3,000 rows: ")
    again = wh.ask("ATE(dose -> pain)", wh.scan(file), LINEAR, method="ols")
    assert [check.to_dict() for check in again.refutations] == [
        check.to_dict() for check in answer.refutations
    ]
    assert answer.estimate.n == ROWS


def test_limits_of_an_answer_are_those_of_the_rows_in_memory(file: Path) -> None:
    graph = "drug -> well; drug <-> well; town"
    there, here = (wh.ask(QUESTION, data, graph) for data in (wh.scan(file), wh.table(file)))
    assert there.bounds is not None
    assert {k: v for k, v in there.bounds.items() if k != "notes"} == {
        k: v for k, v in (here.bounds or {}).items() if k != "notes"
    }


def test_a_level_that_nobody_has_is_refused_with_those_near_it(file: Path) -> None:
    for data in (wh.scan(file), wh.table(file)):
        with pytest.raises(wh.WhenceError, match="fir"):
            wh.ask('P(well=1 | town="oak")', data)


def test_a_folder_of_parts_is_asked_like_one_table(file: Path, tmp_path: Path) -> None:
    import duckdb

    for place, rows in enumerate(("LIMIT 1000", "OFFSET 1000")):
        part = tmp_path / f"part{place}.parquet"
        duckdb.sql(f"COPY (FROM '{file}' {rows}) TO '{part}' (FORMAT parquet)")
    whole = wh.ask(QUESTION, wh.table(file), GRAPH)
    for source in (tmp_path, tmp_path / "*.parquet"):
        assert wh.ask(QUESTION, source, GRAPH).estimate.value == whole.estimate.value


def test_rows_read_in_blocks_take_no_weights(file: Path) -> None:
    with pytest.raises(InvalidWeights, match="read in blocks have no weights"):
        wh.ask(QUESTION, wh.scan(file), GRAPH, weights="age")
