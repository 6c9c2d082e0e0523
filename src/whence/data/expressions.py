"""User expressions for `where=` and `derive=`: checked against a short list of parts, then rebuilt.

The text is parsed by the engine's own parser and never run. Its tree may hold columns, constants,
comparisons, arithmetic, CASE, CAST to plain types and the functions in `FUNCTIONS`; anything else (a
sub-select, a function that reads files, a second statement, a comment) is refused by not being on the list.
What runs is SQL written anew from the checked tree, with the columns called c0, c1, …, in a locked engine
that can open no file.

>>> check("re74 = 0", ["re74", "age"]).columns
('re74',)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np

from whence.data.columns import Array, Column, from_array
from whence.data.duck import Engine, EngineFailure, engine, has_comment, has_semicolon
from whence.data.engine_columns import held, selection
from whence.data.names import known
from whence.runtime.errors import InvalidFilter

Tree: TypeAlias = dict[str, Any]

LONGEST_EXPRESSION = 10_000

_FUNCTIONS = {
    "arithmetic": "+ - * / // % ^ ** @ abs sign mod greatest least",
    "numbers": "ceil ceiling floor round trunc sqrt cbrt exp ln log log2 log10 pow power sin cos tan atan "
    "degrees radians pi isnan isinf isfinite",
    "text": "|| lower upper lcase ucase trim ltrim rtrim length len strlen substr substring left right "
    "replace concat strpos instr position",
    "likeness": "~~ !~~ ~~* !~~* like_escape not_like_escape ilike_escape not_ilike_escape contains "
    "starts_with prefix ends_with suffix regexp_matches regexp_full_match",
    "choice": "if ifnull nullif coalesce",
    "dates": "year month day quarter week dayofweek dayofyear hour minute second date_part date_trunc "
    "date_diff datediff to_years to_months to_weeks to_days to_hours to_minutes to_seconds",
}
_TYPES = {
    "numbers": "tinyint smallint integer int bigint int1 int2 int4 int8 utinyint usmallint uinteger ubigint "
    "float real double float4 float8 decimal numeric",
    "others": "boolean bool varchar text string date timestamp datetime",
}
FUNCTIONS = frozenset(" ".join(_FUNCTIONS.values()).split())
CAST_TYPES = frozenset(" ".join(_TYPES.values()).split())
CLASSES = frozenset(
    {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CASE", "CAST"}
)
OPERATORS = frozenset(
    {
        "COMPARE_IN",
        "COMPARE_NOT_IN",
        "OPERATOR_NOT",
        "OPERATOR_IS_NULL",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_COALESCE",
        "OPERATOR_NULLIF",
        "OPERATOR_TRY",
    }
)
NAN_MAKERS = frozenset(
    {"/", "^", "**", "ln", "log", "log2", "log10", "sqrt", "pow", "power", "sin", "cos", "tan"}
)
"""What may have no value for some numbers. The engine's NaN is larger than any number; here it is missing."""

_EMPTY_PARTS = ("where_clause", "having", "qualify", "sample", "group_expressions", "group_sets", "modifiers")


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that may run: the user's text, the columns it names, and SQL over c0, c1, … for them."""

    text: str
    columns: tuple[str, ...]
    sql: str


def check(text: str, names: Sequence[str]) -> Checked:
    """The expression, if it is one single scalar expression over these columns.

    Raises `InvalidFilter` (with the user's text and the reason) and `UnknownColumn` (with the near miss).
    """
    if len(text) > LONGEST_EXPRESSION:
        raise InvalidFilter(text, f"it is longer than {LONGEST_EXPRESSION:,} characters")
    if any(not char.isprintable() and char not in "\n\t\r\u00a0" for char in text):
        raise InvalidFilter(text, "it holds control characters")
    try:
        with engine(threads=1) as db:
            if has_comment(text):
                raise InvalidFilter(text, "it holds a comment")
            if has_semicolon(text):
                raise InvalidFilter(text, "it holds a semicolon: one expression is one statement")
            tree = _single_expression(_parsed(db, text), text)
            used = _resolved(tree, text, names, _undefined_is_missing(db))
            return Checked(text, used, _written(db, tree))
    except (EngineFailure, RecursionError):
        raise InvalidFilter(text, "it is no expression that can be read") from None


