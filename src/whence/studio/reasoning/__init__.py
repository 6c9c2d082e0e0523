"""What the graph of a sheet says, what the data say to it, and runs of `ask` in the background."""
