"""The names a cell finds, each with the line that the model is told of it; for the host's prompt."""

from __future__ import annotations

from typing import Final

NAMES: Final[dict[str, str]] = {
    "context": "the context: str-like (len, slices, in, find, lines …) or the JSON value given; "
    "with several documents the same as docs",
    "docs": "all documents: docs[0], docs['name'], docs.names, len(docs); each is str-like",
    "history": "the conversation so far, in full, as a list of messages",
    "grep": "grep(pattern, doc=None, limit=100, before=0, after=0) -> hits with "
    ".document .line .start .end .text",
    "chunk": "chunk(doc, size=20_000, by='lines'|'paragraphs'|'characters'|'items'|regex, overlap=0) -> "
    "pieces that together are the whole",
    "llm_query": "llm_query(prompt, model=None, *, schema=None, max_tokens=None, sample=0) -> the reply, "
    "a str with .ok .error .value .finish",
    "llm_query_batched": "llm_query_batched(prompts, model=None, *, schema=None) -> replies in order, "
    "asked at the same time; .ok, .failed",
    "llm_submit": "llm_submit(prompt, …) -> a handle at once; .result(timeout=None) waits, .done() tells",
    "rlm_query": "rlm_query(prompt, context=None, model=None) -> the answer of a recursive model that gets "
    "a REPL over that context",
    "rlm_query_batched": "rlm_query_batched(prompts, contexts=None, model=None) -> answers in order",
    "llm_map": "llm_map(question, items, *, labels=None, schema=None, votes=1, on_failure='raise'|'keep') "
    "-> one answer per item, in order; code checks that every item got one",
    "count_by": "count_by(question, items, labels, votes=1) -> {label: count}, counted by code; "
    ".by_item, .unsure",
    "pairs": "pairs(items, test, key=None, labels=None) -> index pairs (i, j); key: values or a question "
    "per item; test: a function of two keys, or a question asked per pair (dear)",
    "verify": "verify(claims, question=None, evidence=None, votes=3) -> True, False or None per claim, "
    "by majority; .agreement",
    "quote": "quote(doc, text) or quote(doc, start, end) -> Quote(document, start, end, text), "
    "found word for word by code",
    "estimate_cost": "estimate_cost(prompts or n, characters=2_000) -> .calls .tokens .usd .seconds .left",
    "SHOW_VARS": "SHOW_VARS() -> your variables, with a few words on each",
    "FINAL": "FINAL(value): ends the run with that value as the answer",
    "FINAL_VAR": "FINAL_VAR('name'): ends the run with the value of that variable",
    "SUBMIT": "SUBMIT(value) or SUBMIT(field=value, …): ends the run",
    "answer": "answer['content'] = value; answer['ready'] = True: ends the run too",
}
