"""Several distributions at hand: experiments, other populations, selection, gaps, policies."""
