"""Who may come in, with what, and what a page may do."""
