"""Where a file is meant and an address is given, nothing of the address is repeated but its kind."""

import traceback
from pathlib import Path

import pytest

import whence as wh
from whence.data import table
from whence.runtime.errors import UnreadableData

ADDRESSES = [
    "postgresql://me:hunter2hunter2@db.example.org/shop",
    "postgres://me:hunter2hunter2@db/shop?sslmode=require",
    "postgresql+psycopg://me:hunter2hunter2@db/shop",
    "  mysql://me:hunter2hunter2@db/shop",
    "https://me:hunter2hunter2@example.org/shop.csv?token=hunter2hunter2",
    "s3://me:hunter2hunter2@bucket/*.parquet",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("wrapped", [str, Path])
def test_an_address_is_no_file_and_is_not_repeated(address: str, wrapped: type):
    given = wrapped(address)
    doors = [
        lambda: table(given),
        lambda: table([given, given]),
        lambda: table("SELECT 1", database=given),
        lambda: wh.ask("effect of x on y", given, "x -> y"),
        lambda: wh.ask("effect of x on y", given, "x -> y", weights="w"),
    ]
    for door in doors:
        with pytest.raises(UnreadableData) as caught:
            door()
        told = "".join(traceback.format_exception(caught.value)) + str(caught.value.to_dict())
        assert "hunter2" not in told
        assert "://…" in str(caught.value)


def test_the_cure_depends_on_what_is_there():
    with pytest.raises(UnreadableData, match=r"whence\.remote"):
        table(ADDRESSES[0])
    with pytest.raises(UnreadableData, match="Download it first"):
        table(ADDRESSES[4])


def test_a_file_of_such_a_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ab:").mkdir()
    (tmp_path / "ab:" / "shop.csv").write_text("x,y\n1,2\n")
    assert table("ab:/shop.csv").rows == 1
