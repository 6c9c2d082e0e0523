"""Answer separation and adjustment questions with ciflypy; questions and answers are JSON."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module

cifly = import_module("ciflypy")

EDGES = "EDGES --> <--, <->\n"
ALONG = EDGES + "SETS S\nSTART ... AT S\nOUTPUT ...\n\n... | --> | true"
AGAINST = EDGES + "SETS S\nSTART ... AT S\nOUTPUT ...\n\n... | <-- | true"
CONNECTED = (
    EDGES
    + """SETS S, Z
START <-- AT S
OUTPUT ...

-->, <-> | <--, <-> | current in Z
... | ... | current not in Z"""
)
# In the proper back-door graph no edge leads from X to a causal node C.
DOOR_AGAINST = (
    EDGES + "SETS S, X, C\nSTART ... AT S\nOUTPUT ...\n\n... | <-- | current not in C or next not in X"
)
DOOR_CLOSURE = (
    EDGES
    + """SETS S, Z, A, X, C
START <-- AT S
OUTPUT ...

-->, <-> | <-> | next in A
-->, <-> | <-- | next in A and (current not in C or next not in X)
... | --> | current not in Z and next in A and (current not in X or next not in C)
... | <-- | current not in Z and next in A and (current not in C or next not in X)
... | <-> | current not in Z and next in A"""
)
TABLES = {
    name: cifly.Ruletable(text, table_as_string=True)
    for name, text in (
        ("along", ALONG),
        ("against", AGAINST),
        ("connected", CONNECTED),
        ("door against", DOOR_AGAINST),
        ("door closure", DOOR_CLOSURE),
    )
}


def separated(graph: object, question: dict) -> bool:
    """Whether x and y are m-separated given z."""
    sets = {"S": [question["x"]], "Z": question["z"]}
    return question["y"] not in cifly.reach(graph, sets, TABLES["connected"])


def adjustment(graph: object, question: dict) -> list[int] | None:
    """One minimal adjustment set: two closures in the proper back-door graph."""
    x, y = question["x"], question["y"]

    def reach(table: str, **sets: list[int]) -> set[int]:
        return set(cifly.reach(graph, sets, TABLES[table]))

    causal = list((reach("along", S=[x]) & reach("against", S=[y])) - {x})
    forbidden = reach("along", S=causal) | {x, y}
    among = list(reach("door against", S=[x, y], X=[x], C=causal))
    usable = list(set(among) - forbidden)
    from_x = reach("door closure", S=[x], Z=usable, A=among, X=[x], C=causal)
    if y in from_x:
        return None
    near = list(from_x.intersection(usable))
    from_y = reach("door closure", S=[y], Z=near, A=among, X=[x], C=causal)
    return sorted(from_y.intersection(near))


def best(work: Callable[[], object], repeats: int) -> float:
    """Seconds of thread CPU time, the least of a few runs."""
    times = []
    for _ in range(repeats):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def main() -> None:
    """Answer each question and tell the median time of its kind."""
    task = json.load(sys.stdin)
    edges = {"-->": list(map(tuple, task["directed"])), "<->": list(map(tuple, task["bidirected"]))}
    graph = cifly.Graph(edges, TABLES["connected"])
    answers: dict[str, object] = {"parse": best(lambda: cifly.Graph(edges, TABLES["connected"]), 3)}
    for kind, answer in (("separated", separated), ("connected", separated), ("adjustment", adjustment)):
        found, times = [], []
        for question in task[kind]:
            found.append(answer(graph, question))
            times.append(best(lambda question=question, answer=answer: answer(graph, question), 5))
        answers[kind] = {"answers": found, "seconds": statistics.median(times)}
    json.dump(answers, sys.stdout)


main()
