"""The arms that read without code: all, a truncated text, part by part, or passages found by BM25."""

import http.client
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from whence.rlm.tasks import Task

WINDOW = 200_000  # tokens, as the simulated server is started with
CHUNK = 32_000  # characters of a part for map-reduce: 8,000 tokens
PASSAGE = 1_600  # characters of a passage for retrieval
READ = 32_000  # characters of passages that are read
WORD = re.compile(r"[a-z0-9]+")


class Refused(Exception):  # noqa: N818
    """The server did not answer."""


@dataclass
class Server:
    """The simulated server as one arm sees it."""

    base_url: str
    model: str

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=120)

    def ask(self, prompt: str) -> str:
        """The reply to one prompt."""
        body = json.dumps({"model": self.model, "messages": [{"role": "user", "content": prompt}]})
        status, reply = self.send("POST", "/v1/chat/completions", body)
        if status != 200:
            raise Refused(f"{status}: {reply['error']['message']}")
        return reply["choices"][0]["message"]["content"]

    def stats(self) -> dict:
        """Totals since the last reset."""
        return self.send("GET", "/stats")[1]

    def reset(self) -> None:
        """Begin the totals anew."""
        self.send("GET", "/reset")

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, dict]:
        """Status and JSON of a reply."""
        self._connection.request(method, path, body)
        reply = self._connection.getresponse()
        return reply.status, json.loads(reply.read())


def direct(server: Server, task: Task, context: str) -> str:
    return server.ask(f"{task.question}\n\n{context}")


def truncated(server: Server, task: Task, context: str) -> str:
    """The first and the last part, as much as fits."""
    room = (WINDOW - 1_000) * 4 - len(task.question)
    if len(context) > room:
        context = f"{context[: room // 2]}\n…\n{context[-room // 2 :]}"
    return server.ask(f"{task.question}\n\n{context}")


def map_reduce(server: Server, task: Task, context: str) -> str:
    """The question to each part, then once more to put the partial answers together."""
    parts = cut_at_lines(context, CHUNK)
    replies = [server.ask(f"{task.question}\n\n{part}") for part in parts]
    listed = "\n".join(f"{i}. {reply}" for i, reply in enumerate(replies, 1))
    return server.ask(
        f"{task.question}\n\nPartial answers, from the parts of the context in order:\n{listed}"
    )


def retrieve(server: Server, task: Task, context: str) -> str:
    """The passages that share the rarest words with the question, in the order of the text."""
    passages = cut_at_lines(context, PASSAGE)
    asked = set(WORD.findall(task.question.lower()))
    found = [Counter(word for word in WORD.findall(passage.lower()) if word in asked) for passage in passages]
    having = Counter(word for counts in found for word in counts)
    rarity = {word: math.log(1 + (len(passages) - n + 0.5) / (n + 0.5)) for word, n in having.items()}
    usual = sum(map(len, passages)) / len(passages)

    def relevance(i: int) -> float:
        length = 0.25 + 0.75 * len(passages[i]) / usual
        return sum(rarity[word] * n * 2.2 / (n + 1.2 * length) for word, n in found[i].items())

    best = sorted(range(len(passages)), key=lambda i: (-relevance(i), i))[: READ // PASSAGE]
    chosen = "\n".join(passages[i] for i in sorted(best))
    return server.ask(f"{task.question}\n\n{chosen}")


def cut_at_lines(text: str, size: int) -> list[str]:
    """Parts of about `size` characters that end with a line."""
    parts: list[list[str]] = [[]]
    length = 0
    for line in text.split("\n"):
        if length + len(line) > size and parts[-1]:
            parts.append([])
            length = 0
        parts[-1].append(line)
        length += len(line) + 1
    return ["\n".join(part) for part in parts]
