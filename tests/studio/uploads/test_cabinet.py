"""Claims about the cabinet: each table once, under its hash, whole or not at all, within its room."""

import asyncio
import os
import stat
import time
from dataclasses import replace

import pandas as pd
import pytest

from studio.uploads.reader import confined
from whence import ask
from whence.data import reading as data_reading
from whence.data.reading import table
from whence.examples import path
from whence.runtime.aside import aside
from whence.runtime.background import in_thread
from whence.runtime.errors import Cancelled, InvalidFilter, MissingFile, UnknownColumn, UnreadableData
from whence.studio.projects.sheet import Dataset, Sheet
from whence.studio.settings import MB, Settings
from whence.studio.uploads.cabinet import Cabinet
from whence.studio.uploads.errors import BrokenStore, NoRoom, UnknownDataset

SHOP = "x,y,n\n1,0.5,3\n2,1.5,4\n1,,5\n"


@pytest.fixture
def cabinet(tmp_path):
    return Cabinet(tmp_path / "home", Settings(home=tmp_path / "home"))


@pytest.fixture
def receive(tmp_path):
    """A function that puts a received file somewhere."""

    def put(content: str | bytes = SHOP):
        place = tmp_path / "received"
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return place

    return put


def again(cabinet):
    """The cabinet of a server that was started anew."""
    return Cabinet(cabinet.settings.home, cabinet.settings)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────


@confined
def test_a_file_is_taken_in_and_given_out(cabinet, receive, tmp_path):
    told = []
    dataset = cabinet.take(receive(), "shop.csv", on_progress=told.append)
    (tmp_path / "shop.csv").write_text(SHOP)
    straight = table(tmp_path / "shop.csv")
    assert dataset == Dataset(straight.sha256, "shop.csv")
    assert told == ["Checking the file", "Reading the columns", "Storing the columns"]
    for one in (cabinet, again(cabinet)):
        found = one.table(dataset)
        assert (found.sha256, found.source, found.notes) == (straight.sha256, straight.source, straight.notes)


@confined
def test_the_file_is_kept_as_it_came_and_gone_from_where_it_was(cabinet, receive):
    received = receive()
    dataset = cabinet.take(received, "../../shop.csv")
    kept = cabinet.file(dataset)
    assert kept.read_text() == SHOP
    assert not received.exists()
    assert (kept.name, kept.parent.name) == ("original.csv", dataset.key)
    assert dataset.label == "shop.csv"


@confined
def test_nobody_else_may_read_what_is_stored(cabinet, receive):
    kept = cabinet.file(cabinet.take(receive(), "shop.csv"))
    for file in kept.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


@confined
def test_the_same_table_is_stored_once_whatever_file_it_came_in(cabinet, receive, tmp_path):

    first = cabinet.take(receive(), "shop.csv")
    pd.DataFrame({"x": [1, 2, 1], "y": [0.5, 1.5, None], "n": [3, 4, 5]}).to_parquet(tmp_path / "p")
    second = cabinet.take(receive((tmp_path / "p").read_bytes()), "other.parquet")
    assert second.key == first.key
    assert [folder.name for folder in cabinet.folder.iterdir()] == [first.key]
    assert cabinet.table(second).source == 'the file "other.parquet"'
    assert cabinet.table(first).source == 'the file "shop.csv"'


@confined
def test_a_file_that_cannot_be_read_leaves_nothing_behind(cabinet, receive):
    received = receive(b"x\n\0\n")
    with pytest.raises(UnreadableData, match=r'the file "bad\.csv"'):
        cabinet.take(received, "bad.csv")
    assert not received.exists()
    assert not list(cabinet.folder.glob("*"))


def test_a_file_that_is_not_there_is_missing(cabinet, tmp_path):
    with pytest.raises(MissingFile, match=r"shop\.csv"):
        cabinet.take(tmp_path / "nowhere", "shop.csv")


@confined
def test_a_reading_that_is_not_wanted_any_more_ends(cabinet, receive):
    received = receive()
    with pytest.raises(Cancelled):
        cabinet.take(received, "shop.csv", cancelled=lambda: True)
    assert not received.exists()


