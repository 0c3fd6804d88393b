"""The command `aggregator check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aggregator.cli import main
from aggregator.config import shipped

BAD = "sources:\n  a: https://example.org/\n  b: example.org\n"
GOOD = "sources:\n  a: https://example.org/\n"


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of `aggregator check`."""
    with pytest.raises(SystemExit) as exit_:
        main(["check", *arguments])
    out, err = capsys.readouterr()
    code = exit_.value.code
    return (code if isinstance(code, int) else 0), out, err


def test_good(capsys: pytest.CaptureFixture[str]) -> None:
    Path("feeds.yaml").write_text(GOOD)
    assert check(capsys) == (0, "feeds.yaml: 36 topics, 1 source, 1 edition: all good\n", "")


def test_bad(capsys: pytest.CaptureFixture[str]) -> None:
    Path("feeds.yaml").write_text(BAD)
    code, out, err = check(capsys)
    assert code == 78
    assert err == (
        "feeds.yaml:3: source 'b': the address has no http:// or https:// in front → did you mean 'https://example.org'?\n"
    )
    assert out == "feeds.yaml: 1 error, 0 warnings; sound: 36 topics, 1 source, 1 edition\n"


def test_warnings_are_not_errors(capsys: pytest.CaptureFixture[str]) -> None:
    Path("feeds.yaml").write_text(GOOD + "topics:\n  a: A\n")
    code, out, err = check(capsys)
    assert code == 0
    assert err.startswith("feeds.yaml:4: warning: topic 'a' has no words")
    assert "good, 1 warning" in out


def test_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = check(capsys)
    assert code == 78
    assert "no such file" in err
    assert "AGGREGATOR_FEEDS" in err


def test_which_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("env", "dotenv", "option", "one", "two"):
        Path(f"{name}.yaml").write_text(GOOD)
    Path(".env").write_text("AGGREGATOR_FEEDS=dotenv.yaml\n")
    assert check(capsys)[1].startswith("dotenv.yaml:")
    monkeypatch.setenv("AGGREGATOR_FEEDS", "env.yaml")
    assert check(capsys)[1].startswith("env.yaml:")
    assert check(capsys, "--feeds", "option.yaml", "--outbox", "smtp://x")[1].startswith("option.yaml:")
    _, out, _ = check(capsys, "one.yaml", "two.yaml", "--json")
    assert [file["file"] for file in json.loads(out)["files"]] == ["one.yaml", "two.yaml"]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    Path("feeds.yaml").write_text(BAD)
    code, out, err = check(capsys, "--json")
    said = json.loads(out)
    assert (code, err, said["errors"], said["warnings"]) == (78, "", 1, 0)
    assert said["problems"][0]["line"] == 3
    assert set(said["problems"][0]) == {"file", "line", "level", "what", "remedy"}


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = check(capsys, "--schema")
    assert code == 0
    assert json.loads(out)["$defs"]["SourceEntry"]["required"] == ["url"]


def test_variables_come_from_dotenv_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("feeds.yaml").write_text("sources:\n  a: https://example.org/?k=${KEY}\n")
    assert check(capsys)[0] == 78
    Path(".env").write_text("KEY=very-secret\n")
    code, out, err = check(capsys)
    assert code == 0
    assert "very-secret" not in out + err


def test_a_slip_in_a_setting_is_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("feeds.yaml").write_text(GOOD)
    monkeypatch.setenv("AGGREGATOR_OUTBX", "x")
    code, _, err = check(capsys)
    assert code == 0
    assert "did you mean AGGREGATOR_OUTBOX?" in err


def test_the_shipped_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = check(capsys, str(shipped("feeds.yaml")))
    assert (code, err) == (0, "")
    assert out.endswith("all good\n")
