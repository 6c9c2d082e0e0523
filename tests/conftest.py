"""What every test may lean on: the Hypothesis profiles and the optional folder of external ground truth."""

import asyncio
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
SHARED = ROOT / ".." / "shared"

# Derandomised: a failure on one machine is a failure on every machine.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=1000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Keep apart the event loop that a browser, once started, leaves running, and the tests without one."""
    running = asyncio._get_running_loop()
    if running is None or "browser" in getattr(item, "fixturenames", ()):
        return (yield)
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(running)


def shared_file(name: str) -> Path:
    """A file of the folder of external ground truth; the test is skipped where that is not there."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/{name} (external ground truth), which is not beside this checkout")
    return path


@pytest.fixture(name="shared_file")
def _shared_file():
    return shared_file


@pytest.fixture
def shared() -> Path:
    """The folder of external ground truth; the test is skipped where it is not there."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (external ground truth), which is not beside this checkout")
    return SHARED


@pytest.fixture
def root() -> Path:
    """The project's root."""
    return ROOT
