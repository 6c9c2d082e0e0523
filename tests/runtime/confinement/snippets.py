"""What test workers run: code that the test sends, each piece in a namespace of its own."""

import json
import traceback


def serve(sock, scratch):
    """Run each line's code; tell what it left in `value`, or how it failed."""
    lines = sock.makefile("rb")
    while line := lines.readline():
        names = {"__name__": "snippet", "scratch": scratch, "sock": sock}
        try:
            exec(json.loads(line), names)
            told = {"value": names.get("value"), "error": None}
        except BaseException:
            told = {"value": None, "error": traceback.format_exc()}
        sock.sendall(json.dumps(told, default=str).encode() + b"\n")


def fails(sock, scratch):
    """An entry that ends with an error."""
    raise ValueError("no")


def leaves(sock, scratch):
    """An entry that ends in good order."""
