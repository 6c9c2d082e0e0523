"""What a client is: it sends one request once, and says in a typed error why it could not.

Retries, budgets, caching and pace are not its business; `whence.rlm.calling` does those for every client.
"""

from __future__ import annotations

from typing import Protocol

from whence.rlm.messages import Reply, Request


class Client(Protocol):
    """Anything that can put a request to a model. `host` names the server in messages."""

    host: str

    async def send(self, request: Request) -> Reply:
        """Send `request` once; raises a `CallError`."""
        ...

    async def aclose(self) -> None:
        """Close its connections; it may be used again afterwards."""
        ...
