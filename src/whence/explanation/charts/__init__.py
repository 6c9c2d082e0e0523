"""Figures of an answer, each a plain SVG that keeps its letters' size at any width.

Places along the width are percentages and heights are pixels, so nothing is scaled and nothing is blurred:
the same figure serves a telephone and a poster. Colours are those of the page around it.
"""