def computed(checked: Checked, columns: Mapping[str, Column], threads: int | None = None) -> Column:
    """The expression's value for each row; booleans stay booleans.

    Raises `InvalidFilter` if the types do not fit or a row's value cannot be computed.
    """
    rows = len(next(iter(columns.values())))
    arrays: dict[str, Array] = {"row": np.arange(rows)}
    views = ["row"]
    for place, name in enumerate(checked.columns):
        arrays[f"v{place}"], sql = _engine_values(columns[name], f"v{place}")
        arrays[f"m{place}"] = ~columns[name].present
        views.append(f"CASE WHEN m{place} THEN NULL ELSE {sql} END AS c{place}")
    source = f"(SELECT {', '.join(views)} FROM given)"
    try:
        with engine(threads=threads) as db:
            db.show("given", arrays)
            kind = db.described(f"SELECT ({checked.sql}) AS value FROM {source}")[0][1]
            sql = selection(kind, f"({checked.sql})")
            if sql is None:
                raise InvalidFilter(checked.text, "its values are no numbers, text, dates or truth values")
            fetched = db.columns(f"SELECT {sql} AS value FROM {source}")[0]
    except EngineFailure as failure:
        raise InvalidFilter(checked.text, REASONS.get(failure.kind, "it cannot be computed")) from None
    return held(fetched, kind)


REASONS = {
    "binding": "the kinds of its parts do not fit together (text and numbers, perhaps)",
    "values": "in some row it cannot be computed (text that is no number, or a number too large)",
    "reading": "in some row it cannot be computed (a division by zero, or a malformed pattern)",
    "forbidden": "it asks for what expressions may not do",
    "memory": "it needs too much memory",
}
"""Why an expression cannot be computed, by the kind of the engine's failure."""


def as_integers(column: Column) -> Column:
    """Booleans as 0 and 1; other columns as they are."""
    if column.storage != "boolean":
        return column
    return from_array(column.values.astype(np.int64), column.missing)


def _engine_values(column: Column, name: str) -> tuple[Array, str]:
    if column.storage != "text":
        return column.values, name
    levels = np.array([*column.levels, ""], dtype=object)
    return levels[column.values], f"CAST({name} AS VARCHAR)"


def _parsed(db: Engine, text: str) -> Tree:
    # The line break keeps the expression apart from SELECT whatever it starts with.
    answer = json.loads(db.rows("SELECT json_serialize_sql(?::VARCHAR)", [f"SELECT\n{text}\n"])[0][0])
    tree = cast("Tree", answer)
    if tree.get("error"):
        place = str(tree.get("position", ""))
        near = f" near its character {max(int(place) - 6, 1)}" if place.isdigit() else ""
        raise InvalidFilter(text, f"it cannot be read as one expression{near}")
    return tree


def _single_expression(tree: Tree, text: str) -> Tree:
    """The tree of the one expression, if the statement is nothing but `SELECT expression`."""
    statements = cast("list[Tree]", tree.get("statements", []))
    if len(statements) != 1:
        raise InvalidFilter(text, "it is several statements")
    node = cast("Tree", statements[0].get("node", {}))
    extra = [part for part in _EMPTY_PARTS if node.get(part)]
    source = cast("Tree", node.get("from_table") or {}).get("type", "EMPTY")
    ctes = cast("Tree", node.get("cte_map") or {}).get("map")
    if node.get("type") != "SELECT_NODE" or extra or ctes or source != "EMPTY":
        raise InvalidFilter(text, "it holds more than one expression over a row's own columns")
    chosen = cast("list[Tree]", node.get("select_list", []))
    if len(chosen) != 1 or chosen[0].get("alias"):
        raise InvalidFilter(text, "it must be one expression without a name")
    if statements[0].get("named_param_map"):
        raise InvalidFilter(text, "it holds a parameter")
    return tree


