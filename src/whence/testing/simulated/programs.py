"""The programs that the simulated root writes, cell by cell, for the questions of the generators.

Every program sets `result` and prints it as a candidate before the finishing cell, as all three harnesses
ask. The variables are the same everywhere, but never `answer`, which is taken in `rlms`.
"""

from __future__ import annotations

from whence.rlm.tasks.facts import Search
from whence.rlm.tasks.questions import PREAMBLE, Question
from whence.rlm.tasks.task import MONTHS
from whence.rlm.tasks.wording import TOPICS
from whence.testing.simulated.harness import Dialect

PACK = 20  # as many records a prompt as llm_map of Whence
TAUGHT_CHARACTERS = 100_000
PART = "This is a part of a larger context, given to check a count."
PROBE = "print(type(context), len(context))\nprint(context[:600])"
MEANINGS = "; ".join(f"{name} ({meaning})" for name, meaning in TOPICS.items())
CONCLUSIONS = {
    "how_many": "result = int(total.get('count', 0))",
    "before": "result = int(total.get('count', 0))",
    "since": "result = int(total.get('count', 0))",
    "most": "result = max(TOPICS, key=lambda name: total.get(name, 0))",
    "least": "result = min(TOPICS, key=lambda name: total.get(name, 0))",
    "which_user": "result = int(max(total, key=total.get))",
    "month": "result = {month[:3]: month for month in MONTHS}[max(total, key=total.get)]",
    "both_one": "result = list(itertools.combinations(sorted(int(user) for user in total), 2))",
    "both_either": "result = list(itertools.combinations(sorted(int(user) for user in total), 2))",
}
LINK_WORDS = {
    "code": "What is the access code of the depot in {at}? Answer with the number only.",
    "manager": "Who manages the depot in {at}? Answer with the name only.",
    "deputy": "Who is the deputy of {at}? Answer with the name only.",
    "locker": "What is the number of the locker of {at}? Answer with the number only.",
}

LINES = """\
import itertools, json, re
TOPICS = {topics}
MONTHS = {months}
lines = [line for text in {texts} for line in text.split("\\n") if line.startswith("Date: ")]
def day(line):
    return (int(line[14:18]), [month[:3] for month in MONTHS].index(line[6:9]), int(line[10:12]))
{dated}
print(len(lines), "entries")"""

TALLY = """\
def found(reply):
    try:
        return json.loads(re.search({pattern}, reply, re.DOTALL)[0])
    except Exception:
        return None
task = {task}
{packs}
total, waiting = {{}}, packs
for attempt in range(3):
    note = "" if attempt == 0 else "(Attempt %d: JSON only, please.)\\n\\n" % (attempt + 1)
    replies = llm_query_batched([note + task + "\\n\\n" + "\\n".join(pack) for pack in waiting])
    again = []
    for pack, reply in zip(waiting, replies):
        part = found(reply)
        if part is None:
            again.append(pack)
            continue
        for key, number in part.items() if isinstance(part, dict) else [(key, 1) for key in part]:
            total[str(key)] = total.get(str(key), 0) + int(number)
    waiting = again
    if not waiting:
        break
print(len(packs), "parts,", len(waiting), "without an answer")
{conclusion}
print("candidate:", result)"""

ITEMS = """\
task = {task}
size = {pack}
labels = {{}}
for attempt in range(3):
    waiting = [i for i in range(len(lines)) if i not in labels]
    packs = [waiting[at:at + size] for at in range(0, len(waiting), size)]
    prompts = [task + "\\n\\n" + "\\n".join("%d. %s" % (i, lines[i]) for i in pack) for pack in packs]
    for pack, reply in zip(packs, llm_query_batched(prompts)):
        try:
            part = json.loads(re.search(r"\\{{.*\\}}", reply, re.DOTALL)[0])
        except Exception:
            continue
        labels.update((i, part[str(i)]) for i in pack if part.get(str(i)) in TOPICS)
    if len(labels) == len(lines):
        break
print(len(labels), "of", len(lines), "labelled")
total = {{}}
for i, label in labels.items():
    {count}
{conclusion}
print("candidate:", result)"""

SEARCH = """\
import re
def ask(words, name):
    places = [hit.start() for hit in re.finditer(re.escape(name), context)]
    parts = [context[max(0, at - 200):at + 200] for at in places[:60]]
    asked = words.format(at=name) + "\\n\\nPassages:\\n" + "\\n---\\n".join(parts)
    return str(llm_query(asked)).strip().strip(".")
at = {start}
for words in {links}:
    for attempt in range(3):
        reply = ask(words if attempt == 0 else "Look closely. " + words, at)
        if reply != "not stated" and len(reply) < 40:
            break
    at = reply
    print(words, "->", at)
result = at
print("candidate:", result)"""

NAIVE = """\
question = {question}
size = 100_000
parts = [text[at:at + size] for text in {texts} for at in range(0, len(text), size)]
replies = llm_query_batched([question + "\\n\\n" + str(part) for part in parts])
listed = "\\n".join("%d. %s" % (i + 1, reply) for i, reply in enumerate(replies))
result = llm_query(question + "\\n\\nPartial answers, from the parts of the context in order:\\n" + listed)
print("candidate:", result)"""

ANYTHING = """\
result = llm_query("Answer from this text as well as you can:\\n\\n" + str(context)[:20_000])
print("candidate:", result)"""


def for_anything() -> list[str]:
    """For a question that the simulated model does not know: look, ask about the beginning, hand that in."""
    return [PROBE, ANYTHING]


def naive(dialect: Dialect, asked: Question | Search) -> list[str]:
    """Fixed chunks and a last call over the partial answers."""
    words = asked.text if isinstance(asked, Question) else asked.words
    return [PROBE, NAIVE.format(question=repr(words), texts=_texts(dialect))]


