"""`aggregator schedule`, and what all commands have in common: their help."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from commandline import Run, runner

from aggregator.cli import COMMANDS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)


# -------------------------------------------------------------------------------------------------------- schedule
def test_crontab_lines(run: Run) -> None:
    code, out, _ = run(
        "schedule", "--feeds", "my feeds%.yaml", "--database", "a.db", "--outbox", "smtp://u:hush@relay"
    )
    assert code == 0
    [often, weekly] = [line for line in out.splitlines() if not line.startswith("#")]
    assert often.startswith(f"*/10 * * * * cd {Path.cwd()} && /")
    assert often.endswith(r" run --feeds 'my feeds\%.yaml' --database a.db")
    assert weekly.startswith("20 3 * * 0 cd ")
    assert " backup aggregator-backup.db --force " in weekly
    assert " prune " in weekly
    assert "hush" not in out
    assert f"{Path.cwd()}/.env, as AGGREGATOR_OUTBOX" in out
    assert "No flock is needed" in out


def test_the_crontab_line_works(run: Run) -> None:
    Path("feeds.yaml").write_text("sources:\n")
    line = next(line for line in run("schedule")[1].splitlines() if line.startswith("*/10"))
    root = str(Path(__file__).parent.parent)
    command = line.split("* * * *", 1)[1].replace(r"\%", "%")
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"PYTHONPATH": root, "HOME": "/"}, cwd="/", capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert Path("aggregator.db").exists()


def test_postgresql_is_not_backed_up_by_cron(run: Run) -> None:
    assert " backup " not in run("schedule", "--database", "postgresql://db/x")[1]


def test_systemd_units(run: Run, tmp_path: Path, needs: Callable[[str, bool, str], None]) -> None:
    out = run("schedule", "--systemd", "--feeds", "my feeds%.yaml")[1]
    assert 'run --feeds "my feeds%%.yaml"' in out
    assert "OnCalendar=*:0/10" in out
    units = {}
    for line in out.splitlines():
        if line.startswith("# ---- "):
            name = Path(line.split()[-1]).name
            units[name] = ""
        elif not line.startswith("#"):
            units[name] = units.get(name, "") + line + "\n" if units else ""
    assert sorted(units) == [
        "aggregator-weekly.service", "aggregator-weekly.timer", "aggregator.service", "aggregator.timer",
    ]  # fmt: skip
    needs("systemd-analyze", shutil.which("systemd-analyze") is not None, "no systemd here to verify units")
    for name, text in units.items():
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in units]
    assert subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True).returncode == 0


# ------------------------------------------------------------------------------------------------------------ help
COMMON = ("--feeds", "--database", "--outbox", "--at", "--report", "--only", "--dry-run", "--json")
INNER = [("sources", name) for name in ("list", "health", "import", "export", "add")] + [
    ("subscribers", name) for name in ("add", "import", "list", "show", "pause", "export", "leave", "erase")
]


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *INNER], ids=" ".join)
def test_every_command_has_help_that_names_its_options(run: Run, command: tuple[str, ...]) -> None:
    code, out, _ = run(*command, "--help")
    assert code == 0
    for option in COMMON:
        assert option in out
    assert run(*command, "-h")[1] == out


def imported(*arguments: str, among: Sequence[str]) -> tuple[str, str]:
    """What a command prints, and those of these modules that it has imported."""
    script = (
        "import sys\nfrom aggregator.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        f"print([name for name in {list(among)} if name in sys.modules], file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", script, *arguments], env=env, capture_output=True, text=True)
    return done.stdout, done.stderr


def test_help_imports_nothing_heavy() -> None:
    heavy = [
        "numpy",
        "feedparser",
        "sqlalchemy",
        "pydantic",
        "httpx",
        "aiohttp",
        "jinja2",
        "ruamel",
        "rich",
        "starlette",
    ]
    for arguments in (["--help"], ["subscribers", "--help"], ["sources", "--help"], ["status", "--help"]):
        out, modules = imported(*arguments, among=heavy)
        assert modules == "[]\n", arguments
        assert out.startswith("Usage:")


def test_a_run_with_nothing_new_imports_nothing_heavy(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text("sources:\n  ala: {url: 'https://blog.example/feed', enabled: false}\n")
    where = ("--feeds", str(feeds), "--database", str(tmp_path / "ours.db"))
    assert imported("collect", *where, among=["pydantic", "ruamel.yaml"])[1] == "['pydantic', 'ruamel.yaml']\n"
    heavy = [
        "numpy",
        "feedparser",
        "pydantic",
        "dotenv",
        "email_validator",
        "sqlalchemy.dialects.postgresql",
        "alembic",
        "ruamel",
        "aggregator.topics",
    ]
    assert imported("collect", *where, among=heavy) == ("", "[]\n")
