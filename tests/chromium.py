"""The pages in a real browser: `aggregator serve` as a process, Debian's Chromium by Playwright, axe-core beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serving(folder: Path, at: datetime, **environ: str) -> Iterator[str]:
    """The pages of the service in this folder, over loopback; gives their address. `at`: the moment they live in."""
    command = [sys.executable, "-m", "aggregator", "serve", "--port", "0", "--at", at.isoformat()]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")}
    process = subprocess.Popen(
        command, cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), **environ}, text=True, stderr=subprocess.PIPE
    )
    assert process.stderr
    try:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line + process.communicate(timeout=10)[1]
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@dataclass
class Visitor:
    """Somebody with a browser of one size, with or without JavaScript. Whatever a page says to the console, asks of
    another host, or loads in vain is remembered."""

    browser: Browser
    base: str
    size: str = "desktop"
    scripts: bool = True
    dark: bool = False
    faults: list[str] = field(default_factory=list)

    def __enter__(self) -> Visitor:
        width, height = SIZES[self.size]
        self._context = self.browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=self.scripts, locale="en-GB",
            color_scheme="dark" if self.dark else "light", reduced_motion="reduce",
        )  # fmt: skip
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "request",
            lambda asked: None if asked.url.startswith((self.base, "data:")) else self.faults.append(asked.url),
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def open(self, path: str) -> int:
        """Go there; gives the status of the answer."""
        response = self.page.goto(self.base + path)
        assert response
        return response.status

    def press(self, name: str) -> None:
        """Press the button of that name, and wait for what comes."""
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()

    @property
    def heading(self) -> str:
        return self.page.inner_text("h1")

    def is_too_wide(self) -> bool:
        """Whether one would have to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def barriers(self) -> list[str]:
        """What axe-core finds: rule, and the first place."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0].get('failureSummary', '')}"
            for one in found
        ]