def search(dialect: Dialect, wanted: Search) -> list[str]:
    """Find the name by its letters, have the passages read, go on to the next link."""
    code = SEARCH
    if dialect == "whence":
        code = code.replace("import re\n", "").replace(
            "    places = [hit.start() for hit in re.finditer(re.escape(name), context)]\n"
            "    parts = [context[max(0, at - 200):at + 200] for at in places[:60]]\n",
            "    hits = grep(name, limit=60, literal=True)\n"
            "    parts = [str(docs[hit.document][max(0, hit.start - 200):hit.end + 400]) for hit in hits]\n",
        )
    links = [LINK_WORDS[relation] for relation in wanted.relations]
    return [PROBE, code.format(start=repr(wanted.start), links=repr(links))]


def tally(question: Question, *, most_calls: int, taught: bool) -> list[str]:
    """Chunks, a partial tally each as JSON, sums in code: what the prompts of `rlms` and `dspy.RLM` teach."""
    listing = question.form in {"both_one", "both_either"}
    packs = (
        f"size = max({PACK}, -(-len(lines) // {most_calls}))\n"
        "packs = [lines[at:at + size] for at in range(0, len(lines), size)]"
    )
    if taught:
        packs = (
            f"size = {TAUGHT_CHARACTERS} // max(1, len(max(lines, key=len)))\n"
            "packs = [lines[at:at + size] for at in range(0, len(lines), size)]"
        )
    work = TALLY.format(
        pattern=r'r"\[[^\[\]]*\]"' if listing else r'r"\{[^{}]*\}"',
        task=repr(_tally_task(question)),
        packs=packs,
        conclusion=CONCLUSIONS[question.form],
    )
    return [PROBE, _lines("rlms", question), work]


def items(question: Question) -> list[str]:
    """A label for every record, by hand: numbered, parsed, missing ones asked again; the rest in code."""
    task = (
        f"Which topic does the text of each numbered entry have? The topics: {MEANINGS}. "
        "Reply with one JSON object from each entry's number to its topic, nothing else."
    )
    wanted = [question.topic, *([question.other] if question.other else [])]
    key = _key(question, "lines[i]")
    count = f"if label in {wanted!r}: total[{key}] = total.get({key}, 0) + 1"
    if question.form in {"most", "least"}:
        count = "total[label] = total.get(label, 0) + 1"
    work = ITEMS.format(task=repr(task), pack=PACK, count=count, conclusion=CONCLUSIONS[question.form])
    return [PROBE, _lines("rlms", question), work]


def typed(question: Question, *, checked: bool) -> list[str]:
    """What Whence's own prompt teaches: each record judged by llm_map, counted and joined by code."""
    wanted = [question.topic, *([question.other] if question.other else [])]
    key = _key(question, "line")
    count = f"total = collections.Counter({key} for line, label in zip(lines, labels) if label in {wanted!r})"
    if question.form in {"most", "least"}:
        count = "total = collections.Counter(labels)"
    work = (
        "import collections\n"
        f"labels = llm_map({_label_words()!r}, lines, labels=TOPICS)\n"
        f"{count}\n{CONCLUSIONS[question.form]}\n"
        'print(len(labels), "labelled;", dict(total.most_common(8)))\nprint("candidate:", result)'
    )
    cells = [PROBE, _lines("whence", question), work]
    if checked and question.form == "how_many":
        part = f"{PART}\n\n{question.text}"
        cells.append(
            'part = "\\n".join(lines[10:70])\n'
            f"second = rlm_query({part!r}, context=part)\n"
            f"first = sum(label == {question.topic!r} for label in labels[10:70])\n"
            'print("60 of the entries:", first, "by label,", second, "by a child of its own")'
        )
    return cells


def _label_words() -> str:
    return f"Which topic does the text of the entry have? The topics: {MEANINGS}."


def _lines(dialect: Dialect, question: Question) -> str:
    """Split the records, and keep those of the right time, for dates are read by code."""
    dated = ""
    if question.day is not None:
        sign = "<" if question.form == "before" else ">="
        day = (question.day.year, question.day.month - 1, question.day.day)
        dated = f"lines = [line for line in lines if day(line) {sign} {day}]\n"
    months = repr(list(MONTHS))
    return LINES.format(topics=repr(list(TOPICS)), months=months, dated=dated, texts=_texts(dialect)).replace(
        "\n\n", "\n"
    )


def _texts(dialect: Dialect) -> str:
    """Where the texts are: one in the rivals' `context`, any number in Whence's `docs`."""
    return "docs" if dialect == "whence" else "[context]"


def _key(question: Question, line: str) -> str:
    """Code for what an entry is counted under."""
    if question.form in {"which_user", "both_one", "both_either"}:
        return f'{line}.split(" || ")[1][6:]'
    return f"{line}[6:9]" if question.form == "month" else "'count'"


def _tally_task(question: Question) -> str:
    """The instruction for one chunk; dates have been dealt with by code."""
    form = question.form
    if form in {"before", "since", "how_many"}:
        asked, shape = (
            f"How many entries have the topic {question.topic}?",
            'one JSON object {"count": number}',
        )
    else:
        asked = question.words.split(" Answer")[0]
        shape = {
            "which_user": "one JSON object from each user's number to the number of such entries",
            "month": "one JSON object from each month (three letters) to the number of its entries with it",
            "both_one": "a JSON list of the users below who have at least one such entry",
            "both_either": "a JSON list of the users below who have at least one such entry",
        }.get(form, "one JSON object from each topic to the number of its entries")
    return f"{PREAMBLE}\n\n{asked} Consider only the entries below. Reply with {shape}, nothing else."
