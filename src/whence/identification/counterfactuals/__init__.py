"""Events in several worlds at once: what would have been, and among whom."""
