"""The options of `whence rlm`, each declared once."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from whence.runtime.errors import InvalidOption, MissingFile

if TYPE_CHECKING:
    from whence.rlm.calling.pricing import Price


class RlmFormat(StrEnum):
    """How a completion is written."""

    text = "text"
    json = "json"


ContextOption = Annotated[
    list[str] | None, typer.Option("--context", "-c", help="A file or folder; - is stdin. Repeatable.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="The model's name at its server (or WHENCE_LM_MODEL).")
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", help="Such as http://localhost:11434/v1 (or WHENCE_LM_BASE_URL)."),
]
SubModelOption = Annotated[
    str | None, typer.Option("--sub-model", help="The model that cells ask; the same if not given.")
]
ApiOption = Annotated[str, typer.Option("--api", help="openai, anthropic or auto.")]
KeyOption = Annotated[
    str | None, typer.Option("--key-env", help="The environment variable that holds the key.")
]
AllowHostOption = Annotated[
    list[str] | None, typer.Option("--allow-host", help="A host that may be called. Repeatable.")
]
UsdOption = Annotated[float | None, typer.Option("--budget-usd", help="Dollars at most.", min=0)]
CallsOption = Annotated[int, typer.Option("--budget-calls", help="Calls at most.", min=1)]
TokensOption = Annotated[int | None, typer.Option("--budget-tokens", help="Tokens at most.", min=0)]
SecondsOption = Annotated[float, typer.Option("--seconds", help="Wall time at most.", min=1)]
DepthOption = Annotated[int, typer.Option("--depth", help="How deep rlm_query may go.", min=0)]
IterationsOption = Annotated[int, typer.Option("--iterations", help="Turns of the loop at most.", min=1)]
PriceOption = Annotated[
    str | None, typer.Option("--price", help="Dollars per million tokens, input,output such as 2.5,10.")
]
SubPriceOption = Annotated[str | None, typer.Option("--sub-price", help="The same for the sub-model.")]
WindowOption = Annotated[int, typer.Option("--window", help="Tokens that the model can be sent.", min=1_000)]
OutputOption = Annotated[
    str | None, typer.Option("--output", help='The type of the answer, such as "-> plants: list[str]".')
]
RouteOption = Annotated[str, typer.Option("--route", help="auto, recursive or direct.")]
EnvironmentOption = Annotated[
    str, typer.Option("--environment", help="auto, bubblewrap, landlock, monty or unsafe.")
]
UnsafeOption = Annotated[bool, typer.Option("--unsafe", help="Run the model's code unconfined. Do not.")]
JournalOption = Annotated[
    Path | None, typer.Option("--journal", help="Write everything that happens to this file.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with the run of --journal.")]
ReplayOption = Annotated[
    Path | None, typer.Option("--replay", help="Take every reply from this journal; asks no model.")
]
TreeOption = Annotated[bool, typer.Option("--tree", help="Show the run, step by step.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the run as one HTML page.")]
RlmFormatOption = Annotated[RlmFormat, typer.Option("--format", "-f", help="How to write the answer.")]


class Server(TypedDict):
    """The options of an RLM that say which models it asks, where, and at what price."""

    model: str
    base_url: str | None
    sub_model: str | None
    api: str
    key_env: str | None
    allow_hosts: tuple[str, ...]
    price: "Price | None"
    sub_price: "Price | None"
    window: int
    seed: int


def reached(
    model: str | None,
    base_url: str | None,
    sub_model: str | None,
    api: str,
    key_env: str | None,
    allow_host: list[str] | None,
    price: str | None,
    sub_price: str | None,
    window: int,
    seed: int,
    replay: Path | None = None,
) -> Server:
    """The models and where they are, from the options, else the environment, else the recording."""
    named = model or (recorded(replay) if replay else os.environ.get("WHENCE_LM_MODEL"))
    if named is None:
        raise InvalidOption(
            "--model", "nothing", "a model's name; without a model, see a recorded run: whence rlm demo"
        )
    return {
        "model": named,
        "base_url": base_url if base_url is not None else os.environ.get("WHENCE_LM_BASE_URL"),
        "sub_model": sub_model,
        "api": api,
        "key_env": key_env,
        "allow_hosts": tuple(allow_host or ()),
        "price": price_of(price, "--price"),
        "sub_price": price_of(sub_price, "--sub-price"),
        "window": window,
        "seed": seed,
    }


def recorded(journal: Path) -> str:
    """The model of a recording."""
    from whence.rlm.journal.record import header_of

    if not journal.exists():
        raise MissingFile(journal)
    return header_of(journal).model


def price_of(text: str | None, option: str) -> "Price | None":
    """`input,output` or `input,output,cached` in dollars per million tokens."""
    if text is None:
        return None
    from whence.rlm.calling.pricing import Price

    try:
        numbers = [float(part) for part in text.split(",")]
        first, second, *rest = numbers
        if len(rest) > 1:
            raise ValueError
    except ValueError:
        raise InvalidOption(option, text, "input,output in dollars per million tokens") from None
    return Price(input=first, output=second, cached=rest[0] if rest else None)
