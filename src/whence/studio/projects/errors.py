"""What can be wrong with an edit, a project or the shelf they stand on.

    WhenceError
    ├── InvalidEdit
    │   ├── InvalidName
    │   ├── NameTaken
    │   ├── UnknownEdge
    │   └── GraphTooLarge
    ├── BrokenEdit
    ├── UnknownProject
    ├── UnknownRevision
    └── UnknownRun

An edit that the graph itself forbids raises what `whence.language` calls it: `CyclicGraph`, `InvalidGraph`,
`GraphSyntax`, `UnknownVariable`.

>>> print(NameTaken("age"))
There is a variable "age" already. Give the new one another name, or use the one that is there.
"""

from __future__ import annotations

from whence.runtime.errors import WhenceError
from whence.runtime.plain import quoted


class InvalidEdit(WhenceError):
    """An edit that cannot be made."""


class InvalidName(InvalidEdit):
    """A text that cannot be the name of a variable."""

    def __init__(
        self, name: str, reason: str, cure: str = "Give a name such as age or job training."
    ) -> None:
        self.name = name
        super().__init__(f"The name {quoted(name)} {reason}.", cure)


class NameTaken(InvalidEdit):
    """A name that another variable has."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"There is a variable {quoted(name)} already.",
            "Give the new one another name, or use the one that is there.",
        )


class UnknownEdge(InvalidEdit):
    """An edge that the graph does not have."""

    def __init__(self, source: str, mark: str, target: str) -> None:
        super().__init__(
            f"There is no edge {quoted(source)} {mark} {quoted(target)} in the graph.",
            "It may have been changed meanwhile: look at the graph as it is now.",
        )


class GraphTooLarge(InvalidEdit):
    """A graph of more variables or edges than a person can draw."""

    def __init__(self, what: str, limit: int) -> None:
        self.limit = limit
        super().__init__(
            f"The graph would have more than {limit:,} {what}.",
            "Keep the variables that bear on the question; larger graphs are for the command line.",
        )


class BrokenEdit(WhenceError):
    """JSON that is no entry of a project's log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"This is no entry of a project: {reason}.", "Keep logs as they were written.")


class UnknownProject(WhenceError):
    """An id that no project has."""

    def __init__(self, project: str) -> None:
        super().__init__(f"There is no project {quoted(project, 40)}.", "Look for it among all projects.")


class UnknownRevision(WhenceError):
    """A revision that the project has not come to."""

    def __init__(self, revision: int, last: int) -> None:
        self.revision = revision
        super().__init__(
            f"There is no revision {revision} of this project.", f"Its revisions are 0 to {last}."
        )


class UnknownRun(WhenceError):
    """A run that the project does not have, or that has no answer, or is over."""

    def __init__(self, number: int, reason: str = "is not one of this project") -> None:
        self.number = number
        super().__init__(f"The run {number} {reason}.", "Look at the runs that the project has.")
