"""Answers and their views: one sentence, the proof in words, the report, the charts, the terminal."""
