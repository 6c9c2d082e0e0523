"""`whence verify`: check the proof in an answer again, from its JSON alone."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from whence.cli.inputs import STDIN, knowledge
from whence.cli.options import FullOption, GraphOption, LatentOption, Plain, PlainOption
from whence.cli.output import write
from whence.runtime.errors import InvalidAnswer, MissingFile

if TYPE_CHECKING:
    from whence.language.estimand import Estimand
    from whence.language.refusals import NotIdentified


def verify(
    answer: Annotated[str, typer.Argument(help="JSON of an answer; - reads stdin.")],
    graph: GraphOption = None,
    latent: LatentOption = None,
    format: PlainOption = Plain.text,  # noqa: A002 - the name of the option
    full: FullOption = False,
) -> int:
    """Check the proof in an answer again, from its JSON alone."""
    from whence.cli.proofs import claim_text, proof_text, steps_told
    from whence.identification.verify import verify as checked

    certificate = proof_in(read(answer))
    checked(certificate, knowledge(graph, latent))
    if format is Plain.json:
        told = {"proved": True, "claim": claim_text(certificate), "steps": steps_told(certificate)}
        write(json.dumps(told, ensure_ascii=False, indent=2), None)
    else:
        write(proof_text(certificate, full=full), None)
    return 0


def read(source: str) -> dict[str, Any]:
    """The JSON object in a file or on stdin."""
    if source != STDIN and not Path(source).is_file():
        raise MissingFile(source)
    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text("utf-8")
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(f"it cannot be read as JSON ({error})") from error
    if not isinstance(found, dict):
        raise InvalidAnswer("it is no JSON object")
    return cast("dict[str, Any]", found)


def proof_in(told: dict[str, Any]) -> "Estimand | NotIdentified":
    """The proof that an answer's JSON holds: of its estimand, or that there is none.

    The rest of the JSON must state what was proved and nothing else, so that no one is shown a formula, a
    question or a graph beside a proof that belongs to others.
    """
    from whence.language.estimand import Estimand
    from whence.language.estimand_json import estimand_from_dict
    from whence.language.graph_json import graph_from_dict
    from whence.language.refusal_json import refusal_from_dict
    from whence.language.refusals import NotIdentified

    if told.get("schema") != "whence.answer/1":
        raise InvalidAnswer("its schema is not whence.answer/1")
    estimand, refusal = told.get("estimand"), told.get("refusal")
    if estimand is None and refusal is None:
        raise InvalidAnswer("it holds no proof")
    found = refusal_from_dict(refusal) if estimand is None else estimand_from_dict(estimand)
    if not isinstance(found, Estimand | NotIdentified):
        raise InvalidAnswer(f"it holds no proof: {found.message}")
    if told.get("query") != str(found.query):
        raise InvalidAnswer(f"it asks {told.get('query')}, but its proof is of {found.query}")
    if told.get("graph") is not None and graph_from_dict(told["graph"]) != found.graph:
        raise InvalidAnswer("its proof is in another graph than the one that it shows")
    stated = cast("dict[str, Any]", estimand or {}).get("text")
    if isinstance(found, Estimand) and stated != found.text:
        raise InvalidAnswer(f"it shows the formula {stated}, but its proof is of {found.text}")
    return found
