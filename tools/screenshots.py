"""Makes the pictures of the studio in `docs/pictures/`: starts a studio, lays out two projects on
bundled data, asks, and photographs its pages in headless Chromium.

    python tools/screenshots.py                those that the docs show
    python tools/screenshots.py --all FOLDER   every page at three widths, light and dark, to look at

It needs Playwright and a Chromium (a program named chromium on the path, or its place in CHROMIUM). A picture
that differs from the last one only by times is no reason to keep a new one: look before keeping.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
LARGEST = 150 * 1024
HEIGHTS = {1440: 900, 900: 1100, 390: 844}
LINK = re.compile(r"(http://\S+?)/launch\S+")
PATIENCE = 120_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the docs show: its name, the page, the width, and whether it is dark."""

    name: str
    page: str
    width: int
    dark: bool = False


KEPT = (
    Picture("studio-home", "home", 1440),
    Picture("studio-project", "kidney", 1440),
    Picture("studio-project-dark", "kidney", 1440, dark=True),
    Picture("studio-answer", "answer", 900),
    Picture("studio-watch", "watch", 900),
    Picture("studio-phone", "answer", 390),
)


@contextmanager
def studio(home: Path) -> Generator[str]:
    """A studio of its own; its launch link."""
    command = [sys.executable, "-m", "whence", "studio", "--port", "0", "--home", str(home), "--no-open"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log = home.with_suffix(".log")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with log.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, env=environment)
    try:
        for _ in range(600):
            if found := LINK.search(log.read_text()):
                break
            if process.poll() is not None:
                sys.exit(log.read_text())
            time.sleep(0.05)
        else:
            sys.exit("The studio did not start.")
        yield found[0]
    finally:
        process.terminate()
        process.wait(15)


def laid_out(page: Page, link: str) -> dict[str, str]:
    """Two projects, one of them with answers, and a recorded run that was played; where each page is."""
    page.goto(link)
    home = page.url
    begun(page, "Kidney stones")
    asked(page, "effect of treatment on success")
    kidney = page.url
    page.goto(home)
    begun(page, "Quitting smoking")
    asked(page, "effect of qsmk on wt82_71")
    project = page.url
    page.goto(home)
    page.get_by_role("button", name="Watch a recorded run").click()
    page.wait_for_url("**/watch/*")
    page.locator("#watch-head .standing", has_text="Ended").wait_for(timeout=PATIENCE)
    return {
        "home": home,
        "kidney": kidney,
        "project": project,
        "answer": f"{project}/answers/1",
        "watch": page.url,
    }


def begun(page: Page, example: str) -> None:
    """A new project from this example."""
    page.get_by_role("button", name=re.compile(rf"^{example}(?!,)")).click()
    page.wait_for_url("**/p/*")
    page.locator("#canvas .node").first.wait_for()


def asked(page: Page, question: str) -> None:
    """Ask, and wait for the answer."""
    page.locator("#question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("#answer .sentence").wait_for(timeout=PATIENCE)


def photographed(browser: Browser, state: object, address: str, picture: Picture, path: Path) -> int:
    """Make one picture; its size in bytes."""
    context = browser.new_context(
        storage_state=state,
        viewport={"width": picture.width, "height": HEIGHTS[picture.width]},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address)
    page.locator("main").wait_for()
    page.wait_for_timeout(400)  # the stream's first frame
    if page.locator("#connection").count() and page.locator("#connection").text_content():
        sys.exit(f"{picture.page}: the page has lost its studio")
    page.screenshot(path=path)
    context.close()
    return path.stat().st_size


def main() -> None:
    asks = argparse.ArgumentParser(description="Make the pictures of the studio.")
    asks.add_argument("--all", metavar="FOLDER", type=Path, help="every page at three widths, light and dark")
    folder: Path | None = asks.parse_args().all
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("There is no Chromium. Install one, or give its place in CHROMIUM.")
    pictures = KEPT if folder is None else every()
    into = folder or PICTURES
    into.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        studio(Path(scratch) / "home") as link,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        addresses = laid_out(context.new_page(), link)
        state = context.storage_state()
        for picture in pictures:
            path = into / f"{picture.name}.png"
            size = photographed(browser, state, addresses[picture.page], picture, path)
            print(
                f"{path}  {size / 1024:.0f} KB" + ("  TOO LARGE" if folder is None and size > LARGEST else "")
            )
        browser.close()


def every() -> tuple[Picture, ...]:
    """Every page at every width, light and dark."""
    return tuple(
        Picture(f"{page}-{width}-{'dark' if dark else 'light'}", page, width, dark)
        for page in ("home", "kidney", "project", "answer", "watch")
        for width in HEIGHTS
        for dark in (False, True)
    )


if __name__ == "__main__":
    main()
