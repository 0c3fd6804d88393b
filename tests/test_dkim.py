"""DKIM: what we sign, dkimpy verifies, and nothing signed can be changed or added."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from drafts import draft
from hypothesis import given
from hypothesis import strategies as st
from smtpserver import ScriptedRelay, a_letter

from aggregator.compose import Composer, preflight
from aggregator.config import Settings
from aggregator.deliver import outbox
from aggregator.deliver.dkim import SIGNED, DkimKey, bits, public_key, signer
from aggregator.errors import ConfigError

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, lock: Any = None) -> bytes:
    made: bytes = key.private_bytes(Encoding.PEM, form, lock or NoEncryption())
    return made


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    return DkimKey(written(tmp_path_factory.mktemp("dkim"), pem(RSA)), "digest2026", "example.org")


def written(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "dkim.pem"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def verifies(letter: bytes, key: DkimKey) -> bool:
    asked = []

    def txt(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name.decode().rstrip("."))
        return f"v=DKIM1; k=rsa; p={public_key(key.path)}".encode()

    valid: bool = dkim.verify(letter, dnsfunc=txt)
    assert set(asked) <= {key.record}
    return valid


def test_a_composed_letter_is_signed_and_fit_to_leave(key: DkimKey) -> None:
    composed = Composer(sign=signer(key)).write(draft())
    content = composed.letter.content
    assert verifies(content, key)
    assert preflight(composed.letter, composed.draft) == []
    head = content.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.partition(b"\r\nFrom:")[0].split(b"\r\n"))) <= 78
    tags = dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s", "", head.decode().partition("\r\nFrom:")[0])))
    assert (tags["a"], tags["c"], tags["d"], tags["s"]) == (
        "rsa-sha256", "relaxed/relaxed", "example.org", "digest2026",
    )  # fmt: skip
    assert "l" not in tags
    assert set(SIGNED) <= set(tags["h"].split(":"))


def test_equal_letters_are_signed_alike(key: DkimKey) -> None:
    assert signer(key)(a_letter().content) == signer(key)(a_letter().content)


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe",
                                  "List-Unsubscribe-Post", "Content-Type", "Feedback-ID", "Auto-Submitted"])  # fmt: skip
def test_a_signed_field_can_be_neither_changed_nor_added(key: DkimKey, name: str) -> None:
    content = Composer(sign=signer(key)).write(draft()).letter.content
    field = re.search(rb"(?im)^%b: " % name.encode(), content)
    assert field
    assert not verifies(content[: field.end()] + b"x" + content[field.end() :], key)
    assert not verifies(name.encode() + b": x@example.org\r\n" + content, key)


@pytest.mark.parametrize("field", [b"Reply-To: x@example.org\r\n"])
def test_a_field_that_was_not_there_cannot_be_added(key: DkimKey, field: bytes) -> None:
    signed = signer(key)(a_letter().content)
    assert verifies(signed, key)
    assert not verifies(field + signed, key)
    assert verifies(b"Received: from here by there; Fri, 27 Nov 2026 08:00:00 +0000\r\n" + signed, key)


def test_the_body_cannot_be_changed_nor_lengthened(key: DkimKey) -> None:
    signed = signer(key)(a_letter().content)
    assert not verifies(signed.replace(b"Good morning", b"Good evening"), key)
    assert not verifies(signed + b"Buy this.\r\n", key)


def test_a_signature_survives_dots_and_pipelining(key: DkimKey) -> None:
    letters = [a_letter(n, content=signer(key)(a_letter(n).content)) for n in range(3)]
    with (
        ScriptedRelay(features=("PIPELINING", "SIZE 100000")) as server,
        outbox(f"smtp://127.0.0.1:{server.port}", environ={}).open() as channel,
    ):
        for letter in letters:
            channel.send(letter)
    assert [content for _, _, content in server.letters] == [letter.content for letter in letters]
    assert all(verifies(content, key) for _, _, content in server.letters)


@given(
    st.lists(st.sampled_from([b".", b" ", b"\t", b"a", b"\r\n", b"\r\n\r\n", b"=20", b" \r\n"]), max_size=20),
    st.sampled_from([b"Subject: a  b\r\n\tc ", b"subject:x", b"Subject:", b"SUBJECT:\t y"]),
)
def test_whatever_the_blanks_the_reference_agrees(key: DkimKey, body: list[bytes], subject: bytes) -> None:
    """A letter ends with a line break: it could not leave without one."""
    content = b"From: a@example.org\r\n" + subject + b"\r\n\r\n" + b"".join(body) + b"\r\n"
    assert verifies(signer(key)(content), key)


# ------------------------------------------------------------------------------------------------------- keys
def test_both_pem_forms_are_read(tmp_path: Path) -> None:
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        path = written(tmp_path, pem(RSA, form))
        assert bits(path) == 2048
        assert verifies(
            signer(DkimKey(path, "s", "example.org"))(a_letter().content), DkimKey(path, "s", "example.org")
        )


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        (None, 0o600, "can't be read"),
        (pem(RSA), 0o644, "chmod 600"),
        (pem(RSA), 0o660, "changed by others"),
        (b"nothing of the kind", 0o600, "PEM"),
        (b"", 0o600, "openssl genrsa"),
        (pem(RSA, lock=BestAvailableEncryption(b"secret")), 0o600, "passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), 0o600, "not RSA"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_used_is_explained(
    tmp_path: Path, content: bytes | None, mode: int, told: str
) -> None:
    path = tmp_path / "missing.pem" if content is None else written(tmp_path, content, mode)
    with pytest.raises(ConfigError, match=told) as caught:
        signer(DkimKey(path, "s", "example.org"))
    assert all(problem.remedy for problem in caught.value.problems)


def test_its_group_may_read_the_key(tmp_path: Path) -> None:
    assert bits(written(tmp_path, pem(RSA), 0o640)) == 2048


def test_without_the_extra_the_remedy_is_said(key: DkimKey, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("cryptography"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(ConfigError, match=r"aggregator\[dkim\]"):
        signer(key)


# --------------------------------------------------------------------------------------------------- settings
def test_the_domain_that_signs_is_froms_own_or_one_above() -> None:
    said = {"dkim_key": "k.pem", "dkim_selector": "s", "sender_from": "a@news.library.example"}
    assert Settings.load(**said).signing_domain == "news.library.example"
    assert Settings.load(**said, dkim_domain="Library.example.").signing_domain == "library.example"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dkim_selector": None}, "SELECTOR is not"),
        ({"dkim_key": None}, "DKIM_KEY is not"),
        ({"dkim_domain": "other.example"}, "letters come from"),
        ({"dkim_domain": "rary.example"}, "letters come from"),
        ({"dkim_domain": "example"}, "not a domain"),
        ({"dkim_selector": "a b"}, "not a name"),
        ({"dkim_selector": "s;d=x"}, "not a name"),
    ],
)
def test_settings_that_do_not_fit_are_named(changed: dict[str, str | None], told: str) -> None:
    said = {"dkim_key": "k.pem", "dkim_selector": "s", "sender_from": "a@library.example"} | changed
    with pytest.raises(ConfigError, match=told):
        Settings.load(**said)
