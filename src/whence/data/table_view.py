"""How a table shows itself: a few lines of text, or a small table in a notebook.

Names come from files, so nothing of them is trusted: control characters cannot occur and markup is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from whence.data.schema import Field, Schema

SHOWN = 40


def headline(rows: int, n: int, columns: int, weighting: str) -> str:
    """The size in words.

    >>> headline(4, 700, 3, "counts")
    '4 rows standing for 700 × 3 columns'
    """
    stands = f" standing for {n:,}" if weighting == "counts" else ""
    probable = " of probabilities" if weighting == "probabilities" else ""
    return f"{rows:,} rows{stands}{probable} × {columns:,} columns"


def to_text(schema: Schema, rows: int, n: int, source: str, weighting: str) -> str:
    """One line on the table and one on each of its first columns."""
    lines = [f"<Table {headline(rows, n, len(schema), weighting)}, from {source}>"]
    width = max((len(field.name) for field in schema.fields[:SHOWN]), default=0)
    lines += [
        f"  {field.name:<{min(width, 30)}}  {field.kind:<11}  {facts(field)}".rstrip()
        for field in schema.fields[:SHOWN]
    ]
    if len(schema) > SHOWN:
        lines.append(f"  … and {len(schema) - SHOWN:,} more")
    return "\n".join(lines)


def to_html(schema: Schema, rows: int, n: int, source: str, weighting: str, notes: Sequence[str]) -> str:
    """A small HTML table, every name and value escaped."""
    body = "".join(
        f"<tr><td>{escape(field.name)}</td><td>{field.kind}</td><td>{escape(facts(field))}</td></tr>"
        for field in schema.fields[:SHOWN]
    )
    more = f"<p>… and {len(schema) - SHOWN:,} more columns</p>" if len(schema) > SHOWN else ""
    told = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f"<div><p><strong>Table</strong>, {headline(rows, n, len(schema), weighting)}, "
        f"from {escape(source)}</p><table><thead><tr><th>column</th><th>kind</th><th>values</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
        f"{more}{f'<ul>{told}</ul>' if told else ''}</div>"
    )


def facts(field: Field) -> str:
    """Levels and holes of one column, in words."""
    few = 0 < len(field.levels) <= 6
    values = ", ".join(str(level)[:24] for level in field.levels) if few else f"{field.distinct:,} values"
    return values + (f"; {field.missing:,} missing" if field.missing else "")
