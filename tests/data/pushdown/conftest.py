"""One Postgres server for all tests of this folder, and a schema of its own for each test."""

from collections.abc import Iterator

import psycopg
import pytest

from data.pushdown.postgres_server import PostgresForTests, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresForTests]:
    with running() as server:
        yield server


@pytest.fixture
def owner(postgres: PostgresForTests) -> Iterator[psycopg.Connection]:
    """A connection of the owner's, who may write; the public schema is empty at the beginning."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        yield connection
