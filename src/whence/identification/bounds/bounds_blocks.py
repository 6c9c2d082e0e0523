"""A linear programme split by covariates, so that its types stay few.

An input that is a parent of all the responses it reaches (a covariate, not an instrument) splits them: what
units answer at one of its values is tied to what they answer at another through the responses that it does
not reach (the *core*) and through nothing else. So the types are listed apart for each value, and only the
shares of the core have to be the same. Nothing is lost: given the core, the answers at different values can
be joined in any way.

Source: S. Lauritzen and D. Spiegelhalter (1988) for the junction of cliques, here a star around the core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

from whence.identification.bounds.response_functions import (
    MOST_TYPES,
    Component,
    TooManyTypes,
    types,
    with_parents,
)
from whence.language.bounds_problem import Block, Form, Response, Setting, setting_of

Found = tuple[tuple[Response, ...], tuple[Block, ...], tuple[int, ...], Mapping[int, int]]


def blocks_of(
    component: Component,
    mentioned: Mapping[Response, int],
    forms: Sequence[Form],
    at_most: Sequence[tuple[Response, Response]],
) -> Found:
    """Responses in their order, blocks, core, and where each response mentioned has gone.

    Raises `TooManyTypes`.
    """
    responses = with_parents(component, mentioned)
    place = {response: number for number, response in enumerate(responses)}
    number = {old: place[response] for response, old in mentioned.items()}
    named = {old: response for response, old in mentioned.items()}
    told = [[named[at] for at, _ in piece.event] for form in forms for piece in form]
    split = splitting(component, responses, [*told, *map(list, at_most)])
    blocks: list[Block] = []
    left = MOST_TYPES
    for values in product(*(component.levels[name] for name in split)):
        at = setting_of(dict(zip(split, values, strict=True)))
        own = [each for each in responses if agrees(each.setting, at)]
        pairs = [pair for pair in at_most if all(agrees(each.setting, at) for each in pair)]
        complete, found = types(component, own, pairs, left)
        left -= len(found)
        if left < 0:
            raise TooManyTypes(component.full_size)
        blocks.append(Block(at, tuple(place[each] for each in complete), found))
    core = tuple(place[each] for each in responses if split and not mentions(each, split))
    return responses, tuple(blocks), core, number


def agrees(setting: Setting, at: Setting) -> bool:
    """Whether a setting says nothing against these values."""
    values = dict(setting)
    return all(values.get(name, value) == value for name, value in at)


def mentions(response: Response, names: Sequence[str]) -> bool:
    """Whether the setting of a response has one of the names."""
    return any(name in names for name, _ in response.setting)


def splitting(
    component: Component, responses: Sequence[Response], together: Sequence[Sequence[Response]]
) -> tuple[str, ...]:
    """The inputs that split the problem into most blocks; none where no input does.

    `together` are responses that occur in one piece or pair, and so must lie in one block.
    """
    groups: dict[tuple[int, ...], list[str]] = {}
    for name in component.inputs:
        reached = [number for number, each in enumerate(responses) if mentions(each, [name])]
        if not reached or any(name not in component.parents[responses[i].variable] for i in reached):
            continue
        if all(
            len({dict(each.setting).get(name) for each in part if mentions(each, [name])}) <= 1
            for part in together
        ):
            groups.setdefault(tuple(reached), []).append(name)
    best: list[str] = []
    for names in groups.values():
        if prod(len(component.levels[name]) for name in names) > prod(len(component.levels[n]) for n in best):
            best = names
    return tuple(best)
