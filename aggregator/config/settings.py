"""Settings of one installation: from options, the environment and `.env`, in this order of precedence.

Read by every run, also those with nothing to do, so by means that cost nothing to import.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from aggregator.config import signing, values
from aggregator.config.values import SMTP, split_mailbox
from aggregator.errors import BadValue, ConfigError, Problem
from aggregator.model import Sender

PREFIX = "AGGREGATOR_"
# Variables of the prefix that are not settings.
# Read by others: the tests, and the SMTP relay where its password is not in the outbox address.
_NOT_SETTINGS = frozenset(
    {"AGGREGATOR_TEST_REQUIRE", "AGGREGATOR_TEST_POSTGRES", "AGGREGATOR_SMTP_USER", "AGGREGATOR_SMTP_PASSWORD"}
)


def _read_by(read: Callable[[Any], Any], meaning: str, name: str = "") -> Mapping[str, Any]:
    """What reads a setting that somebody says (it raises BadValue), what it means, and the name of its variable if
    that is not named as the field."""
    return {"read": read, "meaning": meaning, "name": name}


@dataclass(frozen=True)
class Settings:
    """How this installation runs. Made by `Settings.load`; what may hold a password stays out of its repr."""

    feeds: Path = field(
        default=Path("feeds.yaml"), metadata=_read_by(Path, "The catalogue of sources and topics.")
    )
    database: str = field(
        default="aggregator.db",
        repr=False,
        metadata=_read_by(values.no_control, "SQLite file or postgresql:// address."),
    )
    outbox: str = field(
        default="outbox",
        repr=False,
        metadata=_read_by(values.outbox, "Folder for .eml files, or smtp://, smtps://."),
    )
    sender_from: str = field(
        default="digest@example.org",
        metadata=_read_by(values.mailbox, "From of the letters: 'Name <a@b>'.", name="FROM"),
    )
    transactional_from: str = field(
        default="",
        metadata=_read_by(
            values.mailbox,
            "From of short letters that somebody waits for (confirmations, help), if not AGGREGATOR_FROM.",
        ),
    )
    base_url: str = field(
        default="https://digest.example.org",
        metadata=_read_by(values.base_url, "Public address of the pages behind the links in letters."),
    )
    secret: values.Secret = field(
        default=values.Secret(),
        metadata=_read_by(values.Secret, "Signs links; 'new,old' while it is being changed."),
    )
    contact: str = field(
        default="",
        metadata=_read_by(
            values.contact, "E-mail or web address in the User-Agent, for webmasters who want to reach you."
        ),
    )
    allow_private: tuple[str, ...] = field(
        default=(),
        metadata=_read_by(
            values.hosts, "Hosts or networks that may be fetched although private, separated by commas."
        ),
    )
    templates: Path | None = field(
        default=None, metadata=_read_by(values.templates, "Folder of your own templates.")
    )
    cpd_schemes: Path | None = field(
        default=None,
        metadata=_read_by(
            values.schemes, "Folder of your own rules of professional bodies (ID.toml), beside those that ship."
        ),
    )
    bounces: str = field(
        default="",
        metadata=_read_by(
            values.template,
            "Envelope sender of the letters, to which reports come back: 'b+TOKEN@bounce.example.org'.",
        ),
    )
    leave: str = field(
        default="",
        metadata=_read_by(values.template, "Where readers may leave by mail: 'leave+TOKEN@example.org'."),
    )
    mailbox: str = field(
        default="",
        repr=False,
        metadata=_read_by(
            values.no_control, "Where mail comes back to: Maildir, mbox, folder or imaps://user:password@host."
        ),
    )
    controller: str = field(
        default="",
        metadata=_read_by(
            values.no_control, "Who answers for the readers' data, for the privacy notice: 'Name; street; town'."
        ),
    )
    imprint: str = field(
        default="", metadata=_read_by(values.no_control, "Further lines of the imprint, separated by ';'.")
    )
    reply_to: str = field(default="", metadata=_read_by(values.mailbox, "Where answers of readers go."))
    dkim_key: Path | None = field(
        default=None, metadata=_read_by(Path, "File of the RSA key (PEM) that signs letters (DKIM).")
    )
    dkim_selector: str = field(
        default="", metadata=_read_by(signing.selector, "The key's name in the DNS: SELECTOR._domainkey.DOMAIN.")
    )
    dkim_domain: str = field(
        default="",
        metadata=_read_by(
            signing.domain, "Domain that signs: that of AGGREGATOR_FROM (if not set), or one above it."
        ),
    )
    name_server: str = field(
        default="",
        metadata=_read_by(
            signing.name_server,
            "Address of the name server that `doctor` asks, where this machine's own won't do.",
        ),
    )
    given: frozenset[str] = field(default=frozenset(), repr=False)  # the settings that somebody has said

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings, where `overrides` (by field name; None means "not said") win over environment and `.env`.

        Raises ConfigError naming every wrong value and, with an SMTP outbox, every setting that is then missing.
        """
        said = {name: value for name, value in overrides.items() if value is not None}
        said = {**_from_variables(os.environ, _dotenv(interpolate=True)), **said}
        found, problems = dict[str, Any](), []
        for name, variable, read in _readers():
            if name in said:
                try:
                    found[name] = read(said[name])
                except BadValue as bad:
                    problems.append(Problem("settings", None, f"{variable}: {bad.what}", bad.remedy))
        if problems:
            raise ConfigError(problems)
        settings = cls(**found, given=frozenset(found))
        if problems := settings._missing() + signing.contradictions(settings):
            raise ConfigError(problems)
        return settings

    @property
    def by_smtp(self) -> bool:
        """Whether letters leave this machine."""
        return self.outbox.startswith(SMTP)

    @property
    def sender(self) -> Sender:
        """Who the letters come from."""
        name, address = split_mailbox(self.sender_from)
        return Sender(address=address, name=name, base_url=self.base_url, reply_to=self.reply_to)

    @property
    def transactional(self) -> Sender:
        """Who short letters come from: receivers judge an address by its mail, and want the digest's apart."""
        name, address = split_mailbox(self.transactional_from or self.sender_from)
        return Sender(address=address, name=name, base_url=self.base_url, reply_to=self.reply_to)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that links are verified with; the first one signs. Empty: one is kept in the database."""
        return tuple(part.strip() for part in self.secret.text.split(",") if part.strip())

    @property
    def bounce_domain(self) -> str:
        """The domain that letters come back to when they can't be delivered."""
        return (self.bounces or self.sender.address).rpartition("@")[2]

    @property
    def signing_domain(self) -> str:
        """The domain that DKIM signatures name."""
        return self.dkim_domain or self.sender.address.rpartition("@")[2]

    def _missing(self) -> list[Problem]:
        """What real letters need and nobody said: invented values would reach readers as dead links."""
        if not self.by_smtp:
            return []
        needed = {
            "sender_from": (
                "AGGREGATOR_FROM",
                "set it to the address letters come from: 'Name <digest@your.library>'",
            ),
            "base_url": ("AGGREGATOR_BASE_URL", "set it to the public address of 'aggregator serve': https://…"),
            "secret": ("AGGREGATOR_SECRET", "set it to a long random text: openssl rand -hex 32"),
        }
        absent = [name for name in needed if name not in self.given or (name == "secret" and not self.secrets)]
        return [
            Problem(
                "settings", None, f"{needed[name][0]} is not set, and an SMTP outbox needs it", needed[name][1]
            )
            for name in absent
        ]


