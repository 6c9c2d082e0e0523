"""What the tests of the studio share: one browser for all of them."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Playwright; the test is skipped where one of the two is not there."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (the package playwright)")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("needs Chromium (a program named chromium on the path, or its place in CHROMIUM)")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()
