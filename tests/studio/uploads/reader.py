"""What tests of uploads share: whether files can be confined here, small limits, and the server's memory."""

import os
from pathlib import Path

import pytest

from whence.data.tables import Table
from whence.runtime.confinement import NotConfinable, Nursery, NurseryFailed
from whence.runtime.errors import DataError
from whence.studio.uploads.limits import Limits
from whence.studio.uploads.reading import read_confined

MB = 1 << 20
LIMITS = Limits(
    file_bytes=32 * MB, table_bytes=64 * MB, rows=100_000, columns=200, memory_mb=512, seconds=30.0
)


def _reason():
    try:
        Nursery("json:loads", source=Path(__file__).parents[3] / "src", warm=0).close()
    except (NotConfinable, NurseryFailed) as error:
        return str(error)
    return None


REASON = _reason()
confined = pytest.mark.skipif(REASON is not None, reason=f"files are read confined only: {REASON}")


def memory():
    """How many bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


LABEL = 'the file "data"'


def read(path, limits=LIMITS, suffix=""):
    """The table of a file, or the error that it gives."""
    try:
        return read_confined(path, LABEL, limits, suffix=suffix)
    except DataError as error:
        return error


def values(table):
    """Every cell of a table."""
    return {name: column.python_values() for name, column in table.store.items()}


def check(beast, folder):
    """Raise AssertionError unless a file comes to what it has to, and the server takes no harm of it."""
    path = folder / "received"
    if callable(beast.content):
        beast.content(path)
    else:
        path.write_bytes(beast.content)
    before = memory()
    result = read(path, suffix="." + beast.filename.rpartition(".")[2])
    assert memory() - before < LIMITS.table_bytes + 64 * MB
    if isinstance(result, Table):
        assert beast.table is not None, f"it was read: {values(result)}"
        if isinstance(beast.table, int):
            assert result.rows == beast.table
        else:
            assert values(result) == beast.table
    else:
        told = str(result.to_dict())
        assert result.code in beast.errors, str(result)
        assert beast.says in str(result)
        assert str(folder) not in told
        assert "scratch" not in told
        assert len(str(result)) < 2_000
