"""Tables beyond memory: read in fixed blocks, and never held. The door is `whence.scan`; see `scan`."""
