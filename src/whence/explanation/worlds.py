"""Two worlds for the eye: models that look the same in all that is given, and differ in the answer.

A mechanism that can be said in a few words is said ("copies U1", "1 where x and U1 differ, else 0"); others
are shown as tables, small ones in full. Where the models are large their parts are counted.

>>> from fractions import Fraction
>>> from whence.language.model import HiddenCause, Mechanism, StructuralModel
>>> coin = HiddenCause("U1", (Fraction(1, 2), Fraction(1, 2)))
>>> same = Mechanism("Y", ("X", "U1"), (0, 1, 1, 0))
>>> model = StructuralModel((("X", (0, 1)), ("Y", (0, 1))), (coin,), (Mechanism("X", ("U1",), (0, 1)), same))
>>> mechanism_words(same, model)
'1 where X and U1 differ, else 0'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from whence.explanation.figures import MINUS, listed, significant
from whence.language.expression import substitute
from whence.language.lettering import visible
from whence.language.printing import name_text, to_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from whence.language.expression import Value
    from whence.language.model import Disagreement, HiddenCause, Mechanism, StructuralModel
    from whence.language.refusals import NotIdentified

    Function = dict[tuple[Value, ...], Value]

MOST_PARTS = 16
"""Of models with more hidden causes and variables the parts are counted."""
MOST_CASES = 16
"""Of a mechanism with more cases they are counted."""
MOST_READ = 512
"""No shorter way to say it is looked for where a mechanism has more cases."""
SMALL = 4
"""A table of so many cases is shown rather than told in two halves."""
LONGEST = 140
MOST_LEVELS = 6
MOST_NAMED = 6
MOST_SOURCES = 3
LONG = 44
"""A question of more letters is called "the answer"."""
NOTHING = "–"
SAME = "the same"
WORLDS = ("first world", "second world")
ANSWER = "the answer"


@dataclass(frozen=True, slots=True)
class Part:
    """The question, a hidden cause or a mechanism, and what it is in the first and in the second world."""

    name: str
    first: str
    second: str

    @property
    def alike(self) -> bool:
        """Whether it is the same in both worlds."""
        return self.first == self.second


@dataclass(frozen=True, slots=True)
class Cases:
    """A mechanism as a table; its last columns are the two worlds, or one if they agree."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class TwoWorlds:
    """Two models that prove a refusal, in words: a sentence for everyone, the rest for those who check."""

    sentence: str
    parts: tuple[Part, ...]
    tables: tuple[Cases, ...]
    note: str


def two_worlds(refusal: NotIdentified) -> TwoWorlds | None:
    """What a reader is shown of the two models of a refusal; None if it holds none."""
    pair = refusal.models
    if pair is None:
        return None
    first, second = _values(pair)
    asked = _asked(refusal, pair)
    named = f"{asked}: " if asked.startswith(ANSWER) else f"{ANSWER}: {asked} is "
    told = f"{named}{first} in one and {second} in the other."
    sentence = f"Two worlds look the same in {seen(refusal)}, and differ in {told}"
    answer = Part(asked, first, second)
    models = [
        pair.first,
        pair.second,
        *(side for each in pair.elsewhere for side in (each.first, each.second)),
    ]
    if not all(map(_sound, models)):
        return TwoWorlds(sentence, (answer,), (), "Their mechanisms do not fit together and are not shown.")
    if any(len(model.hidden) + len(model.mechanisms) > MOST_PARTS for model in models):
        return TwoWorlds(sentence, (answer,), (), _counted(pair))
    tables: dict[str, Cases] = {}
    parts = [*_parts(pair.first, pair.second, tables)]
    home = {part.name: part for part in parts}
    for each in pair.elsewhere:
        suffix = f", in {visible(each.population)}"
        cases: dict[str, Cases] = {}
        for part in _parts(each.first, each.second, cases):
            known = home.get(part.name)
            alike = known == part and cases.get(part.name) == tables.get(part.name)
            if not alike:
                parts.append(replace(part, name=part.name + suffix))
                if part.name in cases:
                    tables[part.name + suffix] = replace(cases[part.name], title=part.name + suffix)
    return TwoWorlds(sentence, (answer, *parts), tuple(tables.values()), _constants(refusal, pair))


