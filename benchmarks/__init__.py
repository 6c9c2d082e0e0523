"""Benchmarks: scripts that run us, and where there is one a peer, on the same work, and print ratios."""
