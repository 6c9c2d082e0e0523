"""The OpenAI-compatible client: what it sends and how it reads what comes."""

import asyncio

import pytest

from rlm.clients.loopback import Answer, Loopback, ask, completion, http, send, serving
from whence.rlm.clients.openai import OpenAIClient
from whence.rlm.errors import CallError, HostNotAllowed, MissingKey, RequestRefused
from whence.rlm.messages import Message, Reply, Request, Usage

FULL = Request(
    "m",
    (Message("system", "Be brief."), Message("user", "Ünïcode 漢字 \ud800?")),
    max_tokens=9,
    temperature=0.5,
    seed=3,
    schema={"type": "object"},
)


def put(answer: Answer, *requests: Request, **options) -> tuple[list[Reply | CallError], Loopback]:
    async def scene() -> tuple[list[Reply | CallError], Loopback]:
        outcomes: list[Reply | CallError] = []
        async with serving(answer) as server:
            client = OpenAIClient(server.url, **options)
            for request in requests:
                try:
                    outcomes.append(await client.send(request))
                except CallError as error:
                    outcomes.append(error)
            await client.aclose()
        return outcomes, server

    return asyncio.run(scene())


def test_a_request_is_sent_as_the_interface_wants_it():
    _, server = put(send(completion()), FULL)
    (got,) = server.got
    assert got.path == "/v1/chat/completions"
    assert got.headers["content-type"] == "application/json"
    assert "authorization" not in got.headers
    assert got.json == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Ünïcode 漢字 ??"},
        ],
        "max_tokens": 9,
        "temperature": 0.5,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}},
        },
    }


def test_what_was_not_asked_for_is_not_sent():
    _, server = put(send(completion()), ask())
    assert set(server.got[0].json) == {"model", "messages"}


def test_the_vendor_itself_has_another_word_for_the_length(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-length")
    fields = OpenAIClient()._fields(FULL)
    assert fields["max_completion_tokens"] == 9
    assert "max_tokens" not in fields


def test_a_reply_is_read_with_all_that_it_tells():
    said = completion(
        "four",
        "length",
        usage={
            "prompt_tokens": 100,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 80},
            "cost": 0.25,
        },
    )
    ([reply], _) = put(send(said), ask())
    assert reply.text == "four"
    assert reply.usage == Usage(input=100, output=5, cached=80)
    assert reply.usd == 0.25
    assert reply.finish == "length"
    assert reply.model == "served"
    assert reply.seconds > 0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}], "in parts"),
        (["bare ", {"type": "image"}, {"text": None}, "parts"], "bare parts"),
        ("half a pair \ud800", "half a pair ?"),
    ],
)
def test_a_text_is_read_from_every_shape_it_comes_in(content, text):
    ([reply], _) = put(send(completion(content)), ask())
    assert reply.text == text
    assert reply.text.encode()


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        "many",
        {"prompt_tokens": -1_000_000, "completion_tokens": -5},
        {"prompt_tokens": True, "completion_tokens": "7"},
        {"prompt_tokens": float("nan"), "completion_tokens": float("inf")},
        {"prompt_tokens": 1e300, "completion_tokens": 10**30},
    ],
)
def test_counts_that_are_none_are_replaced_by_an_estimate_so_that_no_server_pays_a_budget_back(usage):
    ([reply], _) = put(send(completion("x" * 400, usage=usage)), ask("y" * 4_000))
    assert reply.usage == Usage(input=1_001, output=101, cached=0, estimated=True)


@pytest.mark.parametrize("cost", [-1.0, "free", None, True, float("nan"), float("inf")])
def test_a_cost_that_is_none_is_unknown(cost):
    ([reply], _) = put(
        send(completion(usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": cost})), ask()
    )
    assert reply.usd is None


def test_more_cached_than_was_read_is_not_believed():
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 99}}
    ([reply], _) = put(send(completion(usage=usage)), ask())
    assert reply.usage.cached == 10


def refusing(*fields: str, by_param: bool = False) -> Answer:
    """A server that does not know some fields and says so, one at a time."""

    def answer(got, writer) -> None:
        for name in fields:
            if name in got.json:
                error = (
                    {"message": "unsupported", "param": name}
                    if by_param
                    else {"message": f"`{name}` is unknown"}
                )
                return send({"error": error}, 400)(got, writer)
        return send(completion())(got, writer)

    return answer


@pytest.mark.parametrize("by_param", [False, True])
def test_a_field_that_the_server_refuses_is_left_out_from_then_on(by_param: bool):
    (outcomes, server) = put(
        refusing("response_format", "seed", "temperature", by_param=by_param), FULL, FULL
    )
    assert [outcome.text for outcome in outcomes] == ["yes", "yes"]
    assert len(server.got) == 5
    assert set(server.got[-1].json) == {"model", "messages", "max_tokens"}


def test_a_refusal_of_anything_else_is_passed_on_at_once():
    ([error], server) = put(refusing("max_tokens"), FULL)
    assert type(error) is RequestRefused
    assert len(server.got) == 1


def test_a_server_that_goes_on_refusing_what_is_not_sent_any_more_is_not_asked_for_ever():
    ([error], server) = put(send({"error": {"message": "seed, temperature, response_format"}}, 400), FULL)
    assert type(error) is RequestRefused
    assert len(server.got) == 4


@pytest.mark.parametrize("base", ["https://" + "api.openai.com/v1", "https://" + "openrouter.ai/api/v1"])
def test_a_vendor_without_a_key_is_said_at_once(base: str, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WHENCE_LM_KEY", "sk-canary-any")  # not for vendors
    with pytest.raises(MissingKey, match="_API_KEY"):
        OpenAIClient(base)


def test_keys_go_to_their_own_hosts_alone(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-vendor")
    _, server = put(send(completion()), ask())
    assert "authorization" not in server.got[0].headers
    monkeypatch.setenv("WHENCE_LM_KEY", "sk-canary-local")
    _, server = put(send(completion()), ask())
    assert server.got[0].headers["authorization"] == "Bearer sk-canary-local"
    monkeypatch.setenv("MY_KEY", "sk-canary-mine")
    _, server = put(send(completion()), ask(), key_env="MY_KEY")
    assert server.got[0].headers["authorization"] == "Bearer sk-canary-mine"


def test_a_key_named_and_not_set_is_said(monkeypatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(MissingKey, match="MY_KEY"):
        OpenAIClient("http://localhost:1/v1", key_env="MY_KEY")


def test_a_host_that_nobody_allowed_is_refused_before_anything_is_sent():
    with pytest.raises(HostNotAllowed):
        OpenAIClient("https://lm.example/v1")
    assert OpenAIClient("https://lm.example/v1", allow_hosts=["lm.example"]).host == "lm.example"


def test_a_slash_at_the_end_of_the_base_url_does_not_matter():
    async def scene() -> str:
        async with serving(lambda got, writer: writer.write(http(b"{}"))) as server:
            client = OpenAIClient(server.url + "/")
            with pytest.raises(CallError):
                await client.send(ask())
            await client.aclose()
            return server.got[0].path

    assert asyncio.run(scene()) == "/v1/chat/completions"
