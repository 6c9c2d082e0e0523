"""What can go wrong with a recursive language model, each with its cure.

    WhenceError
    └── LanguageModelError
        ├── CallError                 one call failed; `transient` says whether to try again
        │   ├── RateLimited           429; `retry_after` in seconds where the server said
        │   ├── ServerFault           5xx
        │   ├── RequestRefused        4xx: wrong key, unknown model, too long
        │   ├── UnreadableReply       not JSON, or JSON of another shape
        │   ├── EmptyReply            a reply without text
        │   ├── ConnectionLost        refused, reset, closed half way
        │   ├── TimedOut              no reply in time
        │   ├── FunctionFailed        the function that stands for a model raised an error
        │   └── ReplayMissed          a recording holds no reply to this request
        ├── SetupError
        │   ├── HostNotAllowed        a base URL outside the allow-list
        │   ├── MissingKey            no key in the environment
        │   ├── UnknownPrice          a money budget for a model without a price
        │   ├── NotConfined           no sandbox here
        │   ├── UnusableContext       a context that cannot be read
        │   ├── PromptTooLong         instructions and question do not fit the window
        │   ├── InvalidSignature      an output type that cannot be understood
        │   └── ResumeMismatch        a journal of another run
        ├── BudgetSpent               nothing left to reserve; `kind` says of what
        ├── InvalidOutput             a value that is not of the asked type
        ├── NoAnswer                  the run ended without a valid answer; `completion` holds what there is
        └── ConfinementBroken         an escape attempt succeeded when the sandbox was probed

>>> print(RateLimited("lm.example", retry_after=2.0))
lm.example: too many requests (429); it asks to wait 2 s. Lower the calls in flight, or wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from whence.runtime.errors import WhenceError, listed
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.rlm.messages import Usage


class LanguageModelError(WhenceError):
    """Something went wrong with a language model or around it."""


# ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────


class CallError(LanguageModelError):
    """One call failed. `transient`: the same call may work later. `sent`: how often it was sent."""

    transient: ClassVar[bool] = False
    _sent: int = 0

    @property
    def sent(self) -> int:
        """How many requests were sent, each of which is a call of the budget."""
        return self._sent

    @sent.setter
    def sent(self, times: int) -> None:
        self._sent = times


class RateLimited(CallError):
    """The server wants fewer requests."""

    transient = True

    def __init__(self, host: str, retry_after: float | None = None) -> None:
        self.host = host
        self.retry_after = retry_after
        wait = "" if retry_after is None else f"; it asks to wait {retry_after:g} s"
        super().__init__(f"{host}: too many requests (429){wait}.", "Lower the calls in flight, or wait.")


class ServerFault(CallError):
    """The server failed; `retry_after` in seconds where it said when to come again."""

    transient = True

    def __init__(self, host: str, status: int, detail: str = "", retry_after: float | None = None) -> None:
        self.host = host
        self.status = status
        self.retry_after = retry_after
        said = f": {quoted(detail, 300)}" if detail else ""
        super().__init__(f"{host}: the server failed ({status}){said}.", "Try again later.")


class RequestRefused(CallError):
    """The server does not accept the request: the key, the model's name, its length."""

    def __init__(self, host: str, status: int, detail: str = "") -> None:
        self.host = host
        self.status = status
        said = f": {quoted(detail, 300)}" if detail else ""
        cure = {
            401: "Check the key in the environment.",
            403: "Check what the key may do.",
            404: "Check the model's name and the base URL.",
            413: "Send less at once.",
        }.get(status, "Check the model's name and the size of the prompt.")
        if 300 <= status < 400:
            cure = "Give the address where the server really is as the base URL."
        super().__init__(f"{host}: the request was refused ({status}){said}.", cure)


class UnreadableReply(CallError):
    """The server's reply is not what its interface promises."""

    transient = True

    def __init__(self, host: str, reason: str) -> None:
        self.host = host
        self.reason = reason
        super().__init__(
            f"{host}: the reply cannot be read: {reason.rstrip('.')}.",
            "Check that the base URL is that of an OpenAI-compatible or Anthropic interface.",
        )


class EmptyReply(CallError):
    """The model said nothing. `usage` is what it was paid for all the same, None where nothing is known."""

    transient = True

    def __init__(
        self,
        host: str,
        reason: str = "it holds no text",
        usage: Usage | None = None,
        usd: float | None = None,
    ) -> None:
        self.host = host
        self.reason = reason
        self._usage = usage
        self._usd = usd
        super().__init__(
            f"{host}: the reply is empty: {reason.rstrip('.')}.", "Ask again, or ask another model."
        )

    @property
    def usage(self) -> Usage | None:
        """The tokens that were used."""
        return self._usage

    @property
    def usd(self) -> float | None:
        """What the server says it cost."""
        return self._usd


class ConnectionLost(CallError):
    """The connection could not be made, or broke."""

    transient = True

    def __init__(self, host: str, reason: str) -> None:
        self.host = host
        self.reason = reason
        super().__init__(
            f"{host}: no connection: {reason.rstrip('.')}.",
            "Check that the server runs and the base URL is right.",
        )


class TimedOut(CallError):
    """No reply in time."""

    transient = True

    def __init__(self, host: str, seconds: float) -> None:
        self.host = host
        self.seconds = seconds
        super().__init__(
            f"{host}: no reply within {seconds:g} s.", "Allow more time per call, or send less at once."
        )


