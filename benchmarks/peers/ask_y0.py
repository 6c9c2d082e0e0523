"""Identify effects with y0; questions and answers are JSON."""

import json
import sys
import time
from importlib import import_module

identify = import_module("y0.algorithm.identify").identify_outcomes
graphs = import_module("y0.graph")
dsl = import_module("y0.dsl")


def main() -> None:
    """Identify each effect once and tell the time of each."""
    sys.setrecursionlimit(100_000)
    answers = []
    for task in json.load(sys.stdin):
        graph = graphs.NxMixedGraph.from_str_edges(
            nodes=task["nodes"], directed=task["directed"], undirected=task["bidirected"]
        )
        began = time.thread_time()
        found = identify(graph, dsl.Variable(task["x"]), dsl.Variable(task["y"]))
        answers.append({"identified": found is not None, "seconds": time.thread_time() - began})
    json.dump(answers, sys.stdout)


main()
