"""Pairs of items that stand in a relation: labelled one by one and paired by code where that is possible.

Asking about every pair costs as many questions as there are pairs. Most relations depend on something that
each item has by itself; then n questions are enough, and code finds the pairs without a mistake.

>>> pairs(["ann", "bob", "abe"], lambda a, b: a == b, key=["a", "b", "a"])
[(0, 2)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, permutations
from typing import TypeAlias

from whence.rlm.worker.asking import as_prompt, estimate_cost
from whence.rlm.worker.llm_map import Plan, form_of, mapped, plan
from whence.rlm.worker.packing import CHARACTERS, ITEMS, texts_of
from whence.rlm.worker.replies import FailedCall

Test: TypeAlias = "Callable[[object, object], object] | str"
Key: TypeAlias = "Sequence[object] | Callable[[object], object] | str | None"


class Pairs(list[tuple[int, int]]):
    """Pairs of positions. `.keys` are the keys of the items, where the pairs were found by keys."""

    def __init__(self, found: Iterable[tuple[int, int]], keys: Sequence[object] = ()) -> None:
        super().__init__(found)
        self.keys = list(keys)


def pairs(
    items: Iterable[object],
    test: Test,
    key: Key = None,
    *,
    labels: Sequence[object] | None = None,
    ordered: bool = False,
    limit: int = 2_000,
    votes: int = 1,
    model: str | None = None,
) -> Pairs:
    """Find the pairs of items that pass `test`, as positions (i, j) with i < j.

    key: what each item is judged by: a list of values (one per item, as llm_map gives), a function of an
    item, or a question that is asked of every item (with labels, as in llm_map). test: a function
    of two keys; a pair counts if it holds in either order (ordered=True keeps (i, j) and (j, i) apart).
    Without a key the test gets the items themselves. A test that is a question is asked for every pair: dear,
    refused above `limit` pairs.
    """
    things = list(items)
    if isinstance(test, str):
        if key is not None:
            raise TypeError(
                "pairs takes a function of two keys as its test when a key is given, not a question"
            )
        return _by_question(things, test, limit, plan("auto", votes, model, "raise"), ordered=ordered)
    if not callable(test):
        raise TypeError("pairs takes a function of two keys, or a question, as its test")
    if isinstance(key, str):
        asked = as_prompt(key, "pairs")
        form = form_of(labels, None, "pairs")
        keys: list[object] = mapped(
            "pairs", asked, texts_of(things, "pairs"), form, plan("auto", votes, model, "raise")
        )
    else:
        keys = _keys(things, key)
    return Pairs(_by_keys(keys, test, ordered=ordered), keys)


def _keys(things: list[object], key: Sequence[object] | Callable[[object], object] | None) -> list[object]:
    if key is None:
        return things
    keys = [key(thing) for thing in things] if callable(key) else list(key)
    if len(keys) != len(things):
        raise ValueError(
            f"pairs got {len(things):,} items and {len(keys):,} keys; give one key for each item"
        )
    for found in keys:
        if isinstance(found, FailedCall):
            raise found.cause()
    return keys


def _by_keys(
    keys: Sequence[object], test: Callable[[object, object], object], *, ordered: bool
) -> list[tuple[int, int]]:
    """Test each two different keys once, and give all pairs of items that have them."""
    groups: dict[object, list[int]] = {}
    for place, found in enumerate(keys):
        groups.setdefault(_marker(found, place), []).append(place)
    places = list(groups.values())
    found_pairs: list[tuple[int, int]] = []
    for one in places:
        for other in places:
            if one is other and len(one) < 2:
                continue
            if not test(keys[one[0]], keys[other[0]]):
                continue
            found_pairs.extend((i, j) for i in one for j in other if i != j)
    if ordered:
        return sorted(found_pairs)
    return sorted({(min(i, j), max(i, j)) for i, j in found_pairs})


def _marker(key: object, place: int) -> object:
    try:
        hash(key)
    except TypeError:
        return ("at", place)
    # 1, 1.0 and True are equal to a dict; a test may tell them apart.
    return (type(key), key)


def _by_question(things: list[object], question: str, limit: int, how: Plan, *, ordered: bool) -> Pairs:
    texts = texts_of(things, "pairs")
    asked = as_prompt(question, "pairs")
    choose = permutations if ordered else combinations
    count = len(texts) * (len(texts) - 1) // (1 if ordered else 2)
    if count > limit:
        raise ValueError(_too_many(len(texts), count, limit, texts, how))
    places = list(choose(range(len(texts)), 2))
    both = [f"First: {texts[i]}\nSecond: {texts[j]}" for i, j in places]
    form = form_of(["yes", "no"], None, "pairs")
    answers = mapped("pairs", f"{asked}\nEach item below is a pair; answer yes or no.", both, form, how)
    return Pairs(two for two, answer in zip(places, answers, strict=True) if answer == "yes")


def _too_many(items: int, count: int, limit: int, texts: Sequence[str], how: Plan) -> str:
    mean = sum(map(len, texts)) * 2 // max(1, items) + 20
    each = max(1, min(how.pack, CHARACTERS // max(1, mean), ITEMS))
    calls = -(-count // each) * how.votes
    cost = estimate_cost(calls, model=how.model, characters=each * mean + 500)
    return (
        f"pairs would ask about {count:,} pairs of {items:,} items, in some {calls:,} calls ({cost!r}); "
        f"the limit is {limit:,} pairs. If the relation depends on something each item has by itself, "
        "label the items (key='…question…', labels=[…]) and give a function of two keys as the test: "
        "that costs one question per item. Otherwise pass limit=…"
    )
