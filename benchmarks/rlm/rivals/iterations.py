"""CPU of a trivial iteration in `rlms` and DSPy, in their own interpreter: prints JSON of seconds."""

import importlib
import json
import os
import sys
import time

URL, TURNS = sys.argv[1], int(sys.argv[2])
os.environ["OPENAI_API_KEY"] = "none-needed"


def rlms(turns: int) -> float:
    machine = importlib.import_module("rlm").RLM(
        backend="openai",
        backend_kwargs={"model_name": f"turns-{turns}", "base_url": URL, "api_key": "none-needed"},
        environment="local",
        max_iterations=turns + 2,
        verbose=False,
    )
    began = time.process_time()
    machine.completion("a context " * 1_000, root_prompt="What?")
    return time.process_time() - began


def dspy_(turns: int) -> float:
    dspy = importlib.import_module("dspy")
    local = importlib.import_module("dspy.primitives.local_interpreter").LocalInterpreter

    lm = dspy.LM(f"openai/turns-{turns}", api_base=URL, api_key="none-needed", cache=False)
    with dspy.context(lm=lm):
        machine = dspy.RLM("context, query -> answer", max_iters=turns + 2, interpreter_factory=local)
        began = time.process_time()
        machine(context="a context " * 1_000, query="What?")
    return time.process_time() - began


found = {}
for name, run in (("rlms", rlms), ("dspy", dspy_)):
    try:
        run(1)
        long, short = sorted(run(TURNS) for _ in range(3))[1], sorted(run(1) for _ in range(3))[1]
        found[name] = (long - short) / (TURNS - 1)
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}"[:300], file=sys.stderr)
sys.stdout.write(json.dumps(found))
