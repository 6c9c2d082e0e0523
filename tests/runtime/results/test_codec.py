"""What is stored comes back as it was, to the last bit, and what is read never runs code."""

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from whence.language.graph_text import graph
from whence.runtime.errors import InvalidOption
from whence.runtime.results import NotStorable, storable
from whence.runtime.results.codec import Garbled, pack, unpack
from whence.runtime.seeds import Seed

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(), max_size=5)
    | st.binary(max_size=5)
    | st.fractions(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def there_and_back(value):
    return unpack(pack(value).data)


@settings(max_examples=200)
@given(plain)
def test_plain_values_come_back_to_the_last_bit(value):
    again = there_and_back(value)
    assert repr(again) == repr(value)  # nan, −0.0 and the kinds of numbers included
    assert pack(again).data == pack(value).data


@pytest.mark.parametrize("value", [
    10**400, -(10**400), math.nan, -math.inf, -0.0, 5e-324, "\ud800", "\0", {1, 2}, frozenset({"a"}),
    Fraction(-1, 3), Seed(1, (2, 3)), {}, (), [[]],
])  # fmt: skip
def test_the_corners_come_back(value):
    again = there_and_back(value)
    assert type(again) is type(value)
    assert repr(again) == repr(value)


kinds = st.sampled_from(["f8", "f4", "i8", "u1", "?", "c16", ">f8", "M8[us]", "m8[D]", "S3", "U2", "f2"])


@settings(max_examples=150)
@given(kinds.flatmap(lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0))), st.booleans())
def test_arrays_come_back_with_kind_shape_layout_and_every_bit(array, by_columns):
    given_ = np.asfortranarray(array) if by_columns else array
    again = there_and_back(given_)
    assert again.dtype.str == given_.dtype.str
    assert again.shape == given_.shape
    assert again.tobytes() == given_.tobytes()
    assert again.flags.f_contiguous == given_.flags.f_contiguous
    assert again.flags.writeable


def test_scalars_of_numpy_stay_what_they_are():
    for value in (np.float64(0.1), np.float32(0.1), np.int8(-1), np.bool_(True), np.datetime64("2020", "D")):
        again = there_and_back(value)
        assert type(again) is type(value)
        assert again.tobytes() == value.tobytes()
    assert np.isnan(there_and_back(np.float64("nan")))


def test_an_array_with_gaps_is_said_to_come_back_otherwise():
    assert pack(np.arange(6)).faithful
    assert not pack((1, np.arange(6)[::2])).faithful
    assert there_and_back(np.arange(6)[::2]).tolist() == [0, 2, 4]


def test_our_own_values_come_back():
    known = graph("z -> x -> y; x <-> y")
    again = there_and_back(known)
    assert again == known
    assert repr(again) == repr(known)
    assert hash(again) == hash(known)


def test_a_whole_answer_comes_back():
    from whence.engine.asking import ask

    answer = ask("P(y=1 | do(x=1))", {"x": [0, 0, 1, 1] * 9, "y": [0, 1, 0, 1] * 9}, "x -> y")
    again = there_and_back(answer)
    assert again.to_json() == answer.to_json()
    assert pack(again).data == pack(answer).data


@dataclass
class OfTheUser:
    x: int


class Colour(Enum):
    RED = 1


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [
    OfTheUser(1), Colour.RED, Text("a"), object(), len, np.array([object()]), [lambda: 1], ValueError("x"),
    np.zeros(2, dtype=[("a", "i4")]), np.ma.array([1]), range(3), type,
])  # fmt: skip
def test_what_would_not_come_back_is_refused(value):
    with pytest.raises(NotStorable, match="cannot be stored"):
        pack([value])


def test_a_kind_may_be_declared_storable():
    storable(OfTheUser, to_plain=lambda value: value.x, from_plain=OfTheUser)
    try:
        assert there_and_back([OfTheUser(3)]) == [OfTheUser(3)]
        with pytest.raises(InvalidOption, match="no other kind"):
            storable(Text, to_plain=str, from_plain=Text, name=f"{__name__}:OfTheUser")
    finally:
        from whence.runtime.results import kinds as declared

        declared._by_kind.clear()
        declared._by_name.clear()


@settings(max_examples=200)
@given(plain, st.data())
def test_bytes_that_were_changed_give_a_value_or_are_found_garbled(value, data):
    told = bytearray(pack((value, Seed(1))).data)
    place = data.draw(st.integers(0, len(told) - 1))
    told[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(told)))
    for changed in (bytes(told), bytes(told[:cut]), bytes(told) + b"N"):
        try:
            unpack(changed)
        except Garbled:
            continue


def named(name):
    """Bytes that claim to be a value of the class of that name."""
    return pack(Seed(1)).data.replace(
        pack("whence.runtime.seeds:Seed").data, pack(name).data
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "subprocess:Popen",
        "whence.__main__:main",
        "whence.runtime.results.codec:subprocess",
        "whence.runtime.executor:Serial",
        "whence.runtime.seeds:as_seed",
        "whence.nowhere:Seed",
        "whencexyz:Seed",
        "whence.runtime.journal:os.system",
    ],
)
def test_bytes_name_no_function_and_no_class_but_our_data_classes(name):
    assert unpack(named("whence.runtime.seeds:Seed")) == Seed(1)
    with pytest.raises(Garbled):
        unpack(named(name))
