"""An estimand and a table in; a number, its uncertainty and its diagnostics out, or a refusal that says why.

This room reads the estimand's expression and its recorded shape and knows no graph algorithms. `api` holds
`estimate`; `discrete` the plug-in for any estimand over discrete variables.
"""