def _sound(model: StructuralModel) -> bool:
    """Whether it is a model at all: what is shown need not have been checked."""
    sizes = {name: len(values) for name, values in model.levels}
    sizes |= {cause.name: len(cause.probabilities) for cause in model.hidden}
    inputs = [name for each in model.mechanisms for name in each.inputs]
    known = all(name in sizes for name in inputs) and all(sizes.values())
    return known and all(
        len(each.table) == prod(sizes[name] for name in each.inputs) for each in model.mechanisms
    )


def _asked(refusal: NotIdentified, pair: Disagreement) -> str:
    """The question at the values at which the two differ; a long one by those values alone."""
    values = {term.name: term.value for term in pair.at if term.value is not None}
    whole = "" if refusal.query is None else visible(to_text(substitute(refusal.query.body, values)))
    if 0 < len(whole) <= LONG:
        return whole
    at = listed([f"{visible(name_text(name))} = {_value(value)}" for name, value in values.items()])
    return f"{ANSWER} at {at}" if at else ANSWER


def seen(refusal: NotIdentified) -> str:
    """In what the two worlds look the same."""
    given = [visible(to_text(source.distribution)) for source in refusal.given]
    if len(given) > MOST_SOURCES:
        return f"all {len(given)} distributions that are given"
    if given:
        return listed(given)
    names = [visible(name) for name in refusal.graph.observed] if refusal.graph else []
    if not names:
        return "all data"
    return (
        f"all data on {listed(names) if len(names) <= MOST_NAMED else f'the {len(names)} variables observed'}"
    )


def _values(pair: Disagreement) -> tuple[str, str]:
    """What the question is in each, exactly where that is short, and never the same text for both."""
    exact = [str(value).replace("-", MINUS) for value in pair.values]
    if max(map(len, exact)) <= 9:
        return exact[0], exact[1]
    for digits in range(3, 9):
        first, second = (_rounded(value, digits) for value in pair.values)
        if first != second:
            return first, second
    return exact[0], exact[1]


def _rounded(value: Fraction, digits: int) -> str:
    """A rounded number that says that it is."""
    sign = MINUS if value < 0 else ""
    return f"about {sign}{significant(abs(float(value)), digits)}"


def _counted(pair: Disagreement) -> str:
    causes, variables = (len(part) for part in (pair.first.hidden, pair.first.mechanisms))
    cases = max(len(each.table) for model in (pair.first, pair.second) for each in model.mechanisms)
    return (
        f"Each world has {causes} hidden causes and {variables} mechanisms, of up to {cases:,} cases: too "
        "many to be shown here. The answer as JSON has all of them, and whence verify checks them."
    )


def _constants(refusal: NotIdentified, pair: Disagreement) -> str:
    varying = set(pair.first.variables)
    names = [visible(name) for name in refusal.graph.observed if name not in varying] if refusal.graph else []
    if not names:
        return ""
    shown = listed(names) if len(names) <= MOST_NAMED else f"The other {len(names)} variables"
    return f"{shown} {'is' if len(names) == 1 else 'are'} constant in both."


# ── hidden causes and mechanisms ────────────────────────────────────────────────────────────────────────────


