"""A password in an address: used to connect, and shown nowhere."""

import copy
import json
import logging
import pickle
import traceback

import psycopg
import pytest

import whence as wh
from data.pushdown.postgres_server import PostgresForTests
from data.pushdown.rows import in_postgres, made
from whence.data.pushdown.errors import QueryFailed, UnreachableServer
from whence.data.pushdown.opening import remote
from whence.runtime.errors import InvalidOption, WhenceError
from whence.runtime.secrets import redact


def told(error: BaseException) -> str:
    """All that an error can show: its text, its parts, what it came from, as a program and a log would."""
    parts = ["".join(traceback.format_exception(error)), repr(error), str(error.args)]
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, WhenceError):
        parts.append(json.dumps(error.to_dict()))
    return "\n".join(parts)


def test_a_table_by_password_shows_neither_the_password_nor_the_host_anywhere(
    postgres: PostgresForTests, owner: psycopg.Connection, caplog: pytest.LogCaptureFixture
):
    in_postgres(owner, made(400))
    with caplog.at_level(logging.DEBUG):
        there = remote(postgres.by_password, "t")
        answer = wh.ask("effect of x on high", there, "z -> x; z -> high; x -> high")
    assert answer.status == "answered"
    shown = [repr(there), str(there), there.source, there._repr_html_(), str(there.notes), repr(there.server)]
    shown += [json.dumps(answer.to_dict()), answer.text, caplog.text]
    for text in shown:
        assert postgres.password not in text
        assert "127.0.0.1" not in text
        assert f":{postgres.port}" not in text
        assert "owner" not in text
    assert postgres.password not in postgres.log
    for leave in (pickle.dumps, copy.deepcopy):
        try:
            kept = leave(there)
        except TypeError:
            continue
        assert postgres.password.encode() not in (kept if isinstance(kept, bytes) else repr(kept).encode())
    assert redact(f"it said {postgres.password}") == "it said Secret(…)"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("{password}", "wrong-{password}"), "refuses the login"),
        (("owner:", "nobody:"), "refuses the login"),
        (("/postgres", "/nowhere"), "no such database"),
        ((":{port}", ":1"), "nothing answers"),
        (("/postgres", "/postgres?sslmode=require"), "encrypted connection|login"),
        (("/postgres", "/postgres?nonsense={password}"), "cannot be read"),
        ((":{port}", ":port-{password}"), "cannot be read|cannot be reached|no such host"),
        (("{password}@", "{password}/@#:@"), "cannot be read|cannot be reached|no such host"),
    ],
)
def test_a_failed_connection_says_why_without_the_address(
    postgres: PostgresForTests, change: tuple[str, str], reason: str
):
    parts = {"password": postgres.password, "port": postgres.port}
    before, after = (text.format(**parts) for text in change)
    address = (
        postgres.by_password.replace(before, after, 1) + ("&" if "?" in after else "?") + "connect_timeout=3"
    )
    with pytest.raises(UnreachableServer, match=reason) as caught:
        remote(address, "t")
    assert postgres.password not in told(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_what_the_server_says_of_a_value_is_not_passed_on(
    postgres: PostgresForTests, owner: psycopg.Connection
):
    owner.execute("CREATE TABLE kept (name TEXT); INSERT INTO kept VALUES ('the secret of Ann')")
    owner.execute("CREATE VIEW t AS SELECT CAST(name AS INT) AS x FROM kept")
    with pytest.raises(QueryFailed, match="a value cannot be computed with") as caught:
        remote(postgres.url, "t").counts(["x"])
    assert "Ann" not in told(caught.value)
    assert caught.value.state.startswith("22")


def test_what_may_not_be_read_is_said_without_its_name(postgres: PostgresForTests, owner: psycopg.Connection):
    owner.execute("CREATE TABLE t (x INT); INSERT INTO t VALUES (1)")
    owner.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader-password'")
    address = postgres.by_password.replace(f"owner:{postgres.password}", "reader:reader-password")
    with pytest.raises(QueryFailed, match=r"may not read that.*42501|no schema|no such") as caught:
        remote(address, "public.t")
    assert "reader-password" not in told(caught.value)
    owner.execute("GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON t TO reader")
    assert remote(address, "public.t").rows == 1
    owner.execute("DROP OWNED BY reader; DROP ROLE reader")


@pytest.mark.parametrize(
    "address",
    ["mysql://me:hunter2hunter2@db/shop", "me:hunter2hunter2@db", "sqlite:///x.db?password=hunter2hunter2"],
)
def test_an_address_of_another_kind_is_not_repeated(address: str):
    with pytest.raises(InvalidOption, match="postgresql://") as caught:
        remote(address, "t")
    assert "hunter2" not in told(caught.value)


def test_what_is_no_connection_is_refused():
    with pytest.raises(InvalidOption, match="connection cannot be"):
        remote(object(), "t")
    with pytest.raises(InvalidOption, match="connection cannot be"):
        remote(None, "t")
