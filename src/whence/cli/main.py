"""The command `whence`: which commands there are, and what becomes of an error.

Results go to stdout, everything else to stderr. Exit codes: 0 answered, 1 a fault of ours, 2 bad usage or
input, 3 a refusal (with its reason), 4 answered but a refutation failed under `--strict`. With `--format
json` errors are JSON too. A traceback is shown only with `--debug`.
"""

import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from whence import __version__
from whence.cli.ask import ask
from whence.cli.demo import demo
from whence.cli.doctor.command import doctor
from whence.cli.graph import graph
from whence.cli.identify import identify
from whence.cli.rlm import rlm
from whence.cli.studio import studio
from whence.cli.verify import verify
from whence.runtime.errors import WhenceError
from whence.runtime.plain import JSON, harmless

OURS, MISUSE, REFUSED, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="whence",
    help="Answer causal questions and show the work.",
    epilog="Start with:  whence demo",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (ask, identify, verify, graph, studio, doctor, demo):
    app.command()(command)
app.add_typer(rlm)


def show_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        print(f"whence {__version__}")
        raise typer.Exit


@app.callback()
def everywhere(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", help="Show the version.", callback=show_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,  # noqa: ARG001 - `run` acts
) -> None:
    """Answer causal questions and show the work."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command line; every error becomes one message on stderr and a code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        code = app(args=arguments, prog_name="whence", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # what other versions of typer make of Ctrl-C
            print("whence: interrupted.", file=sys.stderr)
    except BrokenPipeError:  # the reader of our output has gone (`whence … | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is becomes a message and a code
        if debug:
            traceback.print_exc()
        return told(error, as_json=wants_json(arguments))
    return code if isinstance(code, int) else 0


def told(error: Exception, *, as_json: bool) -> int:
    """Say on stderr what went wrong, and return the exit code for it."""
    if type(error).__name__ == "Abort":  # what typer makes of Ctrl-C
        print("whence: interrupted.", file=sys.stderr)
        return INTERRUPTED
    if as_json:
        print(harmless(json.dumps(described(error), ensure_ascii=False), as_json=True), file=sys.stderr)
    else:
        known = described(error)
        text = (
            str(error) if isinstance(error, WhenceError) else f"{known['message']} {known['cure']}".rstrip()
        )
        print(f"whence: {harmless(text)}", file=sys.stderr)
    if getattr(error, "code", None) == "no_answer":  # a run of a language model, gone through to its end
        return REFUSED
    return MISUSE if isinstance(error, WhenceError | OSError) or is_usage(error) else OURS


def described(error: Exception) -> dict[str, JSON]:
    """The error as plain JSON: `error`, `message`, `cure`, `details`."""
    if isinstance(error, WhenceError):
        return error.to_dict()
    kind, cure = "fault", "This is a fault of ours: run it again with --debug and report what is printed."
    message = f"{type(error).__name__}: {error}"
    if is_usage(error):
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "whence"
        kind, cure = "usage", f"See {path} --help."
        message = str(getattr(error, "format_message")())  # noqa: B009
    elif isinstance(error, OSError):
        kind, cure = "unusable_file", "Check the path and its permissions."
        message = f"{error.strerror}: {error.filename}." if error.filename else f"{error}."
    return {"error": kind, "message": message, "cure": cure, "details": {}}


def is_usage(error: Exception) -> bool:
    """Whether typer raised this for a wrong option or argument."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the output was asked for as JSON; read here because the parser may be what failed."""
    pairs = zip(["", *arguments], [*arguments, ""], strict=True)
    whole = ("--format=json", "--json")
    return any(one in whole or (one in ("--format", "-f") and two == "json") for one, two in pairs)
