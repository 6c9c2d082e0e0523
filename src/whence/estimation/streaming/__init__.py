"""Estimates from rows that are read block by block and never held, by the estimators of rows in memory.

Modules: `estimating` is the door; `reading` makes the columns of an estimate from a scan, block by block, and
all at once of a scan that fits in one; `shown` is what planning looks at; `counted` leads to the
plug-in; `rows` gives blocks to the estimators; `checks` says what cannot be had.
"""