def described() -> Iterable[tuple[str, Any, str]]:
    """(variable, default, meaning) of each setting, in order."""
    for one in fields(Settings):
        if one.metadata:
            yield _variable(one.name, one.metadata["name"]), one.default, one.metadata["meaning"]


def _readers() -> Iterable[tuple[str, str, Callable[[Any], Any]]]:
    for one in fields(Settings):
        if one.metadata:
            yield one.name, _variable(one.name, one.metadata["name"]), one.metadata["read"]


def _variable(name: str, own: str) -> str:
    return PREFIX + (own or name.upper())


def _from_variables(*sets: Mapping[str, str]) -> dict[str, str]:
    """What the first of these sets of variables says that says something, by the name of the setting. Whether a
    name is written large or small makes no difference."""
    said = dict[str, str]()
    for variables in reversed(sets):
        upper = {name.upper(): value for name, value in variables.items() if value}
        said |= {name: upper[variable] for name, variable, _ in _readers() if variable in upper}
    return said


def _dotenv(*, interpolate: bool) -> dict[str, str]:
    """What `.env` of the current directory says; nothing where there is none. Raises ConfigError."""
    if not Path(".env").exists():
        return {}
    from dotenv import dotenv_values  # costly to import, seldom needed

    try:
        found = dotenv_values(".env", interpolate=interpolate, encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError([Problem(".env", None, "the file is not UTF-8", "save it as UTF-8")]) from None
    except OSError as error:
        what = f"the file can't be read: {error.strerror}"
        raise ConfigError(
            [Problem(".env", None, what, "let the user of this run read it, or remove it")]
        ) from None
    return {name: value for name, value in found.items() if value is not None}


def environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment, with `.env` of the current directory below it: what `${NAME}` in feeds.yaml may name."""
    above = os.environ if environ is None else environ
    try:
        below = _dotenv(interpolate=False)
    except ConfigError:
        below = {}
    return {**below, **above}


def unknown_settings(environ: Mapping[str, str]) -> list[Problem]:
    """A warning for each AGGREGATOR_ variable that no setting reads: most often a slip of the pen."""
    known = {variable for variable, _, _ in described()}
    return [
        Problem("settings", None, f"{name} is not a setting", _nearest(name.upper(), known), "warning")
        for name in sorted(environ)
        if name.upper().startswith(PREFIX) and name.upper() not in known | _NOT_SETTINGS
    ]


def _nearest(name: str, known: set[str]) -> str:
    from difflib import get_close_matches  # costly to import, seldom needed

    near = get_close_matches(name, sorted(known), 1)
    return f"did you mean {near[0]}?" if near else f"settings: {', '.join(sorted(known))}"
