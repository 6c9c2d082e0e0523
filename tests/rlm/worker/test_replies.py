"""A failed call is never data: every use of it raises its cause."""

from __future__ import annotations

import json
import operator

import pytest

from whence.rlm.worker.leaving import leaving
from whence.rlm.worker.replies import FailedCall, Replies, Reply, SubCallFailed, install_json_support

install_json_support()

USES = {
    "str": str,
    "format": lambda f: f"{f}",
    "percent": lambda f: "%s!" % f,  # noqa: UP031
    "format method": lambda f: f"{f}",
    "print": print,
    "equals": lambda f: f == "x",
    "equals from the left": lambda f: f == "x",
    "differs": lambda f: f != "x",
    "less": lambda f: f < "x",
    "bool": bool,
    "not": operator.not_,
    "len": len,
    "iterate": list,
    "unpack": lambda f: [*f],
    "index": lambda f: f[0],
    "slice": lambda f: f[:3],
    "in": lambda f: "x" in f,
    "member": lambda f: f in ["x", "y"],
    "count": lambda f: [f].count("x"),
    "add": lambda f: f + "x",
    "add from the left": lambda f: "x" + f,
    "times": lambda f: f * 2,
    "sum": lambda f: sum([f]),
    "strip": lambda f: f.strip(),
    "lower": lambda f: f.lower(),
    "split": lambda f: f.split("\n"),
    "value": lambda f: f.value,
    "hash": hash,
    "set": lambda f: {f},
    "dict key": lambda f: {f: 1},
    "sorted": lambda f: sorted([f, "x"]),
    "max": lambda f: max(f, "x"),
    "int": int,
    "float": float,
    "json": json.dumps,
    "json inside": lambda f: json.dumps({"a": [f]}),
    "call": lambda f: f(),
    "if": lambda f: 1 if f else 2,
    "leave": lambda f: leaving({"a": [f]}),
    "reversed": reversed,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_every_use_of_a_failed_call_raises_its_cause(use):
    with pytest.raises(SubCallFailed, match="rate_limited: too many requests"):
        use(FailedCall("rate_limited", "too many requests"))


def test_text_functions_of_python_refuse_a_failed_call_too():
    with pytest.raises(TypeError, match="FailedCall"):
        "".join([FailedCall("server_fault", "500")])


def test_a_failed_call_can_be_looked_at():
    failed = FailedCall("server_fault", "the server failed (500)")
    assert (failed.ok, failed.error) == (False, "server_fault: the server failed (500)")
    assert repr([failed]) == "[<failed call: server_fault: the server failed (500)>]"
    assert f"{failed!r}".startswith("<failed call")
    assert not isinstance(failed, str)


def test_replies_know_which_failed():
    replies = Replies([Reply("a"), FailedCall("timed_out", "60 s"), Reply("b")])
    assert (replies.ok, replies.failed, len(replies)) == (False, [1], 3)
    assert Replies([Reply("a")]).ok


def test_a_reply_is_text_with_its_value():
    reply = Reply("[1]", [1], {"input": 3})
    assert (reply, reply.ok, reply.error, reply.value, reply.usage) == ("[1]", True, None, [1], {"input": 3})
    assert json.dumps({"r": reply}) == '{"r": "[1]"}'
