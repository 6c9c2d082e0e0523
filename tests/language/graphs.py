"""Random graphs of every kind, with names that try to break out of their quotes."""

import random

from whence.language.graph import MARKS_OF_KIND, Edge, Graph
from whence.runtime.errors import InvalidGraph

HOSTILE = [
    "o",
    "x -> y",
    'say "hi"',
    "back\\slash",
    "ends with \\",
    "new\nline",
    "tab\tbed",
    "a;b",
    "{x, y}",
    "[latent]",
    "# no comment",
    "/* nor this */",
    "// nor this",
    "größe",
    "变量",
    "🙂 face",
    "&quot;",
    "&#65;",
    "node",
    "graph",
    "dag",
    "digraph { a }",
    "it's",
    "1",
    "-1.5",
    "x.1",
    "a=b",
    "<script>alert(1)</script>",
    "'; DROP TABLE x; --",
    " padded ",
    "zero\u0000byte",
    "e\u0301",
    "o->",
    "@",
    "true",
    "null",
    "nodes",
    "latent",
    "\\n",
    "%20",
]


def random_graph(seed: int) -> Graph:
    """A graph of any kind; about half of them with hostile names, some with latent nodes."""
    r = random.Random(seed)
    kind = r.choice(list(MARKS_OF_KIND))
    size = r.randint(1, 7)
    pool = HOSTILE if r.random() < 0.5 else [f"v{i}" for i in range(12)]
    names = r.sample(pool, size)
    edges = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            marks = sorted(MARKS_OF_KIND[kind])
            for mark in r.sample(marks, r.choice((0, 0, 1, 1 if kind != "ADMG" else 2))):
                edges.append(Edge(a, b, mark))
    latent = [name for name in names if r.random() < 0.15]
    told = kind if r.random() < 0.6 else None
    nodes = r.sample(names, size)
    try:
        return Graph.of(nodes, edges, latent=latent, kind=told)
    except InvalidGraph:
        return Graph.of(nodes, edges, latent=latent, kind="PAG")
