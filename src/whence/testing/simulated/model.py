r"""The simulated model itself: messages in, text out, a pure function of the messages, the seed and the
options.

>>> from whence.testing.simulated.error_model import PERFECT
>>> model = SimulatedModel(PERFECT)
>>> asked = "What is the access code of the depot in Ostby?\n\nTo open the depot in Ostby, key in 48213."
>>> model.answer([("user", asked)])
'48213'
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from whence.rlm.tasks.chance import chance
from whence.testing.simulated.error_model import ErrorModel, tokens_of
from whence.testing.simulated.harness import Said, read_situation
from whence.testing.simulated.reading import Reading
from whence.testing.simulated.replies import reply
from whence.testing.simulated.root import Policy, next_reply


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """A model that errs as `errors` says, leads runs by `policy`, and draws its chance from `seed`."""

    errors: ErrorModel = field(default_factory=ErrorModel)
    policy: Policy = "plan"
    seed: int = 0

    def answer(
        self, messages: Sequence[Said], schema: Mapping[str, object] | None = None, *, lot: int | None = None
    ) -> str:
        """The reply to a conversation of (role, content); the same conversation and `lot` get the same reply.

        With a schema that is enforced there are no faults of form, though there may be refusals.
        """
        digest = hashlib.sha256(repr((self.seed, self.policy, lot)).encode())
        for role, content in messages:
            digest.update(f"\0{role}\0{content}".encode("utf-8", "replace"))
        draw = chance(digest.hexdigest())
        situation = read_situation(messages)
        if situation is not None:
            return next_reply(situation, self.policy, draw)
        prompt = "\n\n".join(content for _, content in messages)
        errors = self.errors
        if schema and errors.schema_enforced:
            errors = replace(errors, prose=0.0, missing=0.0, extra=0.0)
        return reply(Reading(prompt, errors, draw, self.seed), schema)

    def fits(self, messages: Sequence[Said]) -> bool:
        """Whether the conversation is within the model's window."""
        return tokens_of(sum(len(content) for _, content in messages)) <= self.errors.window


def simulated_client(
    errors: ErrorModel | None = None, *, policy: Policy = "plan", seed: int = 0
) -> Callable[[str | Sequence[Mapping[str, str]]], Awaitable[str]]:
    """The model as an async function of a prompt, or of messages with role and content, without a server."""
    model = SimulatedModel(ErrorModel() if errors is None else errors, policy, seed)

    async def ask(messages: str | Sequence[Mapping[str, str]]) -> str:
        if isinstance(messages, str):
            return model.answer([("user", messages)])
        return model.answer([(message["role"], message["content"]) for message in messages])

    return ask
