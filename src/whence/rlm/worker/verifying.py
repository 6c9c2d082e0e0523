"""Claims checked by several independent readings: true, false, or not to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, cast

from whence.rlm.worker.asking import as_prompt
from whence.rlm.worker.llm_map import OnFailure, form_of, mapped, plan
from whence.rlm.worker.packing import text_of, texts_of
from whence.rlm.worker.replies import FailedCall

_LABELS: Final = {"true": True, "false": False, "cannot tell": None}
_PACK: Final = 5


class Verdicts(list["bool | FailedCall | None"]):
    """True, False or None (no majority, or not to be told) per claim.

    `.agreement` is the share of the votes that went to what most of them said.
    """

    def __init__(self, verdicts: Iterable[bool | FailedCall | None], agreement: Sequence[float]) -> None:
        super().__init__(verdicts)
        self.agreement = list(agreement)

    @property
    def failed(self) -> list[int]:
        """The positions of the claims that got no verdict because calls failed."""
        return [place for place, verdict in enumerate(self) if isinstance(verdict, FailedCall)]


def verify(
    claims: Iterable[object],
    question: str | None = None,
    evidence: object = None,
    votes: int = 3,
    *,
    pack: int | Literal["auto"] = "auto",
    model: str | None = None,
    on_failure: OnFailure = "raise",
) -> Verdicts:
    """Check claims by `votes` independent readings: True, False, or None where there is no majority.

    evidence: one text for all claims, or a list with one text per claim; then claims are judged by that text
    alone. question: what to judge, if not the truth of the claim. `.agreement[i]`: how united the votes are.
    """
    stated = texts_of([claims] if isinstance(claims, str) else claims, "verify")
    asked = "" if question is None else as_prompt(question, "verify")
    head, texts = _with_evidence(stated, evidence)
    form = form_of(list(_LABELS), None, "verify")
    how = plan(_PACK if pack == "auto" else pack, votes, model, on_failure)
    found = mapped("verify", f"{head}{asked}".strip(), texts, form, how)
    verdicts = [_verdict(each) for each in found.votes]
    return Verdicts(
        (
            verdict if not isinstance(whole, FailedCall) else whole
            for whole, (verdict, _) in zip(found, verdicts, strict=True)
        ),
        [share for _, share in verdicts],
    )


def _verdict(votes: Sequence[object]) -> tuple[bool | None, float]:
    """What more than half of all votes say, and the share of the most frequent vote."""
    valid = [cast("str", vote) for vote in votes if not isinstance(vote, FailedCall)]
    if not valid:
        return None, 0.0
    word, count = Counter(valid).most_common(1)[0]
    return (_LABELS[word] if count * 2 > len(votes) else None), count / len(votes)


def _with_evidence(claims: list[str], evidence: object) -> tuple[str, list[str]]:
    told = 'Judge each claim: "true", "false", or "cannot tell".'
    if evidence is None:
        return f"{told} ", claims
    by_it = f'{told} Judge by the evidence alone; what it does not settle is "cannot tell".'
    if isinstance(evidence, list | tuple):
        given = texts_of(cast("list[object]", evidence), "verify (evidence)")
        if len(given) != len(claims):
            raise ValueError(
                f"verify got {len(claims):,} claims and {len(given):,} pieces of evidence; "
                "give one for each claim, or one text"
            )
        return f"{by_it} ", [
            f"Claim: {claim}\nEvidence: {text}" for claim, text in zip(claims, given, strict=True)
        ]
    text = text_of(evidence, "verify: the evidence")
    return f"{by_it}\n\nThe evidence:\n{text}\n(end of the evidence)\n\n", claims
