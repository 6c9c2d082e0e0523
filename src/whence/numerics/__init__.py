"""Numbers, and nothing causal: blocks and Gram matrices, regressions, sandwiches, tests, intervals.

Every kernel runs with one BLAS thread over fixed blocks of rows, so that a result has the same bytes on any
number of cores. Modules: `arrays` (the types), `blocks`, `folds`, `linear`, `logistic`, `sandwich`, `counts`,
`independence`, `multiplicity`, `intervals`, `random`, `blas`.
"""
