"""The simulated model errs as its error model says, serves what clients ask, and writes code that runs."""

import ast
import asyncio
import itertools
import json
import re
from collections import Counter
from dataclasses import replace

import aiohttp
import pytest

from whence.rlm.calling.budget import Budget
from whence.rlm.errors import NotConfined
from whence.rlm.rlm import RLM
from whence.rlm.tasks import KINDS, make_task
from whence.rlm.tasks.chance import chance
from whence.rlm.tasks.facts import Search
from whence.rlm.tasks.questions import FORMS, Question, read_question
from whence.rlm.tasks.records import read_records
from whence.rlm.tasks.wording import TOPICS, topic_of
from whence.rlm.worker.numbered import numbered
from whence.rlm.worker.packing import pack_prompt, pack_schema
from whence.testing.simulated import ErrorModel, SimulatedModel, programs, simulated_client
from whence.testing.simulated.error_model import PERFECT
from whence.testing.simulated.faults import FAULTS
from whence.testing.simulated.harness import Situation, read_situation
from whence.testing.simulated.mutations import MISTAKES
from whence.testing.simulated.replies import REFUSAL
from whence.testing.simulated.root import POLICIES
from whence.testing.simulated.server import start
from whence.testing.simulated.service import Service

SYSTEMS = {
    "whence": "llm_map … FINAL_VAR",
    "rlms": 'You are a Recursive Language Model (RLM): … answer["ready"]',
    "dspy": "repl_history … SUBMIT(answer) … You have max 50 sub-LLM calls.",
}


def asked(prompt: str, errors: ErrorModel = PERFECT, **options: object) -> str:
    return SimulatedModel(errors, **options).answer([("user", prompt)])


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_reader_answers_every_task_from_the_whole_text(kind: str) -> None:
    for seed in range(6):
        task = make_task(kind, 4_000, seed)
        assert task.score(asked(f"{task.question}\n\n{task.context}")) == 1.0, (kind, seed)


