"""What `whence graph` tells of a graph, as plain JSON and as text."""

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from whence.identification.adjustment import adjustment_sets
from whence.identification.designs.front_door import front_door_set
from whence.identification.designs.implications import independences
from whence.identification.designs.instruments import instruments
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import P
from whence.language.graph_json import graph_to_dict
from whence.language.lettering import visible
from whence.language.query import Query
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from whence.language.graph import Graph

SHOWN = 20
"""How many sets and independences are listed before they are only counted."""
COUNTED = 1_000
"""How many independences are looked for: a graph of thousands of nodes implies millions."""


def report(
    known: "Graph",
    effect: tuple[str, str] | None,
    data: object,
    *,
    weights: str | None = None,
    where: str | None = None,
    derive: Mapping[str, str] | None = None,
) -> "dict[str, Any]":
    """Everything there is to tell: the graph, its independences (tested, if there are data), an effect."""
    told: dict[str, Any] = {"graph": graph_to_dict(known)}
    if known.kind in ("DAG", "ADMG"):
        implied = list(islice(independences(known), COUNTED + 1))
        told["more_independences"] = len(implied) > COUNTED
        told["independences"] = [
            {"x": each.x, "y": each.y, "given": list(each.given)} for each in implied[:COUNTED]
        ]
    if effect is not None:
        told["effect"] = of_effect(known, *effect)
    if data is not None:
        told["tests"] = held_to(known, data, weights=weights, where=where, derive=derive)
    return told


def of_effect(known: "Graph", x: str, y: str) -> dict[str, JSON]:
    """What can be adjusted for, and whether the effect is identified at all."""
    found = identify(Query(P(y, (), x)), known)
    minimal = [sorted(each) for each in islice(adjustment_sets(known, x, y, "all"), SHOWN + 1)]
    optimal, front = adjustment_sets(known, x, y, "optimal").first, front_door_set(known, x, y)
    instrumental = [{"name": each.name, "given": each.given} for each in instruments(known, x, y)]
    told: dict[str, JSON] = {"treatment": x, "outcome": y}
    if isinstance(found, Estimand):
        verify(found, known)
        told["estimand"] = found.text
    else:
        told["refusal"] = {"kind": found.kind, "message": found.message}
    told["adjustment_sets"] = plain(minimal[:SHOWN])
    told["more_adjustment_sets"] = len(minimal) > SHOWN
    told["optimal"], told["front_door"], told["instruments"] = (
        plain(optimal),
        plain(front),
        plain(instrumental),
    )
    return told


def held_to(
    known: "Graph", data: object, *, weights: str | None, where: str | None, derive: Mapping[str, str] | None
) -> "list[dict[str, Any]]":
    """Each implied independence held to the data, its p-value held by Holm's method."""
    from whence.data.reading import table
    from whence.engine.inputs import check_agreement
    from whence.estimation.rows import columns_of
    from whence.refutation.implications import predictions

    found = table(data, weights=weights, where=where, derive=derive)
    check_agreement(known, found, ())
    columns = columns_of(found, known.observed).expanded()
    return [each.to_dict() | {"failed": each.p_held < 0.05} for each in predictions(known, columns, None)]


def report_text(told: "Mapping[str, Any]") -> str:
    """The same in words."""
    return "\n".join([*_drawn(told["graph"]), *_implied(told), *_of_effect(told.get("effect"))]) + "\n"


def _drawn(drawn: "Mapping[str, Any]") -> list[str]:
    size = f"{counted(len(drawn['nodes']), 'node')}, {counted(len(drawn['edges']), 'edge')}"
    hidden = f", latent: {_names(drawn['latent'])}" if drawn["latent"] else ""
    lines = [f"{drawn['kind']}, {size}{hidden}"]
    edges = [f"{edge['source']} {edge['mark']} {edge['target']}" for edge in drawn["edges"]]
    lines += [f"  {visible(edge)}" for edge in edges[:SHOWN]]
    return lines + ([f"  … and {len(edges) - SHOWN} more"] if len(edges) > SHOWN else [])


def counted(count: int, what: str) -> str:
    """So many of something: "1 node", "2 nodes"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _implied(told: "Mapping[str, Any]") -> list[str]:
    found = told.get("tests", told.get("independences"))
    if found is None:
        return ["", "Independences are read off DAGs and ADMGs so far."]
    if not found:
        return ["", "It implies no independence, so no data could speak against it."]
    failed = sum(bool(each.get("failed")) for each in found)
    beyond = "more than " if told.get("more_independences") and "tests" not in told else ""
    title = f"It implies {beyond}{counted(len(found), 'independence')}"
    if "tests" in told:
        fail = f"{failed} of them {'fails' if failed == 1 else 'fail'}"
        fail = fail if len(found) > 1 else "it fails" if failed else "it holds"
        title += f"; {fail} in the data" + (" (multiplicity held by Holm)" if len(found) > 1 else "")
        found = sorted(found, key=lambda each: each["p_held"])
    lines = ["", title, *(f"  {_independence(each)}" for each in found[:SHOWN])]
    return lines + ([f"  … and {beyond}{len(found) - SHOWN:,} more"] if len(found) > SHOWN else [])


def _independence(each: "Mapping[str, Any]") -> str:
    given = f" | {_names(each['given'])}" if each["given"] else ""
    statement = f"{visible(each['x'])} ⟂ {visible(each['y'])}{given}"
    if "failed" not in each:
        return statement
    mark = "■ failed  " if each["failed"] else "● survived"
    return f"{mark}  {statement}  (p = {each['p_held']:.3g}, n = {each['n']:,})"


def _of_effect(effect: "Mapping[str, Any] | None") -> list[str]:
    if effect is None:
        return []
    lines = ["", f"Effect of {visible(effect['treatment'])} on {visible(effect['outcome'])}"]
    if "estimand" in effect:
        lines.append(f"  identified, proof checked: {visible(effect['estimand'])}")
    else:
        lines.append(f"  {visible(effect['refusal']['message'])}")
    sets = [_set(each) for each in effect["adjustment_sets"]]
    more = ", …" if effect["more_adjustment_sets"] else ""
    lines.append(f"  minimal adjustment sets: {', '.join(sets) + more if sets else 'none'}")
    if effect["optimal"] is not None:
        lines.append(f"  optimal adjustment set: {_set(effect['optimal'])}")
    if effect["front_door"] is not None and effect["front_door"]:
        lines.append(f"  front-door set: {_set(effect['front_door'])}")
    for each in effect["instruments"]:
        given = f" given {_names(each['given'])}" if each["given"] else ""
        lines.append(f"  instrument: {visible(each['name'])}{given}")
    return lines


def _names(names: "list[str]") -> str:
    return ", ".join(visible(name) for name in names)


def _set(names: "list[str]") -> str:
    return f"{{{_names(names)}}}"