@confined
def test_a_file_of_ones_own_stays_where_it_is(cabinet, tmp_path):
    (tmp_path / "shop.csv").write_text(SHOP)
    dataset = cabinet.bring(tmp_path / "shop.csv")
    assert (tmp_path / "shop.csv").read_text() == SHOP
    assert (dataset.label, cabinet.table(dataset).rows) == ("shop.csv", 3)
    assert [folder.name for folder in cabinet.folder.iterdir()] == [dataset.key]
    with pytest.raises(MissingFile):
        cabinet.bring(tmp_path / "nowhere.csv")


@confined
def test_files_that_come_at_once_are_all_taken_in(cabinet, tmp_path):
    for place in range(5):
        (tmp_path / f"r{place}").write_text(f"x\n{place}\n")

    async def all_of_them():
        def taking(place):
            return aside(lambda: cabinet.take(tmp_path / f"r{place}", f"{place}.csv"))

        return await asyncio.gather(*[taking(place) for place in range(5)])

    taken = asyncio.run(all_of_them())
    found = [cabinet.table(dataset).column("x").python_values() for dataset in taken]
    assert found == [[place] for place in range(5)]


# ── examples ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_example_needs_no_confinement(cabinet):
    dataset = cabinet.example("lalonde")
    assert dataset.example == dataset.label == "lalonde"
    assert cabinet.table(dataset).sha256 == table(path("lalonde")).sha256
    assert cabinet.file(dataset) == path("lalonde")
    assert cabinet.used == 0


def test_an_example_that_is_none_is_missing(cabinet):
    with pytest.raises(MissingFile):
        cabinet.example("../../etc/passwd")


def test_an_example_that_has_changed_is_not_passed_off_as_the_old_one(cabinet):
    with pytest.raises(UnknownDataset):
        cabinet.table(replace(cabinet.example("drug"), key="0" * 64))


# ── as a sheet wants it ─────────────────────────────────────────────────────────────────────────────────────


def sheet(cabinet, name="lalonde", **said):
    return Sheet(data=cabinet.example(name), **said)


def test_a_sheet_without_wishes_has_the_table_as_it_is(cabinet):
    assert cabinet.prepared(sheet(cabinet)) is cabinet.table(cabinet.example("lalonde"))


def test_a_table_is_prepared_as_ask_would_do_it(cabinet):
    wish = {"derive": {"u74": "re74 = 0"}, "where": "age > 30"}
    prepared = cabinet.prepared(sheet(cabinet, **wish))
    answer = ask("effect of treat on re78", data=path("lalonde"), graph="treat -> re78; u74 -> re78", **wish)
    assert prepared.sha256 == answer.provenance["data_sha256"]
    assert prepared.sha256 == table(path("lalonde"), **wish).sha256


def test_weights_are_those_of_the_column_that_is_for_them(cabinet):
    prepared = cabinet.prepared(sheet(cabinet, "kidney_stones", parts={"count": "weights"}))
    assert (prepared.weights, prepared.n) == ("count", 700)
    shown = cabinet.summary(sheet(cabinet, "kidney_stones", parts={"count": "weights"}))
    assert "count" in [column.name for column in shown.columns]


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"where": "agee > 3"}, UnknownColumn),
        ({"where": "SELECT 1"}, InvalidFilter),
        ({"derive": {"z": "read_text('/etc/passwd')"}}, InvalidFilter),
    ],
)
def test_a_wish_that_cannot_be_met_is_a_typed_error(cabinet, wish, error):
    with pytest.raises(error):
        cabinet.prepared(sheet(cabinet, **wish))


def test_a_sheet_without_data_has_no_table(cabinet):
    with pytest.raises(UnknownDataset):
        cabinet.prepared(Sheet())


def test_one_table_is_prepared_at_a_time_and_the_same_one_once(cabinet, monkeypatch):
    going, most, made = 0, 0, 0
    plain = data_reading.table

    def watched(*given, **more):
        nonlocal going, most, made
        going, made = going + 1, made + 1
        most = max(most, going)
        time.sleep(0.02)
        try:
            return plain(*given, **more)
        finally:
            going -= 1

    wished = [sheet(cabinet, where=f"age > {20 + i % 3}") for i in range(6)]
    monkeypatch.setattr(data_reading, "table", watched)

    async def together():
        return await asyncio.gather(*(in_thread(cabinet.prepared, each) for each in wished))

    assert len(set(map(id, asyncio.run(together())))) == 3
    assert (most, made) == (1, 3)