def test_the_same_prompt_gets_the_same_answer_and_another_seed_another() -> None:
    errors = ErrorModel(item_base=0.2)
    tasks = [make_task("count", 4_000, seed) for seed in range(0, 20, 5)]
    prompts = [f"{task.question}\n\n{task.context}" for task in tasks]
    first, again, other = ([asked(prompt, errors, seed=seed) for prompt in prompts] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_items_are_misread_as_often_as_the_error_model_says() -> None:
    wrong = labels_wrong(replace(PERFECT, item_base=0.1), lines(6_000))
    assert 0.08 < wrong < 0.12


def test_longer_prompts_are_read_worse() -> None:
    errors = replace(PERFECT, item_base=0.01, item_slope=0.05)
    assert labels_wrong(errors, lines(2_000), pack=1_000) > 3 * labels_wrong(errors, lines(2_000), pack=20)


def test_the_middle_is_read_worst() -> None:
    errors = replace(PERFECT, item_slope=0.01, item_base=0.05, middle=2.0, stubborn=0.0)
    every = lines(3_000)
    misread = [i / len(every) for i, wrong in enumerate(mistakes(errors, every)) if wrong]
    middle = sum(0.25 < place < 0.75 for place in misread)
    assert middle > 1.25 * (len(misread) - middle)


def test_a_stubborn_item_is_misread_in_every_prompt_and_the_others_are_not() -> None:
    errors = replace(PERFECT, item_base=0.1, stubborn=1.0)
    every = lines(1_000)
    assert mistakes(errors, every[:500]) + mistakes(errors, every[500:]) == mistakes(errors, every)
    free = replace(errors, stubborn=0.0)
    assert mistakes(free, every[:500]) + mistakes(free, every[500:]) != mistakes(free, every)


def test_counting_in_the_head_is_less_certain_the_longer_the_list() -> None:
    errors, draw = ErrorModel(), chance("counting")
    spread = [
        sum(abs(errors.counted(count, among, draw) - count) for _ in range(300)) / 300 / count
        for count, among in ((8, 20), (8, 2_000), (8, 200_000))
    ]
    assert spread == sorted(spread)
    assert PERFECT.counted(10_000, 60_000, draw) == 10_000


def lines(count: int) -> list[str]:
    whole = make_task("count", max(2_000, count * 50), 1).context.splitlines()
    return whole[:count]


def packed(some: list[str]) -> str:
    return pack_prompt(
        "Which topic does the entry have?", some, f"one of these labels: {json.dumps(list(TOPICS))}."
    )


def mistakes(errors: ErrorModel, some: list[str]) -> list[bool]:
    found = numbered(asked(packed(some), errors), len(some))
    return [found[i] != topic_of(line) for i, line in enumerate(some, 1)]


def labels_wrong(errors: ErrorModel, every: list[str], pack: int = 20) -> float:
    packs = [every[at : at + pack] for at in range(0, len(every), pack)]
    return sum(sum(mistakes(errors, some)) for some in packs) / len(every)


# ── instructions ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_packs_of_llm_map_are_understood_with_and_without_a_schema() -> None:
    some = lines(20)
    schema = pack_schema({"type": "string", "enum": list(TOPICS)})
    for given in (schema, None):
        text = SimulatedModel(PERFECT).answer([("user", packed(some))], given)
        assert numbered(text, 20) == {i: topic_of(line) for i, line in enumerate(some, 1)}


def test_whether_a_topic_applies_is_answered_in_the_words_allowed() -> None:
    some = lines(20)
    question = "Is the entry about the topic delivery?"
    prompt = pack_prompt(question, some, 'Each answer is exactly one of these labels: ["yes", "no"].')
    expected = {i: "yes" if topic_of(line) == "delivery" else "no" for i, line in enumerate(some, 1)}
    assert numbered(asked(prompt), 20) == expected


def test_faults_of_form_come_at_their_rates() -> None:
    some = lines(20)
    for fault, test in (
        ("prose", lambda text: "```" in text),
        ("missing", lambda text: len(json.loads(text)) < 20),
        ("extra", lambda text: len(json.loads(text)) > 20),
        ("refusal", lambda text: text == REFUSAL),
    ):
        errors = replace(PERFECT, **{fault: 0.3})
        seen = sum(test(asked(f"{packed(some)}\n({i})", errors)) for i in range(200))
        assert 35 < seen < 85, (fault, seen)
        assert not test(asked(packed(some)))


def test_a_schema_is_kept_to_where_it_is_enforced() -> None:
    some, schema = lines(20), pack_schema({"type": "string", "enum": list(TOPICS)})
    for enforced, prose in ((1, 0), (0, 100)):
        model = SimulatedModel(replace(PERFECT, prose=1.0, schema_enforced=enforced))
        seen = sum("```" in model.answer([("user", f"{packed(some)}\n({i})")], schema) for i in range(100))
        assert seen == prose


def test_a_tally_of_a_part_and_a_list_of_users_are_given_as_json() -> None:
    task = make_task("count", 2_000, 0)
    for form in FORMS:
        question = Question(form, "defect", "praise" if form == "both_either" else "")
        prompt = f"{programs._tally_task(question)}\n\n{task.context}"
        told = json.loads(asked(prompt))
        undated = read_question(prompt)
        counts = undated.tally((record, topic_of(record.text)) for record in read_records(task.context))
        if isinstance(told, list):
            assert sorted(told) == sorted(counts)
        elif list(told) == ["count"]:
            assert told["count"] == counts["all"]
        else:
            assert told == {str(key): count for key, count in counts.items()}


def test_a_prompt_it_does_not_know_is_declined_in_words() -> None:
    assert "not sure" in asked("Write me a poem about 3 topics as JSON.")


def test_the_function_gives_what_the_model_gives() -> None:
    task = make_task("needle", 4_000, 1)
    prompt = f"{task.question}\n\n{task.context}"
    assert asyncio.run(simulated_client(PERFECT)(prompt)) == asked(prompt) == str(task.answer)


# ── as a root ───────────────────────────────────────────────────────────────────────────────────────────────


def conversation(dialect: str, question: str, outputs: list[str]) -> list[tuple[str, str]]:
    if dialect == "dspy":
        steps = [
            f"=== Step {i} ===\nCode:\nx\nOutput (9 chars):\n{output}" for i, output in enumerate(outputs, 1)
        ]
        user = (
            f"[[ ## variables_info ## ]]\n{question}\n\n[[ ## repl_history ## ]]\n"
            + "\n".join(steps)
            + "\n\n"
            "[[ ## iteration ## ]]\n1/20"
        )
        return [("system", SYSTEMS[dialect]), ("user", user)]
    said = [("system", SYSTEMS[dialect]), ("user", question)]
    for output in outputs:
        said += [("assistant", "```repl\nx\n```"), ("user", output)]
    return said


@pytest.mark.parametrize("dialect", SYSTEMS)
def test_a_harness_is_known_by_its_system_prompt_and_its_outputs_are_read(dialect: str) -> None:
    said = conversation(dialect, "the question", ["first", "candidate: 12", "ValueError: no"])
    situation = read_situation(said)
    assert situation.dialect == dialect
    assert "the question" in situation.asked
    assert len(situation.outputs) == 3
    assert (situation.candidate, situation.failures) == ("12", 1)
    assert read_situation([("user", "the question")]) is None


@pytest.mark.parametrize("dialect", SYSTEMS)
@pytest.mark.parametrize("policy", sorted({*POLICIES} - {"mutated"}))
def test_every_cell_of_every_program_is_python(dialect: str, policy: str) -> None:
    model = SimulatedModel(PERFECT, policy)
    for kind in KINDS:
        for seed in range(3):
            outputs: list[str] = []
            for _ in range(6):
                reply = model.answer(conversation(dialect, make_task(kind, 2_000, seed).question, outputs))
                code = re.search(r"```(?:repl|python)\n(.*?)\n```", reply, re.DOTALL)[1]
                ast.parse(code)
                outputs.append("fine")
                if "result" in code.splitlines()[0]:
                    break
            else:
                raise AssertionError("it does not finish")


def ran(cells: list[str], context: str, model: SimulatedModel) -> object:
    """What the cells of a program for the rivals leave in `result`, run as their sessions would."""
    names: dict[str, object] = {
        "context": context,
        "print": lambda *_: None,
        "llm_query": lambda prompt: model.answer([("user", prompt)]),
        "llm_query_batched": lambda prompts: [model.answer([("user", prompt)]) for prompt in prompts],
    }
    for cell in cells:
        exec(cell, names)
    return names["result"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_plans_given_to_rivals_are_right_with_a_reader_that_errs_never(kind: str) -> None:
    for seed in range(5):
        task = make_task(kind, 4_000, seed)
        question, model = read_question(task.question), SimulatedModel(PERFECT)
        plans = (
            [
                programs.search(
                    "rlms", Search.along(re.search(r"in (\w+)\?", task.question)[1], seed_deputies(seed))
                )
            ]
            if kind == "hops"
            else [programs.search("dspy", Search(re.search(r"in (\w+)\?", task.question)[1], ("code",)))]
            if kind == "needle"
            else [
                programs.tally(question, most_calls=1_000, taught=False),
                programs.tally(question, most_calls=5, taught=False),
                programs.tally(question, most_calls=1_000, taught=True),
                programs.items(question),
            ]
        )
        for cells in plans:
            assert task.score(ran(cells, task.context, model)) == 1.0, (seed, task.question[-90:])


def seed_deputies(seed: int) -> int:
    return (1, 0, 2)[seed % 3]


def test_the_plans_survive_refusals_prose_and_missing_items() -> None:
    errors = replace(PERFECT, refusal=0.2, prose=0.3, missing=0.3)
    task = make_task("count", 8_000, 0)
    question = read_question(task.question)
    assert task.score(ran(programs.items(question), task.context, SimulatedModel(errors))) > 0.5
    assert (
        ran(programs.tally(question, most_calls=99, taught=False), task.context, SimulatedModel(errors)) > 0
    )


def test_a_failed_cell_is_written_again_and_then_the_run_ends() -> None:
    model = SimulatedModel(PERFECT)
    question = make_task("count", 2_000, 0).question
    ok = model.answer(conversation("rlms", question, ["x", "y"]))
    again = model.answer(conversation("rlms", question, ["x", "y", "NameError: z"]))
    ended = model.answer(conversation("rlms", question, ["x", "y", *["NameError: z"] * 5]))
    assert "llm_query_batched" in ok
    assert again.count("llm_query_batched") == ok.count("llm_query_batched")
    assert "lines = [" in again
    assert 'answer["ready"] = True' in ended


@pytest.mark.parametrize("dialect", SYSTEMS)
def test_the_mutated_policy_makes_mistakes_and_makes_them_again(dialect: str) -> None:
    good, bad = SimulatedModel(PERFECT, "plan"), SimulatedModel(PERFECT, "mutated")
    differing = Counter()
    for seed in range(120):
        said = conversation(dialect, make_task("count", 2_000, seed % 5).question, [f"output {seed}"])
        assert bad.answer(said) == bad.answer(said)
        differing[bad.answer(said) == good.answer(said)] += 1
    assert 20 < differing[False] < 90
    assert len(MISTAKES) == 8


def test_an_unknown_question_still_gets_a_run_that_ends() -> None:
    model = SimulatedModel(PERFECT)
    replies = [model.answer(conversation("whence", "What is this?", ["fine"] * turn)) for turn in range(4)]
    assert "llm_query" in replies[1]
    assert "FINAL(" in replies[2]


def test_a_last_reply_hands_in_the_candidate() -> None:
    said = conversation("whence", "Question: x", ["candidate: 12"])
    said[-1] = ("user", "candidate: 12\n\nThis is your last reply")
    assert "FINAL(" in SimulatedModel(PERFECT).answer(said)
    assert isinstance(read_situation(said), Situation)


# ── the server ──────────────────────────────────────────────────────────────────────────────────────────────


def served(service: Service, work):
    async def run():
        running = await start(service)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            result = await work(session, running.base_url)
        await asyncio.sleep(0.02)  # connections close
        await running.aclose()
        return result

    return asyncio.run(run())


def body(prompt: str = "hello", model: str = "sim", **more: object) -> dict:
    return {"model": model, "messages": [{"role": "user", "content": prompt}], **more}


async def post(session: aiohttp.ClientSession, url: str, given: dict) -> tuple[int, dict]:
    async with session.post(f"{url}/chat/completions", json=given) as reply:
        return reply.status, await reply.json()


def test_the_server_answers_as_the_model_does_and_tells_its_usage_and_price() -> None:
    task = make_task("needle", 4_000, 1)
    prompt = f"{task.question}\n\n{task.context}"

    async def work(session, url):
        status, reply = await post(session, url, body(prompt))
        async with session.get(url.replace("/v1", "/stats")) as stats:
            return status, reply, await stats.json()

    status, reply, stats = served(Service(PERFECT), work)
    assert status == 200
    assert reply["choices"][0]["message"]["content"] == str(task.answer)
    usage = reply["usage"]
    assert usage["prompt_tokens"] == -(-len(prompt) // 4)
    assert usage["cost"] == pytest.approx(
        (usage["prompt_tokens"] * 0.25 + usage["completion_tokens"] * 2) / 1e6
    )
    assert (stats["requests"], stats["tokens_in"]) == (1, usage["prompt_tokens"])
    assert stats["usd"] == pytest.approx(usage["cost"])


def test_many_requests_at_once_are_in_flight_at_once_and_the_totals_can_be_reset() -> None:
    async def work(session, url):
        await asyncio.gather(*[post(session, url, body(f"hello {i}")) for i in range(40)])
        async with session.get(url.replace("/v1", "/stats")) as reply:
            before = await reply.json()
        async with session.post(url.replace("/v1", "/reset")):
            pass
        async with session.get(url.replace("/v1", "/stats")) as reply:
            return before, await reply.json()

    before, after = served(Service(replace(PERFECT, seconds=0.05)), work)
    assert before["requests"] == 40
    assert before["max_in_flight"] == 40
    assert after["requests"] == 0


def test_every_fault_by_the_name_of_the_model() -> None:
    async def one(session, url, fault):
        try:
            async with asyncio.timeout(0.3 if fault == "hang" else 5):
                async with session.post(
                    f"{url}/chat/completions", json=body(model=f"sim?fault={fault}")
                ) as reply:
                    return reply.status, await reply.text()
        except (TimeoutError, aiohttp.ClientError) as error:
            return type(error).__name__, ""

    async def work(session, url):
        return {fault: await one(session, url, fault) for fault in FAULTS}

    found = served(Service(PERFECT), work)
    assert [found[status][0] for status in ("429", "500", "401", "404")] == [429, 500, 401, 404]
    assert found["hang"][0] == "TimeoutError"
    assert found["closed"][0] == "ServerDisconnectedError"
    assert found["cut"][0] == "ClientPayloadError"
    told = {fault: json.loads(text) for fault, (_, text) in found.items() if text.startswith("{")}
    assert told["null"]["choices"][0]["message"]["content"] is None
    assert told["empty"]["choices"][0]["message"]["content"] == ""
    assert told["empty_choices"]["choices"] == []
    assert "choices" not in told["no_choices"]
    assert "usage" not in told["no_usage"]
    assert not found["garbage"][1].startswith("{")


def test_a_storm_of_429_ends_after_the_first_requests_and_a_rate_hits_some() -> None:
    async def work(session, url):
        storm = [(await post(session, url, body(model="sim?fault=429&first=3")))[0] for _ in range(5)]
        some = [(await post(session, url, body(model="sim?fault=500&rate=0.3")))[0] for _ in range(60)]
        async with session.post(url.replace("/v1", "/faults"), json={"model": "sim?fault=500"}):
            pass
        everybody = (await post(session, url, body()))[0]
        async with session.post(url.replace("/v1", "/faults"), json={"model": "sim"}):
            pass
        return storm, some.count(500), everybody, (await post(session, url, body()))[0]

    storm, some, everybody, over = served(Service(PERFECT), work)
    assert storm == [429, 429, 429, 200, 200]
    assert 6 < some < 32
    assert (everybody, over) == (500, 200)


def test_a_prompt_beyond_the_window_is_refused_with_the_usual_code() -> None:
    async def work(session, url):
        return await post(session, url, body("x" * 5_000))

    status, reply = served(Service(replace(PERFECT, window=1_000)), work)
    assert status == 400
    assert reply["error"]["code"] == "context_length_exceeded"


def test_output_is_cut_at_max_tokens_and_a_schema_is_billed() -> None:
    async def work(session, url):
        cut = await post(session, url, body(max_tokens=3))
        schema = {
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": {"type": "object", "x": "y" * 400}},
        }
        billed = await post(session, url, body(response_format=schema))
        return cut[1], billed[1]

    cut, billed = served(Service(PERFECT), work)
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 3
    assert billed["usage"]["prompt_tokens"] > 100


def test_requests_that_are_no_chat_are_refused_and_the_connection_lives_on() -> None:
    async def work(session, url):
        statuses = [
            (await post(session, url, given))[0] for given in ({}, {"messages": "x"}, body(stream=True))
        ]
        async with session.get(f"{url}/nothing") as reply:
            statuses.append(reply.status)
        return [*statuses, (await post(session, url, body()))[0]]

    assert served(Service(PERFECT), work) == [400, 400, 400, 404, 200]


def test_requests_that_come_in_pieces_or_several_at_once_are_answered_in_turn() -> None:
    async def run():
        running = await start(Service(PERFECT))
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        given = json.dumps(body()).encode()
        request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(given), given)
        for piece in itertools.batched(request, 50) if hasattr(itertools, "batched") else [request]:
            writer.write(bytes(piece))
            await writer.drain()
        writer.write(request + request)
        lengths = []
        for _ in range(3):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths.append(len(await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1]))))
        writer.close()
        await writer.wait_closed()
        await running.aclose()
        return lengths

    lengths = asyncio.run(run())
    assert len(set(lengths)) == 1


