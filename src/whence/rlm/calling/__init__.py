"""Asking models: what may be used, at what pace, what is reserved before and shared afterwards."""
