"""Identification where every variable is a linear function of its causes: weaker graphs suffice."""