# ── our own loop with it ────────────────────────────────────────────────────────────────────────────────────


def led(kind: str, size: int, seed: int, policy: str, **options: object):
    task = make_task(kind, size, seed)
    rlm = RLM("sim", client=simulated_client(PERFECT, policy=policy), route="recursive", **options)
    try:
        return task, rlm.completion(task.context, task.question)
    except NotConfined as error:
        pytest.skip(f"nothing confines a model's code here: {error}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", ["plan", "naive"])
def test_our_loop_led_by_it_answers_every_kind(kind: str, policy: str) -> None:
    for seed in range(2):
        task, done = led(kind, 4_000, seed, policy)
        assert task.score(done.answer) == 1.0
        assert done.iterations >= 3


def test_documents_may_be_given_as_a_list() -> None:
    for kind in ("hops", "count"):
        task = make_task(kind, 4_000, 0)
        rlm = RLM("sim", client=simulated_client(PERFECT), route="recursive")
        try:
            assert task.score(rlm.completion(list(task.documents), task.question).answer) == 1.0
        except NotConfined as error:
            pytest.skip(f"nothing confines a model's code here: {error}")


def test_a_checked_run_has_a_child_of_its_own() -> None:
    task, done = led("count", 8_000, 0, "checked", budget=Budget(depth=1))
    assert task.score(done.answer) == 1.0
    assert "run 0.0" in done.to_text()
