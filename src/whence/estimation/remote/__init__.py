"""Estimates from a table in a database server, out of counts and sums that the server makes.

Modules: `estimating` is the door and decides by which of three ways; `cells` (counts, and means and spreads
within them) leads to the plug-in, `regression` to plain regression; `shown` is what planning looks at,
`design` the columns of a regression as SQL.
"""