def _undefined_is_missing(db: Engine) -> str:
    """The tree (as JSON) of an expression that makes NaN missing; its one column is what may be NaN."""
    tree = _parsed(db, "nullif(CAST(what AS DOUBLE), CAST('nan' AS DOUBLE))")
    return json.dumps(cast("list[Tree]", tree["statements"])[0]["node"]["select_list"][0])


def _guard(node: Tree, template: str) -> None:
    """Put a node inside of `template`, in its place."""
    inner = dict(node)
    node.clear()
    node.update(cast("Tree", json.loads(template)))
    waiting: list[object] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found = cast("Tree", item)
            if found.get("class") == "COLUMN_REF":
                found.clear()
                found.update(inner)
                return
            waiting.extend(found.values())
        elif isinstance(item, list):
            waiting.extend(cast("list[object]", item))


def _resolved(tree: Tree, text: str, names: Sequence[str], template: str) -> tuple[str, ...]:
    """Check every node of the tree; call the columns c0, c1, …; give their names in that order."""
    used: dict[str, int] = {}
    waiting: list[object] = [cast("list[Tree]", tree["statements"])[0]["node"]["select_list"]]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(cast("list[object]", item)[::-1])
        elif isinstance(item, dict):
            node = cast("Tree", item)
            if "class" in node:
                _check_node(node, text)
            elif node.get("type") in {"SELECT_NODE", "TABLE_FUNCTION", "BASE_TABLE"} or "node" in node:
                raise InvalidFilter(text, "it holds a sub-select")
            if node.get("class") == "COLUMN_REF":
                name = _column_name(node, text, names)
                node["column_names"] = [f"c{used.setdefault(name, len(used))}"]
            waiting.extend(list(node.values())[::-1])
            if node.get("class") == "FUNCTION" and str(node["function_name"]).lower() in NAN_MAKERS:
                _guard(node, template)
    return tuple(used)


def _column_name(node: Tree, text: str, names: Sequence[str]) -> str:
    parts = cast("list[str]", node["column_names"])
    if len(parts) != 1:
        dotted = ".".join(parts)
        hint = f'write "{dotted}" in double quotes' if dotted in names else "name the column alone"
        raise InvalidFilter(text, f"{dotted} is no column; {hint}")
    if parts[0] in names:
        return parts[0]
    alike = [name for name in names if name.casefold() == parts[0].casefold()]
    return alike[0] if alike else known(parts[0], names)


def _check_node(node: Tree, text: str) -> None:
    kind = str(node["class"])
    if kind == "FUNCTION":
        _check_function(node, text)
    elif kind == "SUBQUERY":
        raise InvalidFilter(text, "it holds a sub-select")
    elif kind == "WINDOW":
        raise InvalidFilter(text, "it looks at other rows; an expression sees one row at a time")
    elif kind == "OPERATOR" and node.get("type") not in OPERATORS:
        raise InvalidFilter(text, "it holds an operator that is not allowed here")
    elif kind == "TYPE":
        _check_type(str(node.get("type_name")), text)
        if node.get("schema") or node.get("catalog"):
            raise InvalidFilter(text, "it casts to a type of its own")
    elif kind not in CLASSES:
        raise InvalidFilter(text, "it holds something other than columns, constants and plain functions")
    if kind == "CAST" and "cast_type" in node:  # how engines before 2.0 wrote it
        _check_type(str(cast("Tree", node["cast_type"]).get("id")), text)


def _check_function(node: Tree, text: str) -> None:
    name = str(node.get("function_name", "")).lower()
    ordered = cast("Tree", node.get("order_bys") or {}).get("orders")
    if name not in FUNCTIONS or node.get("schema") or node.get("catalog"):
        raise InvalidFilter(text, f"the function {name[:40]} is not among those allowed in an expression")
    if node.get("filter") or node.get("distinct") or ordered:
        raise InvalidFilter(text, "it looks at other rows; an expression sees one row at a time")


def _check_type(name: str, text: str) -> None:
    if name.lower() not in CAST_TYPES:
        raise InvalidFilter(text, f"it casts to the type {name[:40].lower()}, which is not allowed")


def _written(db: Engine, tree: Tree) -> str:
    sql = str(db.rows("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)])[0][0])
    return sql.removeprefix("SELECT ").rstrip().rstrip(";")
