"""One Postgres server for all tests of this folder, and a connection to it."""

from collections.abc import Iterator

import pytest
from data.pushdown.postgres_server import PostgresForTests, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresForTests]:
    pytest.importorskip("psycopg", reason="needs psycopg, the driver of Postgres")
    with running() as server:
        yield server
