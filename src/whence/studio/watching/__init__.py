"""Recursive runs to look at while they go on: journals that grow, and the bundled demonstration."""
