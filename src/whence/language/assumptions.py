"""What an answer rests on, and where each piece of it came from.

>>> Assumption("no confounder of price and sales besides season", source="graph").status
'untested'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from whence.runtime.errors import InvalidAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

Source = Literal["user", "graph", "document", "default", "design", "data"]
About = Literal["confounding", "overlap", "consistency", "other"]
Status = Literal["untested", "untestable", "survived", "failed", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of a document, found there by code: `text[start:end] == quote`."""

    document: str
    start: int
    end: int
    quote: str

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"document": self.document, "start": self.start, "end": self.end, "quote": self.quote}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Citation:
        """Back from plain JSON."""
        try:
            return cls(str(data["document"]), int(data["start"]), int(data["end"]), str(data["quote"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidAnswer(f"a citation lacks or garbles {error}") from error


@dataclass(frozen=True, slots=True)
class Assumption:
    """A statement that the answer needs: its source, whether data could speak against it, what they said."""

    statement: str
    source: Source = "default"
    testable: bool = False
    status: Status = "untested"
    about: About = "other"

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "statement": self.statement,
            "source": self.source,
            "testable": self.testable,
            "status": self.status,
            "about": self.about,
        }
