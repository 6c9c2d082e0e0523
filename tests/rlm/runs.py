"""A run as its events tell it: two turns with calls of which some fail, a child, an error, an answer."""

from whence.rlm.events import (
    BudgetShown,
    CallEnded,
    CallsStarted,
    CellRan,
    Concluding,
    HistoryCompacted,
    ModelReplied,
    Noted,
    RunEnded,
    RunStarted,
)
from whence.rlm.messages import Usage

CODE = """# Label every review, many at once.
prompts = [f"Which topic? {review}" for review in reviews]
topics = llm_query_batched(prompts)
print(Counter(topics).most_common(3))"""


def started(run="0", question="What do the customers complain about most, and in which month?", **other):
    told = {
        "depth": run.count("."),
        "model": "big-model",
        "route": "recursive",
        "why": "too long for one reading",
    }
    told |= {"isolation": "bubblewrap", "documents": 3, "bytes": 12_400_000, "at": 0.0}
    return RunStarted(run=run, question=question, **(told | other))


def replied(iteration, at, run="0", text="I look at it first.", usd=0.0042, **other):
    usage = Usage(input=2_100, output=180)
    return ModelReplied(
        run=run, iteration=iteration, text=text, usage=usage, usd=usd, seconds=1.5, at=at, **other
    )


def ran(iteration, at, code, output="", error=None, run="0", cell=0, lost=()):
    return CellRan(
        run=run, iteration=iteration, cell=cell, code=code, output=output, error=error,
        names={"topics": "list of 64"}, lost=lost, seconds=0.02, at=at,
    )  # fmt: skip


def called(index, at, batch=0, run="0", error=None, usd=0.0005, shared=False, replayed=False):
    return CallEnded(
        run=run, batch=batch, index=index, prompt=f"Which topic? Review {index}",
        text="" if error else "delivery", error=error, usage=Usage() if error else Usage(input=150, output=3),
        usd=None if error else usd, seconds=0.4, shared=shared, replayed=replayed, at=at,
    )  # fmt: skip


def batch(count=64, at=3.6, run="0", number=0):
    return CallsStarted(run=run, batch=number, count=count, tokens=count * 200, usd=0.04, at=at)


def a_run():
    limited = "rate_limited: lm.example: too many requests (429)."
    yield started()
    yield replied(1, 1.5)
    yield ran(1, 1.53, "print(len(docs))\nprint(context[:500])", "3\nThe parcel came late. " * 20)
    yield replied(2, 3.5, text=f"Now all at once.\n```repl\n{CODE}\n```")
    yield batch()
    yield from (
        called(i, 3.7 + i / 20, error=limited if i in {7, 31} else None, shared=i > 55) for i in range(64)
    )
    yield BudgetShown(
        calls=66, tokens=14_000, usd=0.036, left={"calls": 1_934, "usd": 0.964, "seconds": 1_780}, at=7
    )
    yield ran(2, 7.1, CODE, "", "SubCallFailed: 2 of 64 calls failed: too many requests (429)")
    yield replied(3, 9.0)
    yield started(
        "0.0", "In which month do the complaints about delivery peak?", at=9.1, documents=1, bytes=400_000
    )
    yield replied(1, 10.6, run="0.0")
    yield ran(1, 10.7, "FINAL('March')", run="0.0")
    yield RunEnded(
        run="0.0", answer="March", error=None, message="", iterations=1, usage=Usage(2_100, 180), usd=0.0042,
        seconds=1.6, at=10.7,
    )  # fmt: skip
    yield Noted(message="two calls failed and were asked again one by one", at=11.0)
    yield ran(
        3,
        11.9,
        "month = rlm_query('In which month do the complaints about delivery peak?')\nmonth",
        "'March'",
    )
    yield HistoryCompacted(messages=4, characters=9_000, kept=4, at=12)
    yield Concluding(reason="The time is nearly over.", at=12.1)
    yield replied(4, 13.4, text="It is delivery.")
    yield replied(5, 15.2)
    yield ran(5, 15.3, "x = 1", "", cell=0)
    yield ran(5, 15.4, "FINAL(f'Late delivery, most of all in {month}.')", "", cell=1, lost=("reviews",))
    yield RunEnded(
        answer="Late delivery, most of all in March.", error=None, message="", iterations=5,
        usage=Usage(20_000, 2_000), usd=0.05, seconds=15.5, at=15.5,
    )  # fmt: skip


BAD = "<script>alert(1)</script>\"'&\x1b[2J\u202egnp.exe\x00\x9b31m\u2066\ud800"


def a_hostile_run():
    long = BAD + "x" * 1_000_000
    yield started(question=long, model=BAD, why=BAD, isolation=BAD)
    yield replied(1, 1.0, text=long)
    yield batch(3, at=1.1)
    yield called(0, 1.2, error=f"{BAD}: {long}")
    yield called(1, 1.2)
    yield ran(1, 2.0, long + "\n" + BAD, long, long, lost=(BAD, BAD))
    yield Noted(message=long, at=2.5)
    yield started(f"0.{BAD}", long, at=3.0)
    yield RunEnded(
        answer={BAD: [BAD, long]},
        error=BAD,
        message=long,
        iterations=1,
        usage=Usage(),
        usd=None,
        seconds=3.0,
        at=3.0,
    )