def test_what_was_prepared_and_summed_up_is_remembered(cabinet):
    wish = sheet(cabinet, where="age > 30")
    assert cabinet.prepared(wish) is cabinet.prepared(replace(wish, title="another"))
    assert cabinet.summary(wish) is cabinet.summary(replace(wish, question="?"))
    assert cabinet.summary(wish) is not cabinet.summary(replace(wish, where="age > 31"))
    assert cabinet.summary(wish).label == "lalonde"


def test_memory_for_tables_is_bounded(cabinet, monkeypatch):
    monkeypatch.setattr("whence.studio.uploads.cabinet.REMEMBERED_BYTES", 5 * MB)
    for age in range(20, 50):
        cabinet.prepared(sheet(cabinet, where=f"age > {age}"))
    assert sum(size for _, size in cabinet._tables.values()) <= 5 * MB
    assert len(cabinet._tables) >= 1


# ── what is stored ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../secret", "/etc", "0" * 63, "0" * 64, "A" * 64, "0" * 64 + "\n"]
)
def test_a_key_that_is_none_of_ours_leads_nowhere(cabinet, key, tmp_path):
    (tmp_path / "home" / "data").mkdir(parents=True)
    for give in (cabinet.table, cabinet.file):
        with pytest.raises(UnknownDataset):
            give(Dataset(key, "shop.csv"))


@confined
def test_columns_that_were_changed_on_disk_are_refused(cabinet, receive):
    dataset = cabinet.take(receive(), "shop.csv")
    arrays = cabinet.file(dataset).with_name("columns.npy")
    changed = bytearray(arrays.read_bytes())
    changed[-1] ^= 1
    arrays.write_bytes(changed)
    with pytest.raises(BrokenStore):
        again(cabinet).table(dataset)


@confined
def test_there_is_no_more_room_than_was_given(cabinet, receive):
    dataset = cabinet.take(receive(), "shop.csv")
    small = replace(cabinet.settings, stored_bytes=cabinet.used + 10)
    narrow = Cabinet(small.home, small)
    received = receive("z\n" + "1\n" * 500)
    with pytest.raises(NoRoom):
        narrow.take(received, "more.csv")
    assert not received.exists()
    assert [folder.name for folder in cabinet.folder.iterdir()] == [dataset.key]


@confined
def test_room_counts_what_the_columns_take_too(cabinet, receive):
    small = replace(cabinet.settings, stored_bytes=4_100)
    narrow = Cabinet(small.home, small)
    with pytest.raises(NoRoom):
        narrow.take(receive("z\n" + "1\n" * 500), "more.csv")
    assert narrow.used == 0


@confined
def test_what_no_project_needs_is_swept_away(cabinet, receive):
    first = cabinet.take(receive(), "shop.csv")
    second = cabinet.take(receive("z\n1\n2\n"), "z.csv")
    (cabinet.folder / ".begun-0123").mkdir()
    (cabinet.folder / "notes.txt").mkdir()
    assert cabinet.sweep({first.key}) > 0
    assert sorted(folder.name for folder in cabinet.folder.iterdir()) == sorted([first.key, "notes.txt"])
    with pytest.raises(UnknownDataset):
        again(cabinet).table(second)
    assert again(cabinet).table(first).rows == 3


@confined
def test_what_was_half_written_is_not_seen_and_is_written_anew(cabinet, receive):
    dataset = cabinet.take(receive(), "shop.csv")
    (cabinet.folder / dataset.key / "table.json").unlink()
    with pytest.raises(UnknownDataset):
        again(cabinet).table(dataset)
    assert again(cabinet).take(receive(), "shop.csv") == dataset
    assert again(cabinet).table(dataset).rows == 3


def test_room_is_made_of_what_no_project_names_and_only_when_there_is_none(cabinet, receive, tmp_path):
    kept, old = cabinet.take(receive(), "kept.csv"), cabinet.take(receive("x,y\n1,2\n3,4\n"), "old.csv")
    place = cabinet.folder / old.key
    asked = []

    def keys():
        asked.append(1)
        return {kept.key}

    cabinet.make_room(1, keys)
    assert not asked and place.exists()
    cabinet.make_room(cabinet.settings.stored_bytes, keys)
    assert place.exists()  # it came in just now
    os.utime(place, (0, 0))
    cabinet.make_room(cabinet.settings.stored_bytes, keys)
    assert not place.exists() and cabinet.table(kept).rows
