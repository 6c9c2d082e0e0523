"""`whence verify`: check the proof in an answer again, from its JSON alone."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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


def read(source: str) -> str:
    """The text of a file or of stdin."""
    if source == STDIN:
        return sys.stdin.read()
    if not Path(source).is_file():
        raise MissingFile(source)
    try:
        return Path(source).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidAnswer("it is not UTF-8 text") from error


def proof_in(text: str) -> "Estimand | NotIdentified":
    """The proof that an answer's JSON holds: of its estimand, or that there is none."""
    from whence.explanation.answer import Answer
    from whence.language.refusals import NotIdentified

    found = Answer.from_json(text.encode())
    if found.estimand is not None:
        return found.estimand
    if isinstance(found.refusal, NotIdentified):
        return found.refusal
    raise InvalidAnswer("it holds no proof" + (f", since {found.refusal.message}" if found.refusal else ""))
