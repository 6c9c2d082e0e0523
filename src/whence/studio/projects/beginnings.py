"""What a project on bundled data begins with: the data, a graph that one may argue with, and a question.

Each is a list of edits like any other: undo takes them back one by one. The graphs are sketches of what the
literature on the data takes for granted; they are there to be changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whence.studio.projects.edits import Ask, Edit, LoadData, SetGraph, SetPart
from whence.studio.projects.sheet import Dataset, Part


@dataclass(frozen=True, slots=True)
class Beginning:
    """A title, a graph as text, parts of columns, and a question in words ("" for the usual one)."""

    title: str
    graph: str
    parts: tuple[tuple[str, Part], ...]
    question: str = ""


BEGINNINGS: dict[str, Beginning] = {
    "lalonde": Beginning(
        "Did job training raise earnings?",
        "age -> education -> nodegree; age -> married; age -> re74; education -> re74 -> re75; "
        "education -> married -> re74; married -> re75; age -> nodegree -> re74; nodegree -> re75; "
        "nodegree -> married; "
        "age -> re75; education -> re75; age -> treat; education -> treat; nodegree -> treat; "
        "married -> treat; re74 -> treat; re75 -> treat; treat -> re78; age -> re78; education -> re78; "
        "nodegree -> re78; married -> re78; re74 -> re78; re75 -> re78",
        (("treat", "treatment"), ("re78", "outcome"), ("re75", "placebo")),
        "effect of treat on re78 among the treated",
    ),
    "nsw": Beginning(
        "Job training, chosen by lot",
        "treat -> re78; re75 -> re78; re74 -> re75; re74 -> re78; age -> re78",
        (("treat", "treatment"), ("re78", "outcome")),
    ),
    "nhefs": Beginning(
        "Does giving up smoking add weight?",
        "age -> qsmk; sex -> qsmk; smokeintensity -> qsmk; wt71 -> qsmk; exercise -> qsmk; "
        "age -> wt82_71; sex -> wt82_71; smokeintensity -> wt82_71; wt71 -> wt82_71; exercise -> wt82_71; "
        "sex -> wt71; age -> wt71; sex -> smokeintensity; age -> exercise; sex -> exercise; "
        "exercise -> wt71; qsmk -> wt82_71",
        (("qsmk", "treatment"), ("wt82_71", "outcome")),
    ),
    "kidney_stones": Beginning(
        "Which treatment of kidney stones?",
        "size -> treatment -> success; size -> success",
        (("treatment", "treatment"), ("success", "outcome"), ("count", "weights")),
    ),
    "drug": Beginning(
        "Does the drug help?",
        "gender -> drug -> recovery; gender -> recovery",
        (("drug", "treatment"), ("recovery", "outcome"), ("count", "weights")),
    ),
}


def beginning(name: str) -> Beginning:
    """The beginning for a bundled data set; data alone where none was written."""
    return BEGINNINGS.get(name) or Beginning(name, "", ())


def edits_of(found: Beginning, data: Dataset, columns: Sequence[str]) -> tuple[Edit, ...]:
    """The edits that lay the project out."""
    # The graph comes first: data on an empty sheet would make a node of each column.
    made: list[Edit] = [SetGraph(found.graph)] if found.graph else []
    made.append(LoadData(data, tuple(columns)))
    made += [SetPart(column, part) for column, part in found.parts]
    made += [Ask(found.question)] if found.question else []
    return tuple(made)
