"""The one way through: a question, what is known and data in; an Answer out. `asking` is where to begin."""
