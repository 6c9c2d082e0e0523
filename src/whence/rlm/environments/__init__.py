"""Where a model's code runs: a confined CPython worker, or pydantic-monty where that cannot be had."""
