"""Whether a question can be answered from what is observed, and the proof: pure symbols, no data."""
