"""A run as a tree, and the tree as text and as a page."""
