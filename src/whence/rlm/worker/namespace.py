"""A session opened from what the host begins with: documents, tools and ways to finish, by their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Final, Literal, TypeVar, cast

from whence.rlm.worker import asking
from whence.rlm.worker.chunking import chunk
from whence.rlm.worker.counting import count_by
from whence.rlm.worker.documents import Docs, open_documents
from whence.rlm.worker.finishing import Finishing
from whence.rlm.worker.interrupts import Interrupts
from whence.rlm.worker.leaving import leaving
from whence.rlm.worker.link import Link
from whence.rlm.worker.llm_map import llm_map
from whence.rlm.worker.pairing import pairs
from whence.rlm.worker.patterns import grep_in, install_re_support
from whence.rlm.worker.quoting import quote
from whence.rlm.worker.replies import SubCallFailed, install_json_support
from whence.rlm.worker.session import Session
from whence.rlm.worker.verifying import verify
from whence.rlm.worker.wire import Frame
from whence.runtime.confinement.limits import settle
from whence.runtime.plain import JSON

_Function = TypeVar("_Function", bound=Callable[..., object])

TOOLS: Final[Mapping[str, Callable[..., object]]] = {
    "llm_query": asking.llm_query,
    "llm_query_batched": asking.llm_query_batched,
    "llm_submit": asking.llm_submit,
    "rlm_query": asking.rlm_query,
    "rlm_query_batched": asking.rlm_query_batched,
    "estimate_cost": asking.estimate_cost,
    "chunk": chunk,
    "llm_map": llm_map,
    "count_by": count_by,
    "pairs": pairs,
    "verify": verify,
    "quote": quote,
}


def open_session(begin: Frame, files: list[int], link: Link, interrupts: Interrupts) -> Session:
    """Make the session that `begin` describes; `files` are the descriptors of the documents."""
    install_json_support()
    install_re_support()
    asking.connect(link)
    documents = cast("list[dict[str, object]]", begin.get("documents") or [])
    shape = begin.get("shape")
    shaped: Literal["text", "documents", "json"] = shape if shape in ("documents", "json") else "text"
    mapped = sum(os.fstat(descriptor).st_size for descriptor in files)
    found = open_documents(documents, files, shaped)
    given = begin.get("limits")
    limits: dict[str, JSON] = given if isinstance(given, dict) else {}
    output, seconds, memory_mb = limits.get("output"), limits.get("seconds"), limits.get("memory_mb")
    if isinstance(memory_mb, int):
        settle(memory_mb, mapped)
    interrupts.seconds = float(seconds) if isinstance(seconds, int | float) else None
    seed = begin.get("seed")
    opened: list[Session] = []  # the ways to finish look at the session, which holds them

    def variables() -> Mapping[str, object]:
        return opened[0].variables()

    def say(text: str) -> None:
        opened[0].screen.write(text)

    finishing = Finishing(
        link,
        variables,
        say,
        fields=_names(begin.get("fields")),
    )
    promised: dict[str, object] = {
        **found,
        "grep": grep_in(cast("Docs", found["docs"])),
        **TOOLS,
        **{name: _tool(name, link) for name in _names(begin.get("tools"))},
        **_finishes(finishing),
        "history": [],
        "answer": {"content": "", "ready": False},
    }
    session = Session(
        ModuleType("__main__"),
        promised,
        finishing,
        interrupts,
        link,
        most_output=output if isinstance(output, int) else 200_000,
        seed=seed if isinstance(seed, int) else 0,
    )
    opened.append(session)
    return session


def _finishes(finishing: Finishing) -> dict[str, object]:
    @_called("FINAL")
    def final(*values: object) -> None:
        """FINAL(value): end the run with `value` as the answer: text, a number, a list or a dict."""
        finishing.final(*values)

    @_called("FINAL_VAR")
    def final_var(name: object) -> None:
        """FINAL_VAR("name"): end the run with the value of the variable called `name`."""
        finishing.final_var(name)

    @_called("SUBMIT")
    def submit(*values: object, **fields: object) -> None:
        """SUBMIT(value), or SUBMIT(field=value, …) where the answer has fields: end the run."""
        finishing.submit(*values, **fields)

    @_called("SHOW_VARS")
    def show_vars() -> str:
        """Give your variables, each with a few words on its value."""
        return finishing.listing()

    return {"FINAL": final, "FINAL_VAR": final_var, "SUBMIT": submit, "SHOW_VARS": show_vars}


def _tool(name: str, link: Link) -> Callable[..., object]:
    @_called(name)
    def tool(*args: object, **kwargs: object) -> object:
        """Run a tool of the host's."""
        told: dict[str, JSON] = {
            "name": name,
            "args": leaving(list(args), f"what {name} was given"),
            "kwargs": leaving(kwargs, f"what {name} was given"),
        }
        answer = link.submit("tool", told).result()
        reply: dict[str, JSON] = answer if isinstance(answer, dict) else {}
        if reply.get("ok") is not True:
            code, message = str(reply.get("error", "failed")), str(reply.get("message", "no reason given"))
            raise ToolFailed(name, code, message)
        return reply.get("value")

    return tool


class ToolFailed(SubCallFailed):
    """A tool of the host's failed."""

    def __init__(self, name: str, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.message = f"{name} failed: {code}: {reason}"


def _called(name: str) -> Callable[[_Function], _Function]:
    def rename(function: _Function) -> _Function:
        cast("FunctionType", function).__name__ = name
        cast("FunctionType", function).__qualname__ = name
        return function

    return rename


def _names(value: JSON) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