def _parts(first: StructuralModel, second: StructuralModel, tables: dict[str, Cases]) -> Iterator[Part]:
    """Every hidden cause and every mechanism of the two models; tables are collected on the way."""
    one, two = ({cause.name: cause for cause in model.hidden} for model in (first, second))
    for name in dict.fromkeys([*one, *two]):
        told = (cause_words(causes[name]) if name in causes else NOTHING for causes in (one, two))
        yield Part(f"{visible(name)} (hidden)", *told)
    a, b = ({each.variable: each for each in model.mechanisms} for model in (first, second))
    for name in dict.fromkeys([*a, *b]):
        label = visible(name)
        pairs = [(sides[name], model) for sides, model in ((a, first), (b, second)) if name in sides]
        words = [mechanism_words(*pair) for pair in pairs]
        if None in words:
            table = _cases(label, pairs)
            if table is not None:
                tables[label] = table
            sizes = ["see its table" if table else f"a table of {len(p[0].table):,} cases" for p in pairs]
            words = [word or size for word, size in zip(words, sizes, strict=True)]
        shown = [word or NOTHING for word in words]
        yield Part(label, shown[0], shown[-1])


def cause_words(cause: HiddenCause) -> str:
    """The levels of a hidden cause and how probable they are."""
    shares = cause.probabilities
    if len(shares) == 1:
        return "always 0"
    if len(set(shares)) == 1:
        levels = "0 or 1" if len(shares) == 2 else f"0 to {len(shares) - 1}"
        return f"{levels}, each {_share(shares[0])}"
    if len(shares) == 2:
        return f"1 with probability {_share(shares[1])}, else 0"
    told = [f"{level} with {_share(share)}" for level, share in enumerate(shares)]
    rest = [f"{len(told) - MOST_LEVELS} more"] if len(told) > MOST_LEVELS else []
    return ", ".join([*told[:MOST_LEVELS], *rest])


def _share(share: Fraction) -> str:
    return str(share) if len(str(share)) <= 9 else _rounded(share, 3)


def mechanism_words(mechanism: Mechanism, model: StructuralModel) -> str | None:
    """How a variable comes about, where a few words say it."""
    if len(mechanism.table) > MOST_READ:
        return None
    names, function = _function(mechanism, model)
    return _simply(names, function) or _in_two(names, function)


def _function(mechanism: Mechanism, model: StructuralModel) -> tuple[tuple[str, ...], Function]:
    """The mechanism as a function of the inputs that make a difference to it."""
    sizes = {cause.name: tuple(range(len(cause.probabilities))) for cause in model.hidden}
    levels: dict[str, tuple[Value, ...]] = {**sizes, **dict(model.levels)}
    cases = product(*(levels[name] for name in mechanism.inputs))
    whole: Function = dict(zip(cases, mechanism.table, strict=True))
    matter = [place for place in range(len(mechanism.inputs)) if _matters(whole, place)]
    function = {tuple(case[place] for place in matter): value for case, value in whole.items()}
    return tuple(mechanism.inputs[place] for place in matter), function


def _matters(function: Function, place: int) -> bool:
    found: dict[tuple[Value, ...], Value] = {}
    for case, value in function.items():
        if found.setdefault((*case[:place], *case[place + 1 :]), value) != value:
            return True
    return False


def _of_one(name: str, function: Mapping[Value, Value]) -> str | None:
    """A function of one variable: a copy, its opposite, or which values lead to which."""
    if all(case == value for case, value in function.items()):
        return f"copies {visible(name)}"
    if _bits([*function, *function.values()]):
        return f"the opposite of {visible(name)}"
    if len(function) > MOST_LEVELS:
        return None
    by: dict[Value, list[str]] = {}
    for case, value in function.items():
        by.setdefault(value, []).append(_value(case))
    rare = sorted(by, key=lambda value: len(by[value]))
    told = [f"{_value(value)} where {visible(name)} is {' or '.join(by[value])}" for value in rare[:-1]]
    return f"{', '.join(told)}, else {_value(rare[-1])}"


def _bits(values: Iterable[Value]) -> bool:
    return all(value in (0, 1) and isinstance(value, int) and not isinstance(value, bool) for value in values)


