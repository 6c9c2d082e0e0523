"""The short way: one request with the whole context in it, and another if the reply is of the wrong type."""

from __future__ import annotations

from whence.rlm.calling.budget import Ledger
from whence.rlm.calling.pricing import likely_tokens
from whence.rlm.contexts import Contexts
from whence.rlm.errors import InvalidOutput, NoAnswer, PromptTooLong
from whence.rlm.events import ModelReplied, Noted, RunStarted
from whence.rlm.messages import Message, Request
from whence.rlm.prompts import DIRECT
from whence.rlm.setup import Setup

TRIES = 3


async def read_directly(
    setup: Setup, contexts: Contexts, question: str | None, ledger: Ledger, *, why: str
) -> tuple[object, int]:
    """The answer from one reading and how many replies it took; raises `NoAnswer` if none was valid."""
    setup.teller.tell(
        RunStarted(
            question=question or "",
            depth=0,
            model=setup.root.model,
            route="direct",
            why=why,
            isolation="none needed: no code runs",
            documents=len(contexts.documents),
            bytes=contexts.bytes,
        )
    )
    messages = [Message("user", _prompt(setup, contexts, question))]
    reason = ""
    for turn in range(TRIES):
        request = Request(
            setup.root.model,
            tuple(messages),
            max_tokens=setup.most_output(ledger),
            temperature=setup.temperature,
            schema=setup.output.schema,
        )
        answered = await setup.root.caller.ask(request, ledger)
        setup.book_retries(request.key, answered, ledger)
        reply = answered.reply
        setup.teller.tell(
            ModelReplied(
                iteration=turn + 1,
                text=reply.text,
                usage=reply.usage,
                usd=answered.usd,
                seconds=reply.seconds,
                replayed=answered.replayed,
            )
        )
        if reply.finish == "length":
            setup.teller.tell(
                Noted(message="the reply was cut off at its greatest length: its end is missing")
            )
        try:
            return setup.output.from_reply(reply.text), turn + 1
        except InvalidOutput as error:
            reason = error.reason
            messages += [
                Message("assistant", reply.text),
                Message("user", f"That is not a valid answer: {reason}. {setup.output.describe()}"),
            ]
    raise NoAnswer(f"none of {TRIES} direct replies was valid ({reason})")


def _prompt(setup: Setup, contexts: Contexts, question: str | None) -> str:
    """Everything in one message; raises `UnusableContext` or `PromptTooLong` where it does not fit."""
    documents = contexts.text(int(setup.root.window * 4))
    prompt = (
        documents
        if question is None and setup.output.kind == "text"
        else DIRECT.format(
            documents=documents,
            question=question or "it stands in the documents",
            output=setup.output.describe(),
        )
    )
    if (tokens := likely_tokens(len(prompt))) > setup.root.window:
        raise PromptTooLong(tokens, setup.root.window)
    return prompt
