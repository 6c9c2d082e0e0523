"""Identification: whether a question has an answer in what is given, which it is, and why; it knows no data.

`identify` asks, `verify` checks. Around them: the criteria on graphs that speak of one graph (separation,
adjustment, the ID algorithm) stand here, and each further subject has a room:

- `sources`: several experiments and populations, selection, missing records, policies, the do-search
- `counterfactuals`: events in several worlds, effects on the treated, paths
- `classes`: equivalence classes and ancestral graphs
- `designs`: instruments, front door, proxies, designs over time, what data can contradict
- `linear`: linear structural equations
- `bounds`: limits as linear programmes, in symbols
- `witnesses`: two models that prove a refusal
- `help`: what would help, and what an answer hangs on
- `verification`: the verifier's own code, which shares nothing with the rest
"""
