"""Run in the rivals' own environment: reads tasks as JSON lines, answers each with `rlms` or `dspy.RLM`.

A line is {"arm": "rlms" | "dspy", "model", "base_url", "question", "context_file", "max_calls"}; the reply
is a line with the answer or the error. Everything a library prints goes to the standard error, so that the
lines stay clean. The interpreter of DSPy is its LocalInterpreter, which runs the model's code in a plain
subprocess: allowed here only because the code is our own simulated root's.

One thing is changed, in the rivals' favour: certificates are loaded once and not for every client that is
made (`rlms` makes several a run, 33 ms of CPU each), so that the whole table can be made in minutes.
"""

import functools
import importlib
import json
import os
import ssl
import sys
import time
import warnings
from pathlib import Path


def by_rlms(task: dict) -> object:
    leader = importlib.import_module("rlm").RLM(
        backend="openai",
        backend_kwargs={"model_name": task["model"], "base_url": task["base_url"], "api_key": "none"},
        environment="local",
        max_depth=1,
    )
    return leader.completion(task["context"], root_prompt=task["question"]).response


def by_dspy(task: dict) -> object:
    dspy = importlib.import_module("dspy")
    local = importlib.import_module("dspy.primitives.local_interpreter").LocalInterpreter
    model = dspy.LM(f"openai/{task['model']}", api_base=task["base_url"], api_key="none", cache=False)
    with dspy.context(lm=model):
        leader = dspy.RLM(
            "context, query -> answer", interpreter_factory=local, max_llm_calls=task["max_calls"]
        )
        return leader(context=task["context"], query=task["question"]).answer


def main() -> None:
    warnings.simplefilter("ignore")
    ssl.create_default_context = functools.cache(ssl.create_default_context)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        task = json.loads(line)
        task["context"] = Path(task["context_file"]).read_text("utf-8")
        began = time.perf_counter()
        try:
            answer, error = {"rlms": by_rlms, "dspy": by_dspy}[task["arm"]](task), None
        except BaseException as problem:
            answer, error = None, f"{type(problem).__name__}: {problem}"[:500]
        seconds = time.perf_counter() - began
        out.write(json.dumps({"answer": answer, "error": error, "seconds": seconds}, default=str) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
