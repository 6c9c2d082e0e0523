"""`whence rlm`: a question about more text than a model can read; `whence rlm demo` shows a recorded run.

Start with a server on this machine, which needs no key:

    whence rlm "Which plants reported a leak?" --context reports/ --model qwen3:8b --base-url
    http://localhost:11434/v1
"""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from whence.cli.options import FullOption, OutOption, SeedOption
from whence.cli.output import check_writable, write
from whence.cli.rlm_options import (
    AllowHostOption,
    ApiOption,
    BaseUrlOption,
    CallsOption,
    ContextOption,
    DepthOption,
    EnvironmentOption,
    HtmlOption,
    IterationsOption,
    JournalOption,
    KeyOption,
    ModelOption,
    OutputOption,
    PriceOption,
    ReplayOption,
    ResumeOption,
    RlmFormat,
    RlmFormatOption,
    RouteOption,
    SecondsOption,
    SubModelOption,
    SubPriceOption,
    TokensOption,
    TreeOption,
    UnsafeOption,
    UsdOption,
    WindowOption,
    reached,
)
from whence.cli.rlm_progress import live
from whence.runtime.errors import InvalidOption, WhenceError
from whence.runtime.plain import harmless

if TYPE_CHECKING:
    from whence.rlm.completion import Completion


class QuestionFirst(TyperGroup):
    """A group whose first word may be a command, or else the question itself."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the parser's own context
        """Send everything that names no command to `ask`."""
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = ["ask", *args]
        return super().parse_args(ctx, args)


rlm = typer.Typer(
    name="rlm",
    cls=QuestionFirst,
    help="Answer a question about more text than a model can read.",
    epilog='Usage:  whence rlm "QUESTION" --context PATH …   ·   without a model:  whence rlm demo',
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@rlm.command()
def ask(
    question: Annotated[str, typer.Argument(help='Such as "Which plants reported a leak, and when?"')],
    context: ContextOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    sub_model: SubModelOption = None,
    api: ApiOption = "auto",
    key_env: KeyOption = None,
    allow_host: AllowHostOption = None,
    budget_usd: UsdOption = None,
    budget_calls: CallsOption = 2_000,
    budget_tokens: TokensOption = None,
    seconds: SecondsOption = 1_800.0,
    depth: DepthOption = 2,
    iterations: IterationsOption = 30,
    price: PriceOption = None,
    sub_price: SubPriceOption = None,
    window: WindowOption = 128_000,
    output: OutputOption = None,
    route: RouteOption = "auto",
    environment: EnvironmentOption = "auto",
    unsafe: UnsafeOption = False,
    journal: JournalOption = None,
    resume: ResumeOption = False,
    replay: ReplayOption = None,
    seed: SeedOption = 0,
    tree: TreeOption = False,
    full: FullOption = False,
    html: HtmlOption = None,
    format: RlmFormatOption = RlmFormat.text,  # noqa: A002 - the name of the option
    out: OutOption = None,
) -> int:
    """Answer a question about files and folders of any size."""
    check_written(out, html, journal, replay)
    if not context:
        raise InvalidOption("--context", "nothing", "a file, a folder, several of them, or - for stdin")
    from whence.rlm import RLM, Budget

    server = reached(
        model, base_url, sub_model, api, key_env, allow_host, price, sub_price, window, seed, replay
    )
    budget = Budget(
        usd=budget_usd,
        calls=budget_calls,
        tokens=budget_tokens,
        seconds=seconds,
        depth=depth,
        iterations=iterations,
    )
    way: dict[str, Any] = {
        "environment": environment,
        "route": route,
        "unsafe": unsafe,
        "output": output if output is None or "->" in output else f"-> answer: {output}",
        "budget": budget,
    }
    machine = RLM(**server, **way)
    with live(), shown_all_the_same(html, tree=tree or full):
        done = machine.completion(opened(context), question, journal=journal, resume=resume, replay=replay)
    return shown(done, html, out, as_json=format is RlmFormat.json, tree=tree or full, full=full)


@rlm.command()
def demo(
    html: HtmlOption = None,
    full: FullOption = False,
) -> int:
    """Show a whole run from a bundled recording made with a simulated model; needs no key and no model."""
    check_writable(html, "--html")
    from whence.rlm.demo import play

    shown = play()
    write(shown.to_text(full=full), None)
    if html is not None:
        write(shown.to_html(), html)
    return 0


@rlm.command()
def bench(
    limit_usd: Annotated[
        float, typer.Option("--limit-usd", help="Stop before more than this is spent.", min=0)
    ],
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    sub_model: SubModelOption = None,
    api: ApiOption = "auto",
    key_env: KeyOption = None,
    allow_host: AllowHostOption = None,
    price: PriceOption = None,
    sub_price: SubPriceOption = None,
    window: WindowOption = 128_000,
    size: Annotated[
        list[int] | None, typer.Option("--size", help="Tokens of a task's context. Repeatable.", min=1_000)
    ] = None,
    items: Annotated[int, typer.Option("--items", help="Tasks of each kind and size.", min=1)] = 5,
    seed: SeedOption = 0,
    out: OutOption = None,
) -> int:
    """Measure a model of yours on generated tasks, the loop beside direct reading, within a limit in
    dollars.
    """
    check_writable(out)
    from whence.rlm import RLM
    from whence.rlm.bench import measure

    server = reached(model, base_url, sub_model, api, key_env, allow_host, price, sub_price, window, seed)
    machine = RLM(**server)
    with live():
        result = measure(machine, sizes=tuple(size or (8_000, 32_000)), items=items, limit_usd=limit_usd)
    write(harmless(result.to_text()), None)
    if out is not None:
        write(json.dumps(result.to_dict(), ensure_ascii=False, indent=2), out)
    return 0


def check_written(out: Path | None, html: Path | None, *read: Path | None) -> None:
    """Fail before the work if a result cannot be written, or would be written over a journal."""
    check_writable(out)
    check_writable(html, "--html")
    taken = [path.resolve() for path in read if path is not None]
    for option, path in (("--html", html), ("--out", out)):
        if path is not None and path.resolve() in taken:
            raise InvalidOption(option, path, "a file of its own: that one is written or read already")
        taken += [path.resolve()] if path is not None else []


def opened(paths: list[str]) -> object:
    """The context of the command line: paths, or stdin as text."""
    if "-" not in paths:
        found: list[object] = [Path(path) for path in paths]
    else:
        text = sys.stdin.read()
        found = [text if path == "-" else Path(path) for path in paths]
    return found[0] if len(found) == 1 else found


@contextmanager
def shown_all_the_same(html: Path | None, *, tree: bool) -> Generator[None]:
    """Show the run where it was asked for, also if it ended without an answer."""
    try:
        yield
    except WhenceError as error:
        partial = getattr(error, "completion", None)
        if partial is not None and html is not None:
            write(partial.to_html(), html)
        if partial is not None and tree:
            print(partial.to_text(), file=sys.stderr)
        raise


def shown(
    done: "Completion", html: Path | None, out: Path | None, *, as_json: bool, tree: bool, full: bool
) -> int:
    """Write the completion in the form that was asked for."""
    if html is not None:
        write(done.to_html(), html)
    if as_json:
        text = json.dumps(done.to_dict(), ensure_ascii=False, indent=2)
    else:
        text = done.to_text(full=full) if tree else f"{done.response}\n\n{done.summary}"
    # A model wrote the answer, perhaps at a document's bidding: a file gets it as it is, a terminal does not.
    write(text if out is not None else harmless(text, as_json=as_json), out)
    return 0
