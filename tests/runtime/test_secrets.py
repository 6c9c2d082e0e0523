"""A secret shows itself nowhere, and is masked in what others say."""

import copy
import json
import pickle
import traceback
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from whence.runtime.errors import InvalidOption
from whence.runtime.plain import plain
from whence.runtime.secrets import SHOWN, Secret, from_environment, redact, redact_bytes

VALUE = "sk-canary-0001-in-the-coal-mine"


@dataclass
class Holder:
    key: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>40}".format,
        "{!r}".format,
        lambda key: "%s" % key,  # noqa: UP031
        lambda key: f"{key}",
        lambda key: repr([key, {"k": key}]),
        lambda key: repr(Holder(key)),
        lambda key: json.dumps(plain({"key": key})),
        lambda key: json.dumps({"key": key}, default=str),
        lambda key: repr(getattr(key, "__dict__", {})),
        lambda key: repr(copy.deepcopy({"key": key})),
    ],
)
def test_no_way_of_showing_a_secret_shows_it(show):
    assert "canary" not in show(Secret(VALUE))


def test_a_secret_is_not_stored():
    for store in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError) as caught:
            store(Secret(VALUE))
        assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_reveal_gives_the_text_and_equality_compares_it():
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(VALUE) == Secret(VALUE)
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))
    assert Secret(VALUE) != Secret(VALUE + "x")
    assert Secret(VALUE) != VALUE
    assert copy.copy(Secret(VALUE)) == copy.deepcopy(Secret(VALUE)) == Secret(VALUE)
    assert Secret("abc").behind("Bearer ").reveal() == "Bearer abc"


def test_an_empty_secret_is_an_error():
    with pytest.raises(InvalidOption):
        Secret("")


def test_every_secret_ever_made_is_masked_in_texts():
    Secret(VALUE)
    assert redact(f"wrong key {VALUE}!") == f"wrong key {SHOWN}!"
    assert redact(f"{VALUE}{VALUE}") == SHOWN * 2
    assert redact_bytes(f"wrong key {VALUE}!".encode()) == f"wrong key {SHOWN}!".encode()
    assert redact("nothing to hide") == "nothing to hide"


def test_a_secret_that_begins_like_another_is_masked_whole():
    Secret("prefix-0001")
    Secret("prefix-0001-and-more")
    assert redact("prefix-0001-and-more") == SHOWN


def test_escaped_forms_are_masked_too():
    odd = 'p"ss\\wörd/with=signs'
    Secret(odd)
    assert "signs" not in redact(json.dumps({"key": odd}))
    assert "signs" not in redact(f"http://localhost/?key={quote(odd, safe='')}")


def test_short_values_are_not_masked_in_texts_but_never_print():
    Secret("abc")
    assert redact("abcdef") == "abcdef"
    assert "abc" not in repr(Secret("abc"))


def test_the_environment_gives_a_secret_or_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WHENCE_TEST_KEY", raising=False)
    assert from_environment("WHENCE_TEST_KEY") is None
    monkeypatch.setenv("WHENCE_TEST_KEY", "  ")
    assert from_environment("WHENCE_TEST_KEY") is None
    monkeypatch.setenv("WHENCE_TEST_KEY", f" {VALUE}\n")
    assert from_environment("WHENCE_TEST_KEY") == Secret(VALUE)


@pytest.mark.parametrize("value", [f"{VALUE}\r\nX-Evil: 1", f"{VALUE} {VALUE}", f"{VALUE}ö"])
def test_a_value_that_would_break_a_header_is_refused_without_being_shown(
    value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WHENCE_TEST_KEY", value)
    with pytest.raises(InvalidOption) as caught:
        from_environment("WHENCE_TEST_KEY")
    assert "WHENCE_TEST_KEY" in str(caught.value)
    assert "canary" not in str(caught.value) + repr(caught.value) + json.dumps(caught.value.to_dict())
