"""What a page loads, as it is written and as it is sent: its scripts and its style.

The client is one module in several files, joined in the order of their names: what one declares, those after
it may use. The style begins with the rules of our drawings, which reports have too.
"""

from __future__ import annotations

from pathlib import Path

from whence.explanation.charts import canvas
from whence.language import svg_marks
from whence.studio.lean import lean

FOLDER = Path(__file__).parent / "static"
SCRIPTS = ("client.js", "canvas.js")


def script(name: str) -> str:
    """A script as people read it; `name` is one of `SCRIPTS`."""
    whole = FOLDER / name
    parts = [whole] if whole.is_file() else sorted(whole.with_suffix("").glob("*.js"))
    return "\n".join(part.read_text("utf-8") for part in parts)


def sent(name: str) -> bytes:
    """The same as it goes over the wire."""
    return lean(script(name)).encode()


def style() -> str:
    """The style of every page."""
    sheets = [sheet.read_text("utf-8") for sheet in sorted((FOLDER / "css").glob("*.css"))]
    return "\n".join([svg_marks.RULES, canvas.RULES, *sheets])
