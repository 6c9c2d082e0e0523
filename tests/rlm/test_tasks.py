"""The generated tasks are what they say: deterministic, of their size, right by an independent recount."""

import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from whence.rlm.tasks import KINDS, Task, make_task
from whence.rlm.tasks.chance import chance
from whence.rlm.tasks.facts import WORDINGS
from whence.rlm.tasks.questions import FORMS, read_question
from whence.rlm.tasks.records import read_records
from whence.rlm.tasks.wording import TEMPLATES, TOPICS, topic_of, write
from whence.runtime.errors import InvalidOption

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WHOLE = [
    (re.compile(re.sub(r"\\?\{\w+\\?\}", "[A-Za-z0-9 ]+?", re.escape(template)), re.IGNORECASE), topic)
    for topic, templates in TEMPLATES.items()
    for template in templates
]


def by_whole_templates(text: str) -> str:
    """The topic by matching whole sentences of the grammar, another way than the one the package uses."""
    found = {topic for shape, topic in WHOLE if shape.search(text)}
    assert len(found) == 1, (text, found)
    return found.pop()


def recounted(task: Task) -> object:
    """The answer by hand: lines cut with `split`, topics by whole templates, the question read with `in`."""
    entries = []
    for line in task.context.splitlines():
        date, user, text = (part.split(": ", 1)[1] for part in line.split(" || "))
        month, day, _ = date.replace(",", "").split()
        number = [name[:3] for name in MONTHS].index(month)
        entries.append(((number, int(day)), int(user), by_whole_templates(text)))
    asked = task.question.rsplit("\n", 1)[1]
    topics = re.findall(r"the topic ([a-z]+)", asked)
    if asked.startswith("List"):
        users = {user for _, user, topic in entries if topic in topics}
        return frozenset(combinations(sorted(users), 2))
    if "Which topic" in asked:
        counts = Counter(dict.fromkeys(TOPICS, 0))
        counts.update(topic for _, _, topic in entries)
        return (max if "most" in asked else min)(counts, key=lambda topic: counts[topic])
    mine = [(day, user) for day, user, topic in entries if topic in topics]
    if "Which user" in asked:
        return Counter(user for _, user in mine).most_common(1)[0][0]
    if "which month" in asked:
        return MONTHS[Counter(day[0] for day, _ in mine).most_common(1)[0][0]]
    if divided := re.search(r"dated (before|on or after) (\w{3}) (\d\d)", asked):
        limit = ([name[:3] for name in MONTHS].index(divided[2]), int(divided[3]))
        return sum((day < limit) == (divided[1] == "before") for day, _ in mine)
    return len(mine)


@pytest.mark.parametrize("kind", ["count", "timeline", "pairs"])
def test_answers_about_records_agree_with_an_independent_recount(kind: str) -> None:
    for seed in range(15):
        task = make_task(kind, 4_000, seed)
        assert recounted(task) == task.answer, (kind, seed, task.question)


def test_every_form_of_question_about_records_is_asked() -> None:
    asked = {
        read_question(make_task(kind, 2_000, seed).question).form
        for kind in ("count", "timeline", "pairs")
        for seed in range(5)
    }
    assert asked == set(FORMS)


def test_a_needle_is_stated_once_and_its_depot_has_a_former_code_too() -> None:
    for seed in range(20):
        task = make_task("needle", 8_000, seed)
        depot = re.search(r"the depot in (.+?)\?", task.question)[1]
        stated = [
            found
            for wording in WORDINGS["code"]
            for found in re.findall(
                re.escape(wording.format(a=depot, v="\0")).replace("\0", r"(\d+)"), task.context
            )
        ]
        assert [int(code) for code in stated] == [task.answer]
        assert task.context.count(depot) > 2


