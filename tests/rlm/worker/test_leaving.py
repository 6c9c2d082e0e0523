"""What leaves as an answer is plain JSON, made from data alone."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.rlm.worker.leaving import leaving
from whence.rlm.worker.quoting import Quote
from whence.rlm.worker.replies import Reply
from whence.rlm.worker.text import Context


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Pair(NamedTuple):
    a: int
    b: str


GIVEN = [
    ((1, 2), [1, 2]),
    ({3, 1, 2}, [1, 2, 3]),
    ({"b", "a"}, ["a", "b"]),
    (frozenset({1, "a"}), [1, "a"]),
    (np.int64(3), 3),
    (np.float64(0.5), 0.5),
    (np.array([[1, 2]]), [[1, 2]]),
    (np.bool_(True), True),
    ({np.int64(1): np.float32(0.5)}, {"1": 0.5}),
    (Point(1, 2.0), {"x": 1, "y": 2.0}),
    (Pair(1, "x"), {"a": 1, "b": "x"}),
    (Reply("yes"), "yes"),
    (Context.of("text"), "text"),
    (Quote("d", 0, 2, "hi"), {"document": "d", "start": 0, "end": 2, "text": "hi"}),
    (datetime.date(2026, 1, 2), "2026-01-02"),
    (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), "2026-01-02T03:00:00+00:00"),
    (decimal.Decimal(2), 2),
    (decimal.Decimal("0.5"), 0.5),
    (fractions.Fraction(1, 4), 0.25),
    (pathlib.PurePosixPath("a/b"), "a/b"),
    (Colour.RED, "red"),
    (collections.Counter("aab"), {"a": 2, "b": 1}),
    (collections.deque([1]), [1]),
    ({1: 2}.items(), [[1, 2]]),
    (range(3), [0, 1, 2]),
    ({1: "a", None: "b", True and 2.5: "c"}, {"1": "a", "None": "b", "2.5": "c"}),
]


@pytest.mark.parametrize(("value", "plain"), GIVEN)
def test_data_of_every_usual_kind_leaves_as_plain_json(value, plain):
    found = leaving(value)
    assert found == plain
    assert json.loads(json.dumps(found, allow_nan=False)) == plain
    assert type(found) is type(plain)


REFUSED = [
    (object(), TypeError),
    (lambda: 1, TypeError),
    (Point, TypeError),
    (json, TypeError),
    (b"x", TypeError),
    ((x for x in [1]), TypeError),
    (open, TypeError),
    (1j, TypeError),
    ({(1, 2): 3}, TypeError),
    ({1: "a", "1": "b"}, ValueError),
    (math.nan, ValueError),
    ([math.inf], ValueError),
    (np.array([np.nan]), ValueError),
    (decimal.Decimal("NaN"), ValueError),
    pytest.param(10**9000, ValueError, id="an integer of thousands of digits"),
]


@pytest.mark.parametrize(("value", "kind"), REFUSED)
def test_what_is_no_data_is_refused_and_never_written_out_as_an_object(value, kind):
    with pytest.raises(kind, match=r"^the value "):
        leaving(value)


def test_a_value_that_holds_itself_is_refused():
    own: list[object] = []
    own.append(own)
    with pytest.raises(ValueError, match="holds itself"):
        leaving(own)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=150)
@given(PLAIN)
def test_plain_json_leaves_as_it_is(value):
    assert leaving(value) == value