def _parity(names: Sequence[str], function: Function) -> str | None:
    """A sum of bits without carrying: whether two differ, or whether an odd number of several is 1."""
    if not _bits(value for case, value in function.items() for value in (*case, value)):
        return None
    signs = {(sum(map(int, case)) + int(value)) % 2 for case, value in function.items()}
    if len(signs) != 1:
        return None
    shown, odd = listed([visible(name) for name in names]), signs == {0}
    if len(names) == 2:
        return f"1 where {shown} {'differ' if odd else 'agree'}, else 0"
    return f"1 where an {'odd' if odd else 'even'} number of {shown} are 1, else 0"


def _exceptions(names: Sequence[str], function: Function) -> str | None:
    """One value everywhere but in a single case."""
    values = list(function.values())
    kinds = dict.fromkeys(values)
    rare = [value for value in kinds if values.count(value) == 1]
    if len(kinds) != 2 or not rare:
        return None
    case = next(case for case, value in function.items() if value == rare[0])
    when = " and ".join(f"{visible(name)} = {_value(value)}" for name, value in zip(names, case, strict=True))
    return f"{_value(rare[0])} where {when}, else {_value(next(k for k in kinds if k != rare[0]))}"


def _in_two(names: Sequence[str], function: Function) -> str | None:
    """What it is at one value of an input and at the other, if a few words say that; not of small tables."""
    if len(function) <= SMALL:
        return None
    for place, name in enumerate(names):
        values = list(dict.fromkeys(case[place] for case in function))
        if len(values) != 2:
            continue
        told = [_simply(names, {c: v for c, v in function.items() if c[place] == at}) for at in values]
        text = "; ".join(
            f"where {visible(name)} = {_value(at)}: {words}" for at, words in zip(values, told, strict=True)
        )
        if None not in told and len(text) <= LONGEST:
            return text
    return None


def _simply(names: Sequence[str], function: Function) -> str | None:
    """A part of a function in words that fit into a sentence about the parts."""
    matter = [place for place in range(len(names)) if _matters(function, place)]
    part = {tuple(case[place] for place in matter): value for case, value in function.items()}
    left = [names[place] for place in matter]
    if not left:
        return f"always {_value(next(iter(part.values())))}"
    if len(left) == 1:
        return _of_one(left[0], {case[0]: value for case, value in part.items()})
    return _parity(left, part) or _exceptions(left, part)


def _cases(label: str, pairs: Sequence[tuple[Mechanism, StructuralModel]]) -> Cases | None:
    """The cases of a mechanism in both worlds, over the inputs that matter in either; None if too many."""
    if any(len(mechanism.table) > MOST_READ for mechanism, _ in pairs):
        return None
    functions = [_function(*pair) for pair in pairs]
    names = tuple(dict.fromkeys(name for found, _ in functions for name in found))
    levels = [_levels(name, [model for _, model in pairs]) for name in names]
    rows: list[tuple[str, ...]] = []
    for case in product(*levels):
        at = dict(zip(names, case, strict=True))
        values = [f.get(tuple(at[name] for name in inputs)) for inputs, f in functions]
        rows.append((*map(_value, case), *(NOTHING if value is None else _value(value) for value in values)))
        if len(rows) > MOST_CASES:
            return None
    alike = len(pairs) == 1 or all(row[-1] == row[-2] for row in rows)
    worlds = ("in both",) if alike else WORLDS
    head = (*map(visible, names), *worlds)
    shown = tuple(row[: len(names) + len(worlds)] for row in rows)
    return Cases(label, head, shown)


def _levels(name: str, models: Iterable[StructuralModel]) -> tuple[Value, ...]:
    found: dict[Value, None] = {}
    for model in models:
        for cause in model.hidden:
            if cause.name == name:
                found |= dict.fromkeys(range(len(cause.probabilities)))
        found |= dict.fromkeys(dict(model.levels).get(name, ()))
    return tuple(found)


def _value(value: Value) -> str:
    return visible(value_text(value))
