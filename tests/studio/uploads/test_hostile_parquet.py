"""Claims about hostile Parquet files: each gives a right table or one typed error, and nobody takes harm."""

import random

import pytest

from studio.uploads.parquet_by_hand import parquet
from studio.uploads.reader import check, confined, read
from studio.uploads.zoo import PARQUETS
from whence.data.tables import Table
from whence.runtime.errors import DataError

pytestmark = confined


@pytest.mark.parametrize("beast", PARQUETS, ids=lambda beast: beast.name)
def test_a_hostile_parquet_file_gives_a_right_table_or_one_typed_error(beast, tmp_path):
    check(beast, tmp_path)


def test_any_byte_of_a_parquet_file_may_be_wrong(tmp_path):
    good = parquet((b"x", b"y"), tuple(range(50)))
    dice = random.Random(5)
    for turn in range(40):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            # Most of what can be misread is at the end, where the file describes itself.
            bad[dice.randrange(len(bad) - 160 if turn % 2 else 4, len(bad))] = dice.randrange(256)
        path = tmp_path / "received"
        path.write_bytes(bad)
        assert isinstance(read(path, suffix=".parquet"), Table | DataError)
