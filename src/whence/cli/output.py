"""Where results go: stdout, or a file that is there whole or not at all."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.options import Format
from whence.runtime.errors import InvalidOption

if TYPE_CHECKING:
    from whence.explanation.answer import Answer

REFUSED, BROKEN = 3, 4

ENDINGS = {
    ".txt": Format.text,
    ".json": Format.json,
    ".md": Format.md,
    ".html": Format.html,
    ".htm": Format.html,
    ".tex": Format.latex,
}


def chosen_format(asked: Format | None, out: Path | None) -> Format:
    """The format asked for, or that of the file's ending, or text."""
    if asked is not None:
        return asked
    if out is None:
        return Format.text
    if out.suffix.lower() not in ENDINGS:
        raise InvalidOption("the ending of --out", out.suffix or out.name, sorted(ENDINGS))
    return ENDINGS[out.suffix.lower()]


def check_writable(out: Path | None, option: str = "--out") -> None:
    """Fail before the work rather than after it, if the file cannot be written."""
    if out is not None and (out.is_dir() or not os.access(out.parent, os.W_OK)):
        raise InvalidOption(option, out, "a file in a folder that exists and can be written to")


def write(text: str, out: Path | None) -> None:
    """Write to stdout, or to a file in one move: an error on the way leaves what was there before."""
    text = text if text.endswith("\n") else text + "\n"
    if out is None:
        sys.stdout.write(text)
        return
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    print(f"wrote {out}", file=sys.stderr)


def rendered(answer: "Answer", wanted: Format, *, full: bool = False, to_file: bool = False) -> str:
    """The answer in a format; text is as wide as the terminal allows, and coloured only there."""
    match wanted:
        case Format.json:
            return answer.to_json()
        case Format.md:
            return answer.to_markdown()
        case Format.html:
            return answer.to_html()
        case Format.latex:
            return answer.to_latex()
        case Format.text:
            width = min(100, shutil.get_terminal_size((100, 24)).columns)
            return answer.to_text(full, width, color=False if to_file else None)


def exit_code(answer: "Answer", *, strict: bool = False) -> int:
    """0 for an answer, 3 for a refusal, 4 under `strict` for an answer that failed a check."""
    if answer.status == "refused":
        return REFUSED
    return BROKEN if strict and answer.failed else 0
