"""Plain questions in English, read by a deterministic grammar over the names of the data or the graph.

`question` takes the question language as well as sentences such as "effect of price on sales", "did the
campaign raise revenue?" or "effect of training on earnings among the treated". Names may be written with
spaces for underscores and in any case. Nothing is dropped: a question with a word that the grammar has no
place for is refused, and one that can be meant in several ways is given back with its readings.

>>> asked, read_by = question("What is the effect of Price on unit sales?", ["price", "unit_sales"])
>>> str(asked), read_by
('ATE(price -> unit_sales)', 'grammar')
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, NoReturn

from whence.language.causation import opposite, pn, pns, ps
from whence.language.expression import (
    Expectation,
    Expression,
    P,
    Term,
    Value,
    atoms,
    children,
    names_in,
    rebuilt,
)
from whence.language.matching import LEVELS, Filled, Filling, Sentence, fillings, folded
from whence.language.mediation import nde, nie
from whence.language.paths import path_name, path_of
from whence.language.printing import name_text, value_text
from whence.language.query import Contrast, Query, of_contrast
from whence.language.query_text import HEADS, assumptions, query
from whence.language.query_tokens import Cursor, tokens
from whence.language.question_words import FORMS, Meaning, Piece, sentences
from whence.runtime.errors import AmbiguousQuestion, QuerySyntax, UnknownVariable
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ReadBy = Literal["syntax", "grammar"]

WHERE = "data or the graph"
SYMBOLIC = re.compile(rf"\s*\(*\s*(?:{'|'.join(HEADS)}|\w+(?=[(\[]))\s*[(\[]|.*\bdo\s*\(", re.DOTALL)
LATER = re.compile(r"\s*why\s|.*\bactual\s+cause\b", re.IGNORECASE | re.DOTALL)
ASSUMING = re.compile(r"\s*,?\s*\bassuming\b", re.IGNORECASE)
CURE = "The forms that are understood, with names of your own:" + "".join(f"\n  {form}" for form in FORMS)
MOST_READINGS = 6
CAUSED = {"necessary": pn, "sufficient": ps, "necessary and sufficient": pns}


def question(text: str | Query, vocabulary: Sequence[str] = ()) -> tuple[Query, ReadBy]:
    """The query that a question asks, and whether the question language or the English grammar read it.

    `vocabulary` holds the names that may be asked about; of none, every plain word may be a name.

    Raises `UnknownVariable` (with the nearest name), `AmbiguousQuestion` (with the readings), and
    `QuerySyntax` for a question that neither can read in full (with the forms that can).
    """
    if isinstance(text, Query):
        return linked(text, vocabulary), "syntax"
    if SYMBOLIC.match(text) or LATER.match(text):
        return linked(query(text), vocabulary), "syntax"
    begin = ASSUMING.search(text)
    assumed = () if begin is None else _assumed(text, begin.end())
    sentence = Sentence.of(text if begin is None else text[: begin.start()], vocabulary)
    found = _read(sentence, vocabulary)
    return Query(found.body, found.contrast, assumed), "grammar"


def _assumed(text: str, start: int) -> tuple[str, ...]:
    # Blanks before it keep the columns of errors right.
    place = start - len("assuming")
    cursor = Cursor(text, tokens(" " * place + "assuming" + text[start:]))
    found = assumptions(cursor)
    if cursor.now.kind != "end":
        cursor.fail(f"{quoted(cursor.now.text)} is not expected here", "Separate assumptions by commas.")
    return found


# ── sentences ───────────────────────────────────────────────────────────────────────────────────────────────


def _read(sentence: Sentence, vocabulary: Sequence[str]) -> Query:
    """The one query that the sentence asks."""
    readings: dict[str, Query] = {}
    for pattern, meaning in _sentences():
        for filled in fillings(pattern, sentence):
            if meaning == "what if":
                _what_if(sentence, filled, vocabulary)
            if meaning == "would have been":
                _would_have_been(sentence, filled)
            asked = _meant(meaning, sentence, filled)
            readings[str(asked)] = asked
    if len(readings) > 1:
        raise AmbiguousQuestion(sentence.text, list(readings)[:MOST_READINGS])
    if not readings:
        _refuse(sentence, vocabulary)
    return next(iter(readings.values()))


@cache
def _sentences() -> tuple[tuple[tuple[Piece, ...], Meaning], ...]:
    return sentences()


def _meant(meaning: Meaning, sentence: Sentence, filled: Filling) -> Query:
    treatment, outcome = _name(filled["A"]), _name(filled["B"])
    level, base = (_level(sentence, filled.get(slot)) for slot in ("L", "O"))
    if meaning == "mean under":
        return Query(Expectation(outcome, P(outcome, (), Term(treatment, level))))
    by = tuple(_name(filled[slot]) for slot in filled if slot.startswith("Z"))
    if meaning in ("direct", "indirect"):
        return (nde if meaning == "direct" else nie)(treatment, outcome, by)
    if meaning in CAUSED:
        levels = _both(sentence, filled.get("L"), treatment)
        values = _both(sentence, filled.get("V"), outcome)
        return CAUSED[meaning](treatment, outcome, levels, values)
    kind = "ATT" if meaning == "on the treated" else "CATE" if by else "ATE"
    return of_contrast(Contrast(kind, treatment, outcome, level, base, by))


def _name(filled: Filled) -> str:
    return filled.name or ""


def _level(sentence: Sentence, filled: Filled | None) -> Value | None:
    return None if filled is None else sentence.level(filled.start)


def _both(sentence: Sentence, filled: Filled | None, name: str) -> tuple[Value, Value]:
    """The value that was said, or 1, and the other one."""
    value = _level(sentence, filled)
    value = 1 if value is None else value
    other = opposite(value)
    if other is None:
        shown = f"{name_text(name)}={value_text(value)}"
        raise QuerySyntax(
            sentence.text,
            0,
            f"What {shown} is compared with was not said",
            f"Write PN(X=… vs X=… -> Y=… vs Y=…), with both values of {name_text(name)}.",
        )
    return value, other


def _would_have_been(sentence: Sentence, filled: Filling) -> NoReturn:
    """Ask back who is meant: everyone, or those who were neither."""
    treatment, outcome = _name(filled["A"]), _name(filled["B"])
    level, value = (_level(sentence, filled[slot]) for slot in ("L", "V"))
    readings = [str(Query(P(Term(outcome, value), (), Term(treatment, level))))]
    was, had = (None if each is None else opposite(each) for each in (level, value))
    if was is not None and had is not None:
        seen = (Term(treatment, was), Term(outcome, had))
        readings.append(str(Query(P(Term(outcome, value, (Term(treatment, level),)), seen))))
    raise AmbiguousQuestion(sentence.text, readings, "The question does not say of whom, and what was seen.")


def _what_if(sentence: Sentence, filled: Filling, vocabulary: Sequence[str]) -> NoReturn:
    """Ask back what the question is about."""
    treatment = _name(filled["A"])
    setting = Term(treatment, _level(sentence, filled["L"]))
    outcomes = [name for name in vocabulary if name != treatment][:MOST_READINGS]
    readings = [str(Query(Expectation(name, P(name, (), setting)))) for name in outcomes]
    raise AmbiguousQuestion(sentence.text, readings, "The question does not say what would change with it.")


def _refuse(sentence: Sentence, vocabulary: Sequence[str]) -> NoReturn:
    """Say which name is unknown or which words have no place, for the reading that comes closest."""
    best: tuple[tuple[int, int], Filling] | None = None
    for pattern, _ in _sentences():
        for filled in fillings(pattern, sentence, lenient=True):
            unknown = [each for slot, each in filled.items() if each.name is None and slot not in LEVELS]
            if not unknown:
                continue
            cost = (len(unknown), sum(each.end - each.start for each in unknown))
            if best is None or cost < best[0]:
                best = cost, filled
    if best is not None:
        for slot, each in best[1].items():
            if each.name is None and slot not in LEVELS:
                _refuse_name(sentence, each, vocabulary)
    raise QuerySyntax(sentence.text, 0, "This question has no form that is understood", CURE)


def _refuse_name(sentence: Sentence, words: Filled, vocabulary: Sequence[str]) -> NoReturn:
    """The words are no name: either a name that nobody knows, or a name and more."""
    inside = [name for start in range(words.start, words.end) for name in sentence.names[start]]
    for known in sorted(inside, key=lambda name: (name.start, -name.end)):
        if known.end <= words.end:
            rest = (known.end, words.end) if known.start == words.start else (words.start, known.start)
            if rest[0] == rest[1]:
                continue
            shown = quoted(sentence.raw(*rest))
            position = sentence.places[rest[0]][0]
            raise QuerySyntax(sentence.text, position, f"{shown} has no place in this question", CURE)
    raise UnknownVariable(sentence.raw(words.start, words.end), known=vocabulary, where=WHERE)


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────


def linked(asked: Query, vocabulary: Sequence[str]) -> Query:
    """The query with its names as the vocabulary spells them.

    Raises `UnknownVariable` for a name that is not there and `AmbiguousQuestion` for one that could be
    several; with an empty vocabulary the query is returned as it is.
    """
    if not vocabulary:
        return asked
    found = [atom for atom in atoms(asked.body) if isinstance(atom, P)]
    named = sorted({name for atom in found for name in _names(atom, vocabulary)})
    spellings = {name: _spellings(name, vocabulary) for name in named}
    unclear = [name for name in named if len(spellings[name]) > 1]
    if unclear:
        choices = [{**spellings, unclear[0]: (choice,)} for choice in spellings[unclear[0]]]
        readings = [str(_renamed(asked, {k: v[0] for k, v in choice.items()})) for choice in choices]
        raise AmbiguousQuestion(str(asked), readings)
    return _renamed(asked, {name: found[0] for name, found in spellings.items()})


def _names(atom: P, vocabulary: Sequence[str]) -> Iterator[str]:
    for term in atom.terms:
        for name in names_in(term):
            yield from (path_of(name) if name not in vocabulary else None) or (name,)


def _spellings(name: str, vocabulary: Sequence[str]) -> tuple[str, ...]:
    if name in vocabulary:
        return (name,)
    found = tuple(dict.fromkeys(known for known in vocabulary if folded(known) == folded(name)))
    if not found:
        raise UnknownVariable(name, known=vocabulary, where=WHERE)
    return found


def _renamed(asked: Query, names: Mapping[str, str]) -> Query:
    if all(name == other for name, other in names.items()):
        return asked
    old = asked.contrast
    if old is None:
        return Query(_with_names(asked.body, names), None, asked.assuming)
    by = tuple(names[name] for name in old.by)
    contrast = Contrast(old.kind, names[old.treatment], names[old.outcome], old.level, old.base, by)
    return Query(of_contrast(contrast).body, contrast, asked.assuming)


def _with_names(node: Expression, names: Mapping[str, str]) -> Expression:
    match node:
        case P():
            of, given, do = ([_term(term, names) for term in part] for part in (node.of, node.given, node.do))
            return P(of, given, do, node.population)
        case Expectation(variable=variable, body=body):
            return Expectation(names.get(variable, variable), _with_names(body, names))
        case _:
            return rebuilt(node, tuple(_with_names(part, names) for part in children(node)))


def _term(term: Term, names: Mapping[str, str]) -> Term:
    world = tuple(_term(part, names) for part in term.world)
    path = None if term.name in names else path_of(term.name)
    name = names.get(term.name, term.name) if path is None else path_name(names[each] for each in path)
    return Term(name, term.value, world)
