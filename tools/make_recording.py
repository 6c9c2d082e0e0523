"""Make the recording that `whence rlm demo` shows: python tools/make_recording.py"""

import asyncio

from whence.rlm import RLM, Price
from whence.rlm.demo import RECORDING, SEED, demo_task
from whence.testing.simulated import simulated_client

LATENCY = 0.15  # seconds, so that the timeline shows what waits for what


async def speak(messages: list[dict[str, str]]) -> str:
    """The simulated model, as slow as a small hosted one."""
    await asyncio.sleep(LATENCY)
    return await simulated_client(policy="checked", seed=SEED)(messages)


def main() -> None:
    """Write the recording anew."""
    RECORDING.unlink(missing_ok=True)
    RECORDING.parent.mkdir(exist_ok=True)
    task = demo_task()
    rlm = RLM(
        "simulated model", client=speak, price=Price(input=0.25, output=1.0), route="recursive", seed=SEED
    )
    done = rlm.completion(task.context, task.question, journal=RECORDING)
    print(done.to_text())
    print(f"wrote {RECORDING.name}: {RECORDING.stat().st_size:,} bytes; the true answer is {task.answer}")


if __name__ == "__main__":
    main()
