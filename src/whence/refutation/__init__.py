"""Attempts to break an answer: placebos, sensitivity, and the graph's own implications held to the data."""
