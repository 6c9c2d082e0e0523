"""Estimates from rows that are read block by block and never held, by the estimators of rows in memory.

Modules: `estimating` is the door; `reading` makes the columns of an estimate, block by block, or all at once
from a scan of one; `shown` is what planning looks at; `counted` leads to the plug-in; `rows` gives blocks to
the estimators; `ridges` and `screen` choose learners; `checks` says what cannot be had.
"""
