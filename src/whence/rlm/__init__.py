"""Recursive language models: a model that is given a prompt of any size as a variable, writes code to look
at it, and calls itself on the parts (Zhang, Kraska & Khattab, arXiv 2512.24601). It knows nothing causal.

    rlm, running     the door, and one completion from its beginning to its end
    loop, hosting    the leading model's turns, and what the host does for the code in its cells
    contexts         what is given to read, as open files      worker         what runs in the sandbox
    environments     the sandbox, seen from the host           clients        ways to a model
    calling          budget, pace, retries, sharing            answers        what an answer must be
    journal          record, go on, replay                     views          a run as a tree, text, a page
    tasks, bench     generated tasks, to measure a model       demo           a recorded run

>>> from whence.rlm import RLM, Budget
>>> lost = RLM("echo", client=lambda messages: "the red one", budget=Budget(calls=3))
>>> lost.completion("Ann has two bicycles; the red one was stolen.", "Which was stolen?").answer
'the red one'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.rlm.calling.budget import Amount, Budget, Ledger
    from whence.rlm.calling.pricing import FREE, Price
    from whence.rlm.clients.anthropic import AnthropicClient
    from whence.rlm.clients.client import Client
    from whence.rlm.clients.function import FunctionClient
    from whence.rlm.clients.openai import OpenAIClient
    from whence.rlm.completion import Completion
    from whence.rlm.environments.environment import CellLimits
    from whence.rlm.errors import CallError, LanguageModelError, NoAnswer
    from whence.rlm.events import RunEvent
    from whence.rlm.messages import Message, Reply, Request, Usage
    from whence.rlm.rlm import RLM, Streamed
    from whence.rlm.views.tree import RunTree

__all__ = [
    "FREE",
    "RLM",
    "Amount",
    "AnthropicClient",
    "Budget",
    "CallError",
    "CellLimits",
    "Client",
    "Completion",
    "FunctionClient",
    "LanguageModelError",
    "Ledger",
    "Message",
    "NoAnswer",
    "OpenAIClient",
    "Price",
    "Reply",
    "Request",
    "RunEvent",
    "RunTree",
    "Streamed",
    "Usage",
]

_MODULES = {
    "calling.budget": ("Amount", "Budget", "Ledger"),
    "clients.anthropic": ("AnthropicClient",),
    "clients.client": ("Client",),
    "clients.function": ("FunctionClient",),
    "clients.openai": ("OpenAIClient",),
    "completion": ("Completion",),
    "environments.environment": ("CellLimits",),
    "errors": ("CallError", "LanguageModelError", "NoAnswer"),
    "events": ("RunEvent",),
    "messages": ("Message", "Reply", "Request", "Usage"),
    "calling.pricing": ("FREE", "Price"),
    "rlm": ("RLM", "Streamed"),
    "views.tree": ("RunTree",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a name of this room when it is first used."""
    if name in _HOME:
        return getattr(import_module(f"whence.rlm.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
