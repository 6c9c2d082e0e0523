"""A simulated language model with an explicit error model, behind an OpenAI-compatible server or a function.

`python -m whence.testing.simulated --port 0` prints the address of a server that `openai`, `rlms`, DSPy and
Whence can use unchanged; `simulated_client()` is the same model as an async function for tests. What it shows
is runtime and algorithm: **simulated accuracy is not the accuracy of any model.**
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.testing.simulated.error_model import ErrorModel
    from whence.testing.simulated.model import SimulatedModel, simulated_client

__all__ = ["ErrorModel", "SimulatedModel", "simulated_client"]


def __getattr__(name: str) -> object:
    """Import on first use."""
    if name == "ErrorModel":
        from whence.testing.simulated.error_model import ErrorModel

        return ErrorModel
    if name in {"SimulatedModel", "simulated_client"}:
        from whence.testing.simulated import model

        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
