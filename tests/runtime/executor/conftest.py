"""The tests of the executor see at least two cores, whatever machine they run on."""

import pytest

from whence.runtime.executor import cores


@pytest.fixture(autouse=True, scope="module")
def at_least_two_cores():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHENCE_CORES", str(max(2, cores())))
        yield
