"""Equivalence classes of graphs, and ancestral graphs: what they stand for, and effects in them."""