class FunctionFailed(CallError):
    """The function that stands for a model raised an error, or gave what is no reply."""

    def __init__(self, host: str, reason: str) -> None:
        self.host = host
        self.reason = reason
        super().__init__(f"{host}: the function failed: {reason.rstrip('.')}.", "Mend the function.")


class ReplayMissed(CallError):
    """A recording is replayed and holds no reply to what is asked."""

    def __init__(self, key: str, prompt: str) -> None:
        self.key = key
        super().__init__(
            f"The recording holds no reply to the request {key[:12]} ({quoted(prompt, 120)}).",
            "Replay with the question, context, model and options of the recording, or record anew.",
        )


# ── setting up ──────────────────────────────────────────────────────────────────────────────────────────────


class SetupError(LanguageModelError):
    """A run cannot begin as it was asked for."""


class HostNotAllowed(SetupError):
    """A base URL that leads to a host nobody allowed."""

    def __init__(
        self, url: str, reason: str, cure: str = "Allow the host by name: allow_hosts=[…] or --allow-host."
    ) -> None:
        self.url = url
        super().__init__(f"The base URL {quoted(url, 200)} is not used: {reason.rstrip('.')}.", cure)


class MissingKey(SetupError):
    """The environment holds no key for the server."""

    def __init__(self, variable: str, host: str) -> None:
        self.variable = variable
        self.host = host
        super().__init__(
            f"{host} wants a key, and the environment variable {variable} is not set.",
            f"Set {variable}, name another variable with key_env, or use a local server.",
        )


class UnknownPrice(SetupError):
    """A budget in money needs a price per token."""

    def __init__(self, model: str) -> None:
        self.model = model
        super().__init__(
            f"A budget in US dollars needs the price of {quoted(model)}, which is not known here.",
            "Give price=Price(input=…, output=…) in dollars per million tokens, or budget tokens or calls.",
        )


class NotConfined(SetupError):
    """No way to run a model's code safely was found."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            f"A model's code is not run here, for nothing can confine it: {'; '.join(reasons)}.",
            "Use Linux 5.13 or newer, install bubblewrap or pydantic-monty, or accept it with unsafe=True.",
        )


class ConfinementBroken(SetupError):
    """The sandbox was probed before use and did not hold."""

    def __init__(self, environment: str, escaped: Sequence[str]) -> None:
        self.environment = environment
        self.escaped = tuple(escaped)
        super().__init__(
            f"The sandbox {quoted(environment)} did not hold against: {listed(self.escaped)}.",
            "Do not run a model's code on this machine; use another environment, and report this.",
        )


class UnusableContext(SetupError):
    """A context that cannot be read."""

    def __init__(
        self, what: str, reason: str, cure: str = "Give text, files or folders that can be read."
    ) -> None:
        self.what = what
        self.reason = reason
        super().__init__(f"The context {quoted(what, 200)} cannot be used: {reason.rstrip('.')}.", cure)


class PromptTooLong(SetupError):
    """What is always sent does not fit the model's window."""

    def __init__(self, tokens: int, window: int) -> None:
        self.tokens = tokens
        self.window = window
        super().__init__(
            f"The instructions and the question are about {tokens:,} tokens, "
            f"too many for a window of {window:,}.",
            "Give the long text as the context and a short question, or say how large the window is.",
        )


class InvalidSignature(SetupError):
    """An output type that cannot be understood."""

    def __init__(self, given: str, reason: str) -> None:
        self.given = given
        self.reason = reason
        super().__init__(
            f"The output {quoted(given, 200)} is no type that can be checked: {reason.rstrip('.')}.",
            'Give a pydantic model, a JSON schema, a type, or text such as "context, query -> answer: int".',
        )


class ResumeMismatch(SetupError):
    """A journal that belongs to another run."""

    def __init__(self, path: object, what: str) -> None:
        self.path = str(path)
        self.what = what
        super().__init__(
            f"The journal {quoted(self.path, 300)} is of a run with another {what}.",
            "Resume with what that run was started with, or begin a new journal.",
        )


# ── running ─────────────────────────────────────────────────────────────────────────────────────────────────


class BudgetSpent(LanguageModelError):
    """A reservation that the budget does not cover; `kind` is calls, tokens, usd or seconds."""

    def __init__(self, kind: str, limit: float, asked: float | None = None) -> None:
        self.kind = kind
        self.limit = limit
        self.asked = asked
        more = "" if asked is None else f" ({asked:,g} more asked for)"
        super().__init__(f"The budget of {limit:,g} {kind} is spent{more}.", "Raise it, or ask for less.")


class InvalidOutput(LanguageModelError):
    """A value that is not of the type asked for; `reason` is written for whoever made the value."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"This is not a valid answer: {reason.rstrip('.')}.")


class NoAnswer(LanguageModelError):
    """A run ended without a valid answer. `completion` holds what there is: usage, cells, the run's tree."""

    def __init__(self, reason: str, completion: object = None) -> None:
        self.reason = reason
        self._completion = completion
        super().__init__(
            f"The model gave no valid answer: {reason.rstrip('.')}.",
            "Look at the run's tree, raise the budget, or use a stronger model.",
        )

    @property
    def completion(self) -> object:
        """The `Completion` up to there, its `answer` None."""
        return self._completion
