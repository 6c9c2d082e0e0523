"""A reader of event streams, by the standard's text: what a browser makes of the bytes."""

import json
import re


def events(text):
    """Every event of a whole stream: its kind and its data, as the standard dispatches them."""
    found, kind, data = [], "message", []
    for line in re.split("\r\n|\r|\n", text):
        if not line:
            if data:
                found.append((kind, "\n".join(data)))
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
    return found


def patches(text):
    """The patches of a stream: ("elements", html, options) and ("signals", values, options)."""
    made = []
    for kind, data in events(text):
        fields = {}
        for line in data.split("\n"):
            name, _, value = line.partition(" ")
            fields.setdefault(name, []).append(value)
        if kind == "datastar-patch-elements":
            html = "\n".join(fields.pop("elements", []))
            made.append(("elements", html, {name: values[0] for name, values in fields.items()}))
        elif kind == "datastar-patch-signals":
            made.append(("signals", json.loads("\n".join(fields["signals"])), fields))
    return made
