"""One handler per address: it reads the request, calls a room, and answers."""
