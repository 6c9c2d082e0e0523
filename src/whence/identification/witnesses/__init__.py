"""Two models of a graph that agree on all that is given and differ on a question: the proof of a refusal."""
