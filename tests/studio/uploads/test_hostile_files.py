"""Claims about hostile files: each gives a right table or one typed error, and the server takes no harm."""

import os
import random
import stat

import pytest

from studio.uploads.reader import check, confined, read
from studio.uploads.zoo import ALL, OTHERS, TEXTS
from whence.data.tables import Table
from whence.runtime.errors import DataError, EmptyData, UnreadableData
from whence.studio.uploads.cabinet import label_of
from whence.studio.uploads.errors import TooMuchData
from whence.studio.uploads.limits import Limits

pytestmark = confined


def test_the_zoo_is_large():
    assert len(ALL) >= 60
    assert len({(beast.name, beast.filename) for beast in ALL}) == len(ALL)


@pytest.mark.parametrize("beast", [*TEXTS, *OTHERS], ids=lambda beast: beast.name)
def test_a_hostile_file_gives_a_right_table_or_one_typed_error(beast, tmp_path):
    check(beast, tmp_path)


def test_any_byte_of_a_text_may_be_wrong(tmp_path):
    good = b'name,"a, b",c\n' + b"".join(b'%d,"x ""y"" z",%d.5\r\n' % (i, i) for i in range(30))
    dice = random.Random(6)
    for _ in range(30):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            bad[dice.randrange(len(bad))] = dice.choice(b'",;\t|\r\n\0\x1a\\\xff=0')
        path = tmp_path / "received"
        path.write_bytes(bad)
        assert isinstance(read(path), Table | DataError)


# ── what is no file ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret.csv").write_text("x\n1\n")
    (tmp_path / "received").symlink_to(tmp_path / "secret.csv")
    assert isinstance(read(tmp_path / "received"), UnreadableData)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_a_device_is_not_read(device, tmp_path):
    assert isinstance(read(os.path.realpath(device)), UnreadableData | EmptyData)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "received")
    assert stat.S_ISFIFO((tmp_path / "received").stat().st_mode)
    assert isinstance(read(tmp_path / "received"), UnreadableData)


def test_a_folder_is_not_read(tmp_path):
    assert isinstance(read(tmp_path), UnreadableData)


def test_a_file_that_is_not_there_is_an_error_without_its_path(tmp_path):
    error = read(tmp_path / "nowhere")
    assert isinstance(error, UnreadableData)
    assert str(tmp_path) not in str(error)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_exactly_at_the_limit_of_rows_is_read(tmp_path):
    path = tmp_path / "received"
    path.write_text("x\n" + "1\n2\n" * 50)
    assert read(path, Limits(rows=100, memory_mb=512)).rows == 100
    assert isinstance(read(path, Limits(rows=99, memory_mb=512)), TooMuchData)


def test_what_is_too_large_for_memory_is_refused_by_the_table_it_would_make(tmp_path):
    path = tmp_path / "received"
    path.write_text("x\n" + "".join(f"{'letters' * 30}{i}\n" for i in range(4_000)))
    error = read(path, Limits(table_bytes=500_000, memory_mb=512))
    assert isinstance(error, TooMuchData)
    assert error.what == "bytes of columns"


# ── names of files ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("shop.csv", "shop.csv"),
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\shop.csv", "shop.csv"),
        ("/dev/zero", "zero"),
        ("..", "data"),
        ("", "data"),
        ("a\0b.csv", "ab.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("\u202egnp.csv", "gnp.csv"),
        ("<b>.csv", "<b>.csv"),
        ("x" * 300 + ".parquet", "x" * 108 + ".parquet"),
    ],
)
def test_a_file_is_called_by_the_last_part_of_its_name(given, label):
    assert label_of(given) == label
