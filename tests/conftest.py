"""What every test may lean on.

`needs("postgres")` skips where a service is missing, unless AGGREGATOR_TEST_REQUIRE names it: then it fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure of a law.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = {name.strip() for name in os.environ.get("AGGREGATOR_TEST_REQUIRE", "").split(",") if name.strip()}


@pytest.fixture(scope="session")
def needs() -> Callable[[str, bool, str], None]:
    """needs(name, available, reason): go on, skip with the reason, or fail if the machine promised it."""

    def check(name: str, available: bool, reason: str) -> None:
        if available:
            return
        if name in REQUIRED:
            pytest.fail(f"{name} is required here but missing: {reason}")
        pytest.skip(f"{name}: {reason}")

    return check


@pytest.fixture(scope="session")
def shared(needs: Callable[[str, bool, str], None]) -> Path:
    """The folder of third-party samples beside the project, where there is one."""
    path = ROOT.parent / "shared"
    needs("shared", path.is_dir(), "no ../shared beside the project")
    return path


@pytest.fixture(scope="session")
def feedparser_tests(needs: Callable[[str, bool, str], None]) -> Path:
    """The folder `tests` of a source distribution of feedparser that somebody has unpacked (see CONTRIBUTING.md)."""
    named = os.environ.get("AGGREGATOR_TEST_FEEDPARSER", "")
    needs("feedparser", bool(named), "AGGREGATOR_TEST_FEEDPARSER names no unpacked source of feedparser")
    return next(path for path in (Path(named), Path(named) / "tests") if (path / "wellformed").is_dir())


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the settings of the person who runs it, nor writes into the checkout."""
    for name in [n for n in os.environ if n.startswith("AGGREGATOR_") and not n.startswith("AGGREGATOR_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
