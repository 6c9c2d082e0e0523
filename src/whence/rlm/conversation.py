"""The conversation with the leading model: it only grows, until it has to be summed up to fit the window.

What is summed up is not thrown away: the session holds the whole conversation as `history`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from whence.rlm.calling.pricing import likely_tokens
from whence.rlm.errors import PromptTooLong
from whence.rlm.messages import Message

FULL = 0.7  # of the window; the rest is for the reply and for texts whose tokens are shorter than we think
KEPT = 4  # the last messages stay as they are


@dataclass(slots=True)
class Conversation:
    """The messages so far: two that open it, then replies and feedback in turn."""

    messages: list[Message]
    history: list[str] = field(default_factory=list[str])

    @classmethod
    def opened(cls, system: str, opening: str) -> Conversation:
        """Begin with the two messages that never change."""
        return cls([Message("system", system), Message("user", opening)])

    def add(self, reply: str, feedback: str) -> None:
        """Add a reply and what became of it."""
        self.messages += [Message("assistant", reply), Message("user", feedback)]
        self.history += [reply, feedback]

    @property
    def characters(self) -> int:
        """How many characters are sent with the next request."""
        return sum(len(message.content) for message in self.messages)

    def is_full(self, window: int) -> bool:
        """Whether it should be summed up before the next request to a model of `window` tokens."""
        return likely_tokens(self.characters) > FULL * window and len(self.messages) > 2 + KEPT

    def with_last(self, text: str) -> tuple[Message, ...]:
        """The messages and one more from the user, which is not kept."""
        *before, last = self.messages
        return (*before, Message("user", f"{last.content}\n\n{text}"))

    def short(self, text: str) -> tuple[Message, ...]:
        """The two opening messages and the last exchange with one more demand, for when little is left."""
        return (*self.messages[:2], *self.messages[2:][-2:-1], *self._final(text))

    def _final(self, text: str) -> tuple[Message, ...]:
        if len(self.messages) <= 2:
            return (Message("user", text),)
        return (Message("user", f"{self.messages[-1].content}\n\n{text}"),)

    def compact(self, summary: str) -> int:
        """Put `summary` in place of all but the opening and the last exchanges; gives how many went."""
        middle = self.messages[2:-KEPT]
        last = self.messages[-KEPT:]
        summed = Message("assistant", f"(My summary of the conversation so far.)\n{summary}")
        said = Message("user", "Go on from your summary. The whole conversation is in `history`.")
        self.messages = [*self.messages[:2], summed, said, *last]
        return len(middle)


def check_opening(opened: Conversation, window: int) -> None:
    """Refuse what begins so long that no conversation can follow; raises `PromptTooLong`."""
    tokens = likely_tokens(opened.characters)
    if tokens > FULL * window:
        raise PromptTooLong(tokens, window)
