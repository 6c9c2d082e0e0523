"""Bounds as linear programmes over response functions, in symbols."""
