"""A whole service in a temporary folder: feeds.yaml, a press, a database, an outbox, driven by the command line."""

from __future__ import annotations

import email
import email.policy
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from journeys.press import Press, printing

from aggregator.app import App, open_app
from aggregator.cli import main
from aggregator.config import Settings

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Done:
    code: int
    out: str
    err: str
    report: dict[str, Any] = field(default_factory=dict)


@dataclass
class Service:
    folder: Path
    press: Press
    outbox: str = "outbox"
    env: dict[str, str] = field(default_factory=dict)
    templates: Path = ROOT / "templates"

    def feeds(self, *paths: str, more: str = "") -> None:
        rows = "".join(
            f"  {path.strip('/').replace('/', '-')}: {{url: '{self.press.url}{path}'}}\n" for path in paths
        )
        (self.folder / "feeds.yaml").write_text(f"{more}sources:\n{rows}", encoding="utf-8")

    def command(self, *words: str, at: datetime | None = None) -> list[str]:
        moment = ["--at", at.isoformat()] if at else []
        return [sys.executable, "-m", "aggregator", *words, *moment, "--outbox", self.outbox]

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AGGREGATOR_")}
        return {**kept, "PYTHONPATH": str(ROOT), "AGGREGATOR_ALLOW_PRIVATE": "127.0.0.1", **self.env}

    def __call__(self, *words: str, at: datetime | None = None, code: int | None = 0) -> Done:
        """Run a command as a person or cron would; `code` is the exit code that is expected."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            [*self.command(*words, at=at), "--report", str(report)],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        found = json.loads(report.read_text()) if report.exists() else {}
        if "sources" in found:
            balance(found)
        return Done(done.returncode, done.stdout, done.stderr, found)

    def readers(
        self, *rows: str, at: datetime = MONDAY - WEEK, head: str = "email,topics,weekday,hour,timezone"
    ) -> None:
        (self.folder / "readers.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        self("subscribers", "import", "readers.csv", "--confirmed", at=at)

    def letters(self) -> list[EmailMessage]:
        """The letters in the folder outbox, oldest first."""
        paths = sorted((self.folder / self.outbox).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]  # type: ignore[misc]


class Inside(Service):
    """The same service with its commands run in this process: quicker, where a process is not the point."""

    @contextmanager
    def opened(self) -> Iterator[App]:
        """The parts that its pages are made from."""
        said = {"feeds": self.folder / "feeds.yaml", "database": str(self.folder / "aggregator.db")}
        with open_app(Settings.load(**said, outbox=str(self.folder / self.outbox))) as app:
            yield app

    def __call__(self, *words: str, at: datetime | None = None, code: int | None = 0) -> Done:
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        raw = io.BytesIO()  # a terminal takes bytes too
        out, err = io.TextIOWrapper(raw, encoding="utf-8", write_through=True), io.StringIO()
        log = logging.StreamHandler(err)
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            for name, value in {"AGGREGATOR_ALLOW_PRIVATE": "127.0.0.1", **self.env}.items():
                patch.setenv(name, value)
            logging.getLogger("aggregator").addHandler(log)
            try:
                main([*self.command(*words, at=at)[3:], "--report", str(report)])
            except SystemExit as leaving:
                left = int(leaving.code or 0)
            finally:
                logging.getLogger("aggregator").removeHandler(log)
        assert code is None or left == code, f"exit {left}\n{raw.getvalue().decode()}\n{err.getvalue()}"
        found = json.loads(report.read_text()) if report.exists() else {}
        if "sources" in found:
            balance(found)
        return Done(left, raw.getvalue().decode(), err.getvalue(), found)


def balance(report: dict[str, Any]) -> None:
    sources, entries = report["sources"], report["entries"]
    assert sources["visited"] + sources["not_reached"] == sources["due"]
    assert entries["fetched"] == sum(count for name, count in entries.items() if name != "fetched")
    if "digests" in report:
        assert report["digests"]["due"] == sum(count for name, count in report["digests"].items() if name != "due")


@pytest.fixture
def press() -> Iterator[Press]:
    with printing() as press:
        yield press


@pytest.fixture
def service(tmp_path: Path, press: Press) -> Service:
    return Service(tmp_path, press)


@pytest.fixture
def inside(tmp_path: Path, press: Press) -> Inside:
    return Inside(tmp_path, press)
