"""What everything else stands on: errors, events, seeds and the executor; the standard library only."""
