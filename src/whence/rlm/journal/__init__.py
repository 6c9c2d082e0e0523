"""What is written of a run, and how a run goes on or is gone through again from it."""
