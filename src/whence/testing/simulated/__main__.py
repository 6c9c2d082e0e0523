"""Run the simulated model server: `python -m whence.testing.simulated --port 0` prints its base URL and
serves.

It ends when its standard input is closed (with --watch-stdin), or when it is told to.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import fields, replace

from whence.testing.simulated.error_model import PERFECT, ErrorModel
from whence.testing.simulated.root import POLICIES
from whence.testing.simulated.server import start
from whence.testing.simulated.service import Service


def main(arguments: list[str] | None = None) -> int:
    """Read the options, serve."""
    parser = argparse.ArgumentParser(prog="python -m whence.testing.simulated", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--policy", choices=POLICIES, default="plan")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--latency", type=float, default=None, help="seconds per reply; the same as --seconds"
    )
    parser.add_argument("--perfect", action="store_true", help="a model that errs never")
    parser.add_argument("--watch-stdin", action="store_true", help="end when the standard input is closed")
    for field in fields(ErrorModel):
        kind = int if field.default.__class__ is int else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=None)
    options = parser.parse_args(arguments)
    given = {field.name: getattr(options, field.name) for field in fields(ErrorModel)}
    if options.latency is not None:
        given["seconds"] = options.latency
    errors = replace(
        PERFECT if options.perfect else ErrorModel(),
        **{name: value for name, value in given.items() if value is not None},
    )
    service = Service(errors, options.policy, options.seed)
    try:
        asyncio.run(_serve(service, options.port, options.watch_stdin))
    except KeyboardInterrupt:
        return 130
    return 0


async def _serve(service: Service, port: int, watch: bool) -> None:
    running = await start(service, port)
    sys.stdout.write(f"{running.base_url}\n")
    sys.stdout.flush()
    if watch:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await running.aclose()
    else:
        await running.server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
