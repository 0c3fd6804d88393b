"""Settings from options, environment and .env; mistakes in plain words, secrets nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Settings, environment
from aggregator.config.settings import split_mailbox, unknown_settings
from aggregator.errors import ConfigError, Exit, Problem
from aggregator.model import Sender

SMTP = "smtp://ann:pa55word@mail.example.org:587"
COMPLETE = {
    "AGGREGATOR_OUTBOX": SMTP,
    "AGGREGATOR_FROM": "Our Library <digest@library.example>",
    "AGGREGATOR_BASE_URL": "https://digest.library.example/",
    "AGGREGATOR_SECRET": "new-one, old-one",
}


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def refusals(**overrides: object) -> list[str]:
    with pytest.raises(ConfigError) as error:
        Settings.load(**overrides)
    assert error.value.exit_code == Exit.CONFIG
    assert all(problem.remedy for problem in error.value.problems)
    return [problem.what for problem in error.value.problems]


def problems_of(**overrides: object) -> list[Problem]:
    try:
        Settings.load(**overrides)
    except ConfigError as error:
        return error.problems
    return []


def test_without_any_setting_the_folder_outbox_works() -> None:
    settings = Settings.load()
    assert (settings.feeds, settings.database, settings.outbox) == (Path("feeds.yaml"), "aggregator.db", "outbox")
    assert settings.sender == Sender("digest@example.org", "", "https://digest.example.org", "")
    assert not settings.by_smtp
    assert settings.secrets == ()
    assert settings.allow_private == ()


def test_everything_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_all(monkeypatch, COMPLETE)
    monkeypatch.setenv("AGGREGATOR_FEEDS", "/etc/feeds.yaml")
    monkeypatch.setenv("AGGREGATOR_DATABASE", "postgresql://u:pgpass@h/d")
    monkeypatch.setenv("AGGREGATOR_CONTACT", "mailto:it@library.example")
    monkeypatch.setenv(
        "AGGREGATOR_ALLOW_PRIVATE", "127.0.0.1, localhost,10.1.0.0/16 , [::1],Intranet.Example.ORG.,"
    )
    monkeypatch.setenv("AGGREGATOR_TEMPLATES", str(tmp_path))
    monkeypatch.setenv("AGGREGATOR_REPLY_TO", "desk@library.example")
    settings = Settings.load()
    assert settings.feeds == Path("/etc/feeds.yaml")
    assert settings.by_smtp
    assert settings.sender == Sender(
        "digest@library.example", "Our Library", "https://digest.library.example", "desk@library.example"
    )
    assert settings.secrets == ("new-one", "old-one")
    assert settings.allow_private == ("127.0.0.1", "localhost", "10.1.0.0/16", "::1", "intranet.example.org")
    assert settings.templates == tmp_path


def test_options_win_over_environment_and_environment_over_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("AGGREGATOR_FEEDS=file\nAGGREGATOR_DATABASE=file\nAGGREGATOR_OUTBOX=file\nOTHER=1\n")
    monkeypatch.setenv("AGGREGATOR_DATABASE", "environment")
    monkeypatch.setenv("AGGREGATOR_OUTBOX", "environment")
    settings = Settings.load(outbox="option", database=None, feeds=None)
    assert (str(settings.feeds), settings.database, settings.outbox) == ("file", "environment", "option")


def test_empty_means_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"AGGREGATOR_FEEDS": "", "AGGREGATOR_FROM": "", "AGGREGATOR_ALLOW_PRIVATE": ""})
    settings = Settings.load()
    assert settings.feeds == Path("feeds.yaml")
    assert settings.sender.address == "digest@example.org"


def test_what_is_empty_in_the_environment_may_be_in_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HOST=library.example\nAGGREGATOR_CONTACT=mailto:it@${HOST}\n")
    monkeypatch.setenv("AGGREGATOR_CONTACT", "")
    assert Settings.load().contact == "mailto:it@library.example"


def test_names_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("aggregator_from", "desk@library.example")
    Path(".env").write_text("Aggregator_Feeds=ours.yaml\n")
    settings = Settings.load()
    assert (settings.sender.address, settings.feeds) == ("desk@library.example", Path("ours.yaml"))


@pytest.mark.parametrize("outbox", [SMTP, "SMTPS://mail.example.org"])
def test_smtp_names_everything_that_is_missing(outbox: str) -> None:
    said = " ".join(refusals(outbox=outbox))
    assert all(name in said for name in ("AGGREGATOR_FROM", "AGGREGATOR_BASE_URL", "AGGREGATOR_SECRET"))


@pytest.mark.parametrize("name", ["AGGREGATOR_FROM", "AGGREGATOR_BASE_URL", "AGGREGATOR_SECRET"])
def test_smtp_names_the_one_that_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_all(monkeypatch, COMPLETE)
    monkeypatch.setenv(name, "")
    assert refusals() == [f"{name} is not set, and an SMTP outbox needs it"]


def test_smtp_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, COMPLETE)
    assert Settings.load(outbox="SMTP://127.0.0.1:2525").outbox == "smtp://127.0.0.1:2525"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("FROM", "nobody", "not an e-mail address"),
        ("FROM", "A <a@b> c", "not an e-mail address"),
        ("FROM", "A\nBcc: x@y.org <a@example.org>", "line break"),
        ("FROM", "josé@example.org", "plain ASCII"),
        ("REPLY_TO", "x y", "not an e-mail address"),
        ("BASE_URL", "digest.example.org", "not a web address"),
        ("BASE_URL", "ftp://digest.example.org", "not a web address"),
        ("BASE_URL", "https://", "not a web address"),
        ("BASE_URL", "https://h:99999", "not a web address"),
        ("BASE_URL", "https://h/?a=1", "no '?'"),
        ("BASE_URL", "https://u:pw@h/", "password"),
        ("OUTBOX", "http://mail.example.org", "can't be handed to 'http://'"),
        ("OUTBOX", "smtp://", "host or port"),
        ("OUTBOX", "smtp://u:se/cret@h:25", "host or port"),
        ("ALLOW_PRIVATE", "127.0.0.1:8080", "'127.0.0.1:8080' is neither"),
        ("ALLOW_PRIVATE", "*.example.org", "neither"),
        ("ALLOW_PRIVATE", "10.0.0.0/99", "neither"),
        ("CONTACT", "büro", "plain ASCII"),
        ("TEMPLATES", "nowhere", "no such folder"),
    ],
)
def test_wrong_values(monkeypatch: pytest.MonkeyPatch, name: str, value: str, what: str) -> None:
    monkeypatch.setenv(f"AGGREGATOR_{name}", value)
    found = refusals()
    assert any(text.startswith(f"AGGREGATOR_{name}: ") and what in text for text in found), found


def test_every_wrong_value_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"AGGREGATOR_FROM": "x", "AGGREGATOR_BASE_URL": "y", "AGGREGATOR_OUTBOX": "z://"})
    assert len(refusals()) == 3


def test_dotenv_that_is_not_utf8() -> None:
    Path(".env").write_bytes("AGGREGATOR_FROM=é".encode("latin-1"))
    assert refusals() == ["the file is not UTF-8"]


def test_dotenv_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("AGGREGATOR_FROM=desk@library.example")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dotenv.dotenv_values", refuse)
    assert refusals() == ["the file can't be read: Permission denied"]
    assert environment({"A": "b"}) == {"A": "b"}


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**COMPLETE, "AGGREGATOR_DATABASE": "postgresql://u:pgpass@h/d"})
    shown = f"{Settings.load()!r} {Settings.load()} {Settings.load().secret}"
    assert not any(secret in shown for secret in ("pa55word", "pgpass", "new-one", "old-one"))
    monkeypatch.setenv("AGGREGATOR_OUTBOX", "smtp://ann:pa55/word@mail.example.org")
    assert "pa55" not in " ".join(refusals())
    monkeypatch.setenv("AGGREGATOR_OUTBOX", "smptp://ann:pa55word@mail.example.org")
    assert "pa55" not in " ".join(refusals())


def test_variables_of_feeds_yaml_may_be_in_dotenv() -> None:
    Path(".env").write_text("KEY=file\nOTHER=x${KEY}\n")
    assert environment({"KEY": "above"}) == {"KEY": "above", "OTHER": "x${KEY}"}
    assert environment({})["KEY"] == "file"


def test_slips_in_names_are_warned_about() -> None:
    found = unknown_settings(
        {"AGGREGATOR_OUTBX": "x", "AGGREGATOR_FEEDS": "y", "AGGREGATOR_FROM": "z", "PATH": "p"}
    )
    assert [(p.level, p.what, p.remedy) for p in found] == [
        ("warning", "AGGREGATOR_OUTBX is not a setting", "did you mean AGGREGATOR_OUTBOX?")
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a@b.org", ("", "a@b.org")),
        ("Ann <a@b.org>", ("Ann", "a@b.org")),
        ('"Library, Ours" <a@b.org>', ("Library, Ours", "a@b.org")),
        ("Università <a@localhost>", ("Università", "a@localhost")),
        ("<a@b.test>", ("", "a@b.test")),
    ],
)
def test_mailboxes(text: str, parts: tuple[str, str]) -> None:
    assert split_mailbox(text) == parts


@given(
    st.text(max_size=40),
    st.sampled_from(["sender_from", "base_url", "outbox", "allow_private", "contact", "reply_to"]),
)
def test_whatever_is_set_there_are_settings_or_plain_problems(value: str, name: str) -> None:
    assert all(problem.what and problem.remedy for problem in problems_of(**{name: value}))
