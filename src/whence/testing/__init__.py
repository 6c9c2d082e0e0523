"""Aids for tests and benchmarks: worlds whose effects are known."""
