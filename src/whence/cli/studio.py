"""`whence studio`: the local web page on which one loads data, draws, asks, watches and takes the answer
away.

    whence studio                 the projects that there are, and examples to begin with
    whence studio jobs.csv        a new project with the data of a file
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from whence.runtime.plain import harmless

GivenArgument = Annotated[
    str | None, typer.Argument(metavar="[PROJECT OR DATA]", help="A CSV or Parquet file, or a project's id.")
]
PortOption = Annotated[int, typer.Option("--port", "-p", help="0 for any that is free.", min=0, max=65_535)]
HostOption = Annotated[str, typer.Option("--host", help="Where to listen: this machine alone by default.")]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option("--allow-host", help="A further name, NAME[:PORT], to be asked for under. Repeatable."),
]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", help="PEM file, for TLS; with --key.", dir_okay=False)
]
KeyOption = Annotated[Path | None, typer.Option("--key", help="PEM file of the key.", dir_okay=False)]
ProxyOption = Annotated[
    str | None, typer.Option("--trusted-proxy", help="Address of a proxy that speaks TLS with the world.")
]
DatastarOption = Annotated[
    Path | None,
    typer.Option(
        "--datastar",
        help="Serve this copy of the official Datastar script; the page may then compile text as code.",
        exists=True,
        dir_okay=False,
    ),
]
HomeOption = Annotated[Path | None, typer.Option("--home", help="The folder of all projects and data.")]
WatchOption = Annotated[
    Path | None,
    typer.Option(
        "--watch", help="A folder of journals of `whence rlm` to watch.", exists=True, file_okay=False
    ),
]
NoOpenOption = Annotated[bool, typer.Option("--no-open", help="Print the link, open no browser.")]
RootOption = Annotated[bool, typer.Option("--allow-root", help="Run as root all the same.")]


def studio(
    given: GivenArgument = None,
    port: PortOption = 8765,
    host: HostOption = "127.0.0.1",
    allow_host: AllowHostOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    trusted_proxy: ProxyOption = None,
    datastar: DatastarOption = None,
    home: HomeOption = None,
    watch: WatchOption = None,
    no_open: NoOpenOption = False,
    allow_root: RootOption = False,
) -> int:
    """Open the studio: load data, draw what you know, ask, and watch the reasoning, in your browser."""
    from whence.studio.serving import serve
    from whence.studio.settings import Settings, usual_home

    settings = Settings(
        home=(home or usual_home()).absolute(),
        host=host,
        port=port,
        names=tuple(allow_host or ()),
        certificate=certificate,
        key=key,
        trusted_proxy=trusted_proxy,
        datastar=datastar,
        watched=watch,
    )
    if datastar is not None:
        said("The official script compiles its expressions: the page may now run text as code.")
    serve(settings, announce=said, open_browser=not no_open, allow_root=allow_root, given=given)
    return 0


def said(text: str) -> None:
    """Tell the person at the terminal."""
    print(harmless(text), file=sys.stderr, flush=True)
