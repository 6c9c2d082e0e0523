"""The graph as SVG that can be edited."""
