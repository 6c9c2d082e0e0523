"""What would help, and what an answer hangs on."""