def test_a_chain_leads_to_its_answer_by_one_way_over_several_documents() -> None:
    for seed in range(20):
        task = make_task("hops", 16_000, seed)
        depot = re.search(r"the depot in (.+?)\?", task.question)[1]
        at, where = depot, set()
        for relation in ("manager", *["deputy"] * task.question.count("deputy"), "locker"):
            values = {
                (found, i)
                for wording in WORDINGS[relation]
                for i, document in enumerate(task.documents)
                for found in re.findall(
                    re.escape(wording.format(a=at, v="\0")).replace("\0", r"([A-Z]\w+(?: [A-Z]\w+)*|\d+)"),
                    document,
                )
            }
            assert len(values) == 1, (seed, relation, at, values)
            at, document = values.pop()
            where.add(document)
        assert int(at) == task.answer
        assert len(task.documents) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_is_the_same_for_a_seed_and_another_for_another(kind: str) -> None:
    one, again, other = make_task(kind, 4_000, 3), make_task(kind, 4_000, 3), make_task(kind, 4_000, 4)
    assert (one.question, one.documents, one.answer) == (again.question, again.documents, again.answer)
    assert one.context != other.context


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [8_000, 60_000])
def test_a_task_has_the_size_that_was_asked_for(kind: str, size: int) -> None:
    assert 0.97 * size <= len(make_task(kind, size, 1).context) / 4 <= 1.05 * size


def test_the_right_answer_scores_one_however_it_is_written() -> None:
    for kind in KINDS:
        for seed in range(5):
            task = make_task(kind, 4_000, seed)
            assert task.score(task.exact) == 1.0, (kind, seed)
            assert task.score(f"The answer is: {task.exact}") == 1.0, (kind, seed)
            assert task.score("I do not know.") == 0.0, (kind, seed)


def test_a_count_is_worth_less_the_further_off_it_is() -> None:
    task = next(task for seed in range(9) if (task := make_task("count", 4_000, seed)).counts)
    assert [task.score(task.answer + off) for off in (0, 1, -1, 2)] == [1.0, 0.75, 0.75, 0.5625]
    assert task.score(task.answer + 10_000_000) < 1e-9


def test_pairs_are_scored_by_their_f1() -> None:
    task = make_task("pairs", 8_000, 0)
    half = sorted(task.answer)[::2]
    share = len(half) / len(task.answer)
    assert task.score(str([pair[::-1] for pair in half])) == pytest.approx(2 * share / (1 + share))
    assert task.score("(1, 2)") == 0.0


def test_two_topics_in_an_answer_are_no_answer() -> None:
    task = make_task("count", 4_000, 1)
    wrong = next(topic for topic in TOPICS if topic != task.answer)
    assert task.score(f"{task.answer} or {wrong}") == 0.0


def test_the_reader_knows_every_text_of_the_grammar() -> None:
    draw = chance("every text")
    for _ in range(3_000):
        topic = draw.choice(list(TOPICS))
        text = write(topic, draw)
        assert topic_of(text) == topic == by_whole_templates(text)


def test_neither_a_word_nor_two_words_in_a_row_give_a_topic_away() -> None:
    draw = chance("giving away")
    texts = [(topic, write(topic, draw)) for topic in TOPICS for _ in range(400)]
    for length, most in ((1, 0.55), (2, 0.55)):
        holders: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for topic, text in texts:
            words = re.findall(r"[a-z]+", text.lower())
            for phrase in set(zip(*(words[i:] for i in range(length)), strict=False)):
                holders[phrase][topic] += 1
        best = max(
            (2 * count / (sum(counts.values()) + 400), phrase, topic)
            for phrase, counts in holders.items()
            for topic, count in counts.items()
        )
        assert best[0] < most, best


def test_a_record_that_was_cut_off_is_not_read_as_another() -> None:
    line = make_task("count", 2_000, 0).context.splitlines()[0]
    assert len(list(read_records(line))) == 1
    assert list(read_records(line[5:])) == []


@pytest.mark.parametrize(("kind", "size"), [("poem", 8_000), ("count", 100), ("count", 10**9)])
def test_a_kind_or_size_that_there_is_not_is_refused(kind: str, size: int) -> None:
    with pytest.raises(InvalidOption):
        make_task(kind, size, 0)
