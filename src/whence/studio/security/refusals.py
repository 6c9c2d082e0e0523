"""What the door says when it does not let a request in: a status, one sentence, and what to do about it.

A refusal never repeats what was sent: a page that shows an attacker's words is a page that an attacker
writes.

>>> Refused(403, "This page may not be asked for from another site.").status
403
"""

from __future__ import annotations

from whence.runtime.errors import WhenceError


class Refused(WhenceError):
    """A request that is not let in: `status` of HTTP, `retry_after` the seconds to wait if that helps."""

    def __init__(self, status: int, message: str, cure: str = "", *, retry_after: int = 0) -> None:
        super().__init__(message, cure)
        self.status = status
        self.retry_after = retry_after


class InvalidSignals(Refused):
    """Signals of a page that are not those that our pages send."""

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(status, f"The page sent what the studio cannot use: {reason}.", "Reload the page.")


class InvalidUpload(Refused):
    """An upload that is not one file of a form, or is too large."""

    def __init__(
        self, reason: str, cure: str = "Choose one CSV or Parquet file.", *, status: int = 400
    ) -> None:
        super().__init__(status, f"The file was not taken: {reason}.", cure)
