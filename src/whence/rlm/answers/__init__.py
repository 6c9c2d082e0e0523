"""What an answer must be, and the check that it is so."""
