"""Events, regions and streams: what is sent, and no more than the reader can take."""
