"""The SMTP outbox against relays that misbehave in every way seen in the field."""

from __future__ import annotations

import base64
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtpserver import (
    DROP,
    HANG,
    ScriptedRelay,
    StumblingRelay,
    a_letter,
    make_certificate,
    make_expired_certificate,
)

from aggregator.deliver import CeilingReached, outbox
from aggregator.deliver import envelope as wrapping
from aggregator.deliver.ceiling import Ceiling
from aggregator.deliver.envelope import discreet, envelope, mailbox
from aggregator.deliver.relay import relay
from aggregator.deliver.session import open_session
from aggregator.deliver.smtp import SmtpOutbox
from aggregator.errors import ConfigError, Exit, OutboxDown, Refused
from aggregator.model import Letter

LETTER = a_letter()
ADDRESS = LETTER.recipient


def send(server: ScriptedRelay, *letters: Letter, options: str = "timeout=5", login: str = "") -> list[Any]:
    """Receipts, or (reason, permanent, ambiguous) of a refusal, of letters sent over one channel."""
    results: list[Any] = []
    with outbox(f"smtp://{login}127.0.0.1:{server.port}?{options}", environ={}).open() as channel:
        for letter in letters or (LETTER,):
            try:
                results.append(channel.send(letter))
            except Refused as refused:
                results.append((refused.reason, refused.permanent, refused.ambiguous))
    return results


def refusal(server: ScriptedRelay, letter: Letter = LETTER, options: str = "timeout=5") -> Refused:
    with outbox(f"smtp://127.0.0.1:{server.port}?{options}", environ={}).open() as channel:
        with pytest.raises(Refused) as caught:
            channel.send(letter)
        # whatever happened, the next letter goes
        channel.send(a_letter(2))
    assert ADDRESS not in str(caught.value)
    return caught.value


# ------------------------------------------------------------------------------------------ letters that go out
def test_the_dialogue_is_that_of_rfc_5321_and_the_bytes_are_the_letters() -> None:
    with ScriptedRelay() as server:
        (receipt,) = send(server)
    assert receipt == "250 2.0.0 ok: queued as 4XyZ"
    assert server.letters == [(LETTER.sender, ADDRESS, LETTER.content)]
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert server.lines[1] == f"MAIL FROM:<{LETTER.sender}> SIZE={len(LETTER.content)}"


def test_nothing_is_used_that_was_not_offered() -> None:
    with ScriptedRelay(features=()) as server:
        send(server)
    assert server.lines[1] == f"MAIL FROM:<{LETTER.sender}>"


def test_one_connection_carries_many_letters() -> None:
    with ScriptedRelay() as server:
        send(server, *(a_letter(n) for n in range(20)))
    assert (server.connections, len(server.letters), server.verbs().count("EHLO")) == (1, 20, 1)


def test_a_connection_is_made_anew_after_its_share() -> None:
    with ScriptedRelay() as server:
        send(server, *(a_letter(n) for n in range(10)), options="per_connection=4")
    assert (server.connections, len(server.letters), server.verbs().count("QUIT")) == (3, 10, 3)


@pytest.mark.parametrize("script", [{}, {"MAIL": ["250 ok", "250 ok", "452 4.4.5 too many messages"]}])
def test_a_relay_that_takes_only_so_many_on_a_connection_gets_another(script: dict[str, list[str]]) -> None:
    with ScriptedRelay(script, per_connection=0 if script else 2) as server:
        receipts = send(server, *(a_letter(n) for n in range(5)))
    assert all(receipt.startswith("250") for receipt in receipts)
    assert [letter[2] for letter in server.letters] == [a_letter(n).content for n in range(5)]
    assert server.connections > 1


def test_pipelining_where_it_is_offered() -> None:
    with ScriptedRelay({"RCPT": ["250 ok", "550 no such user"]}, features=("PIPELINING",)) as server:
        results = send(server, *(a_letter(n) for n in range(3)))
    assert [isinstance(result, str) for result in results] == [True, False, True]
    # the one nobody wanted went out as an empty letter, for a relay that asked for it all the same
    assert [content for _, _, content in server.letters] == [a_letter(0).content, b"", a_letter(2).content]


def test_a_server_that_stumbles_over_its_own_pipelining_is_asked_step_by_step() -> None:
    with StumblingRelay(features=("PIPELINING",)) as server:
        results = send(server, *(a_letter(n) for n in range(4)))
    assert all(result.startswith("250") for result in results)
    assert (server.connections, len(server.letters)) == (2, 4)


def test_replies_of_many_lines_and_old_servers_without_ehlo() -> None:
    script = {
        "CONNECT": ["220-one\n220-two\n220 three"],
        "EHLO": ["502 what?"],
        "END": ["250-2.0.0 taken\n250 by me"],
    }
    with ScriptedRelay(script) as server:
        assert send(server) == ["250 2.0.0 taken by me"]
    assert server.verbs()[:2] == ["EHLO", "HELO"]


@pytest.mark.parametrize(
    "content", [b"a: b\n\n.\n.\nQUIT\n", b"a: b\r\n\r\n.\r\nMAIL FROM:<x>\r\n", b"a: b\r\n\r\n.\rx\r.\r"]
)
def test_no_letter_can_smuggle_in_a_command(content: bytes) -> None:
    with ScriptedRelay() as server:
        send(server, a_letter(content=content), a_letter(2))
    assert len(server.letters) == 2
    assert (
        server.letters[0][2].count(b"\n")
        == server.letters[0][2].count(b"\r\n")
        == server.letters[0][2].count(b"\r")
    )
    assert server.verbs().count("MAIL") == 2


PIECES = st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\n", b"\r", b".\r\n", b" "]), max_size=30)


@given(PIECES.map(b"".join))
def test_what_goes_as_it_stands_is_what_the_plain_way_makes(content: bytes) -> None:
    plain = wrapping._stuffed(wrapping._lines(content))
    assert wrapping._may_go_as_it_stands(content) == (plain == content)
    assert envelope(a_letter(content=content)).data == plain + b".\r\n"


@given(PIECES.map(b"".join))
def test_stuffed_data_ends_once_and_reads_back_as_the_letter(content: bytes) -> None:
    data = envelope(a_letter(content=content)).data
    assert (b"\r\n" + data).find(b"\r\n.\r\n") == len(data) - 3
    lines = data[:-3].split(b"\r\n")[:-1]
    back = [line.removeprefix(b".") for line in lines]
    assert back == content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")


# ---------------------------------------------------------------------------------------- letters that are refused
@pytest.mark.parametrize(
    ("script", "permanent"),
    [
        ({"RCPT": ["450 4.2.0 greylisted, try again"]}, False),
        ({"RCPT": ["451 4.3.0 trouble"]}, False),
        ({"MAIL": ["452 4.3.1 disk full"]}, False),
        ({"RCPT": ["452 4.2.2 mailbox full"]}, False),
        ({"END": ["452 4.3.1 disk full"]}, False),
        ({"END": ["451 4.7.0 later"]}, False),
        ({"DATA": ["451 4.3.0 later"]}, False),
        ({"RCPT": [f"550 5.1.1 <{ADDRESS}>: no such user"]}, True),
        ({"MAIL": ["550 5.1.8 sender unknown"]}, True),
        ({"DATA": ["554 5.5.1 no valid recipients"]}, True),
        ({"END": ["552 5.3.4 too big"]}, True),
        ({"END": ["554-5.7.1 This looks\n554 5.7.1 like spam"]}, True),
        ({"BODY": ["552 5.3.4 too big, not listening any more"]}, True),
    ],
)
def test_a_refusal_is_the_letters_own_and_the_next_one_goes(script: dict[str, list[str]], permanent: bool) -> None:
    with ScriptedRelay(script) as server:
        refused = refusal(server)
    assert (refused.permanent, refused.ambiguous) == (permanent, False)
    assert len(server.letters) == 1
    assert server.verbs().count("RCPT") <= 2  # nothing is tried again after a no


def test_a_refusal_names_the_reply_and_not_the_recipient() -> None:
    said = f"550 5.1.1 <{ADDRESS.upper()}>: ada.lovelace unknown, ask postmaster@relay.example"
    with ScriptedRelay({"RCPT": [said]}) as server:
        refused = refusal(server)
    assert refused.reason == "550 5.1.1 <recipient>: <recipient> unknown, ask <address> (to RCPT)"


def test_after_a_refusal_the_session_goes_on() -> None:
    with ScriptedRelay({"RCPT": ["550 no"] * 5}) as server:
        results = send(server, *(a_letter(n) for n in range(6)))
    assert server.connections == 1
    assert server.verbs().count("RSET") == 5
    assert results[5].startswith("250")


def test_a_letter_larger_than_the_relay_takes_is_not_even_begun() -> None:
    with ScriptedRelay(features=("SIZE 100",)) as server:
        ((reason, permanent, _),) = send(server)
    assert "takes 100" in reason
    assert permanent
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize("features", [("SIZE",), ("SIZE 0",), ("SIZE many",)])
def test_a_size_without_a_limit_is_no_limit(features: tuple[str, ...]) -> None:
    with ScriptedRelay(features=features) as server:
        assert send(server)[0].startswith("250")


def test_utf8_addresses_only_where_they_are_offered() -> None:
    letter = a_letter(recipient="zoë@bücher.example")
    with ScriptedRelay() as server:
        assert refusal(server, letter).permanent
    with ScriptedRelay(features=("SMTPUTF8", "8BITMIME")) as server:
        send(server, letter)
    assert server.lines[1].endswith(" SMTPUTF8")
    assert server.letters[0][1] == "zoë@xn--bcher-kva.example"


def test_a_domain_alone_goes_as_punycode_and_needs_nothing() -> None:
    with ScriptedRelay() as server:
        send(server, a_letter(recipient="zoe@bücher.example"))
    assert server.letters[0][1] == "zoe@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "@x.org", "a@", "a@b@c", "a b@x.org", "a@x.org>\r\nDATA", "<a@x.org>", "a@x..org", "a\ud800@x.org",
     ".a@x.org", "a@x.org\n", '"a\r"@x.org'],
)  # fmt: skip
def test_what_is_no_address_never_reaches_the_wire(address: str) -> None:
    assert mailbox(address) == ""
    with pytest.raises(Refused) as caught:
        envelope(a_letter(recipient=address))
    assert caught.value.permanent
    with pytest.raises(OutboxDown, match="AGGREGATOR_FROM"):
        envelope(a_letter(sender=address))


@pytest.mark.parametrize(
    "address", ["o'hara+x=y@x.org", '"a b"@x.org', "a@[192.0.2.1]", "a@localhost", "a@x-y.z.org"]
)
def test_odd_addresses_that_are_addresses(address: str) -> None:
    assert mailbox(address) == address


@pytest.mark.parametrize("content", ["é".encode(), b"a\0b"])
def test_letters_are_7_bit(content: bytes) -> None:
    with pytest.raises(Refused, match="7-bit"):
        envelope(a_letter(content=content))


# ----------------------------------------------------------------------------------------- connections that end
@pytest.mark.parametrize(
    "script",
    [
        {"MAIL": [DROP]}, {"RCPT": [DROP]}, {"DATA": [DROP]},
        {"MAIL": ["421 4.3.2 going down"]}, {"RCPT": ["421 4.7.0 slow down"]}, {"DATA": ["421 bye"]},
        {"END": ["421 4.3.0 not taken"]}, {"MAIL": ["hello, who is there?"]}, {"RCPT": ["999 what"]},
        {"DATA": ["250 I don't get it"]}, {"RCPT": ["354 eh"]},
    ],
)  # fmt: skip
def test_a_connection_lost_before_the_letter_was_whole_is_made_anew(script: dict[str, list[str]]) -> None:
    with ScriptedRelay(script) as server:
        assert send(server) == ["250 2.0.0 ok: queued as 4XyZ"]
    assert (server.connections, len(server.letters)) == (2, 1)


def test_lost_twice_the_letter_waits_and_the_next_one_goes() -> None:
    with ScriptedRelay({"RCPT": [DROP, "421 again"]}) as server:
        refused = refusal(server)
    assert (refused.permanent, refused.ambiguous) == (False, False)
    assert "421 again" in refused.reason


@pytest.mark.parametrize("end", [DROP, HANG, "what?", "354 more?", "250-never\n250-ending"])
def test_no_answer_after_the_whole_letter_is_ambiguous_and_not_tried_again(end: str) -> None:
    with ScriptedRelay({"END": [end]}) as server:
        refused = refusal(server, options="timeout=0.2&final_timeout=0.5")
    assert refused.ambiguous
    assert not refused.permanent
    assert server.unanswered == [LETTER.content]
    assert [content for _, _, content in server.letters] == [a_letter(2).content]


def test_a_relay_that_says_nothing_is_given_up_in_time() -> None:
    with ScriptedRelay({"RCPT": [HANG, HANG]}) as server:
        assert "no answer in time" in refusal(server, options="timeout=0.2").reason


def test_a_relay_that_loses_every_letter_is_down() -> None:
    with (
        ScriptedRelay({"RCPT": [DROP] * 20}) as server,
        outbox(f"smtp://127.0.0.1:{server.port}").open() as channel,
    ):
        for number in range(3):
            with pytest.raises(Refused):
                channel.send(a_letter(number))
        with pytest.raises(OutboxDown, match="3 letters in a row"):
            channel.send(a_letter(4))
    assert server.connections == 6


def test_what_the_relay_sends_without_end_is_not_kept() -> None:
    with ScriptedRelay({"RCPT": ["x" * 100_000, "\n".join(["250-" + "on " * 300] * 1200)]}) as server:
        assert "no end" in refusal(server).reason


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_relay_that_wants_a_login_is_the_operators(stage: str) -> None:
    with ScriptedRelay({stage: ["530 5.7.0 Authentication required"]}) as server, pytest.raises(OutboxDown):
        send(server)


@pytest.mark.parametrize(
    "script",
    [
        {"CONNECT": ["421 4.7.0 too many connections"]}, {"CONNECT": ["554 5.7.1 not you"]}, {"CONNECT": [DROP]},
        {"CONNECT": [HANG]}, {"CONNECT": ["HTTP/1.1 400 Bad Request"]},
        {"EHLO": ["550 5.7.1 no"], "HELO": ["550 5.7.1 no"]}, {"EHLO": ["421 no"]}, {"EHLO": [DROP]}, {"EHLO": ["500 what"], "HELO": ["501 what"]},
    ],
)  # fmt: skip
def test_trouble_before_the_first_letter_is_the_operators(script: dict[str, list[str]]) -> None:
    with ScriptedRelay(script) as server, pytest.raises(OutboxDown, match=rf"127.0.0.1:{server.port} .* → "):
        send(server, options="timeout=0.3")


def test_a_relay_that_goes_away_between_letters() -> None:
    script = {"MAIL": ["250 ok", DROP], "CONNECT": ["220 hi", "421 closed"]}
    with ScriptedRelay(script) as server, outbox(f"smtp://127.0.0.1:{server.port}").open() as channel:
        channel.send(LETTER)
        with pytest.raises(OutboxDown, match="421 closed"):
            channel.send(a_letter(2))


def test_a_connection_that_breaks_in_the_middle_of_a_letter() -> None:
    """More than the kernel's buffers hold, so that the final dot can't have gone out."""
    letter = a_letter(content=b"Subject: long\r\n\r\n" + (b"x" * 70 + b"\r\n") * 300_000)
    with ScriptedRelay({"BODY": [DROP]}, features=()) as server:
        assert send(server, letter)[0].startswith("250")
    assert [len(content) for _, _, content in server.letters] == [len(letter.content)]


# ---------------------------------------------------------------------------------------------- TLS and the login
@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, needs: Callable[[str, bool, str], None]) -> Path:
    needs("openssl", shutil.which("openssl") is not None, "no openssl to make a certificate with")
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_starttls_is_used_when_offered_and_asks_again_what_is_offered(certificate: Path) -> None:
    tls = ScriptedRelay(features=("STARTTLS", "SIZE 1"), features_in_tls=("8BITMIME",), certificate=certificate)
    with tls as server:
        assert send(server, options=f"ca={certificate}")[0].startswith("250")
    assert server.verbs() == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:
    tls = ScriptedRelay(features=("STARTTLS",), certificate=certificate)
    with tls as server, pytest.raises(OutboxDown, match="certificate"):
        send(server)
    assert server.verbs() == ["EHLO", "STARTTLS"]


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, certificate: Path) -> None:
    other = make_certificate(tmp_path, "elsewhere.example")
    with ScriptedRelay(features=("STARTTLS",), certificate=other) as server:
        address = f"smtp://localhost:{server.port}?ca={other}"
        with pytest.raises(OutboxDown, match="certificate"), outbox(address).open():
            pytest.fail("it opened")


@pytest.mark.parametrize("address", ["smtp://127.0.0.1:{}?ca={}", "smtps://127.0.0.1:{}?ca={}"])
def test_a_certificate_that_has_expired_is_refused(tmp_path: Path, address: str) -> None:
    old = make_expired_certificate(tmp_path)
    tls = ScriptedRelay(features=("STARTTLS",), certificate=old, implicit_tls=address.startswith("smtps"))
    refused = pytest.raises(OutboxDown, match="expired → the certificate must be valid")
    with tls as server, refused, outbox(address.format(server.port, old)).open():
        pytest.fail("it opened")
    assert "AUTH" not in server.verbs()


def test_implicit_tls(certificate: Path) -> None:
    with (
        ScriptedRelay(certificate=certificate, implicit_tls=True) as server,
        outbox(f"smtps://127.0.0.1:{server.port}?ca={certificate}").open() as channel,
    ):
        channel.send(LETTER)
    assert len(server.letters) == 1


def test_implicit_tls_to_a_relay_that_speaks_plainly() -> None:
    with (
        ScriptedRelay() as server,
        pytest.raises(OutboxDown, match=r"TLS.*→"),
        outbox(f"smtps://127.0.0.1:{server.port}?timeout=1").open(),
    ):
        pytest.fail("it opened")


def test_none_in_plain_when_tls_is_required() -> None:
    with ScriptedRelay() as server, pytest.raises(OutboxDown, match="STARTTLS"):
        send(server, options="starttls=required")
    assert server.verbs() == ["EHLO"]


def test_starttls_refused_is_the_operators(certificate: Path) -> None:
    tls = ScriptedRelay({"STARTTLS": ["454 not now"]}, features=("STARTTLS",), certificate=certificate)
    with tls as server, pytest.raises(OutboxDown, match="454 not now"):
        send(server)


def test_what_was_slipped_in_before_tls_is_not_believed(certificate: Path) -> None:
    script = {"STARTTLS": ["220 go on\n250 injected"]}
    tls = ScriptedRelay(script, features=("STARTTLS",), certificate=certificate)
    with tls as server, pytest.raises(OutboxDown, match="before its turn"):
        send(server, options=f"ca={certificate}")


@pytest.mark.parametrize("mechanisms", ["AUTH PLAIN LOGIN", "AUTH=PLAIN", "AUTH CRAM-MD5 LOGIN"])
def test_the_login_goes_through_tls_only(certificate: Path, mechanisms: str) -> None:
    tls = ScriptedRelay(features=("STARTTLS",), features_in_tls=(mechanisms,), certificate=certificate)
    with tls as server:
        send(server, options=f"ca={certificate}", login="ada:p%40ss%2Fw%C3%B6rd@")
    login = server.lines[3 : server.verbs().index("MAIL")]
    secrets = [base64.b64decode(line.split()[-1]) for line in login if line != "AUTH LOGIN"]
    password = "p@ss/wörd".encode()
    assert secrets == ([b"ada", password] if login[0] == "AUTH LOGIN" else [b"\0ada\0" + password])
    assert server.verbs()[:3] == ["EHLO", "STARTTLS", "EHLO"]


@pytest.mark.parametrize("options", ["timeout=5", "starttls=auto"])
def test_no_login_before_tls(options: str) -> None:
    with ScriptedRelay(features=("AUTH PLAIN",)) as server, pytest.raises(OutboxDown, match="STARTTLS"):
        send(server, options=options, login="ada:secret@")
    assert server.verbs() == ["EHLO"]


def test_on_this_machine_the_login_may_go_in_plain_when_asked_for() -> None:
    with ScriptedRelay(features=("AUTH PLAIN",)) as server:
        assert send(server, options="starttls=none", login="ada:secret@")[0].startswith("250")


@pytest.mark.parametrize("features", [("AUTH PLAIN",), ("AUTH LOGIN",), ("AUTH GSSAPI",), ()])
def test_a_login_that_fails_is_the_operators_and_tells_no_secret(features: tuple[str, ...]) -> None:
    said = "535 5.7.8 wrong: hunter2secret AGFkYQBodW50ZXIyc2VjcmV0"
    with ScriptedRelay({"AUTH": [said]}, features=features) as server, pytest.raises(OutboxDown) as caught:
        send(server, options="starttls=none", login="ada:hunter2secret@")
    assert "hunter2" not in str(caught.value)
    assert "AGFk" not in str(caught.value)


def test_name_and_password_from_the_environment() -> None:
    environ = {"AGGREGATOR_SMTP_USER": "ada", "AGGREGATOR_SMTP_PASSWORD": "pw"}
    with ScriptedRelay(features=("AUTH PLAIN",)) as server:
        box = outbox(f"smtp://127.0.0.1:{server.port}?starttls=none", environ=environ)
        with box.open() as channel:
            channel.send(LETTER)
    assert base64.b64decode(server.lines[1].split()[2]) == b"\0ada\0pw"


# ----------------------------------------------------------------------------------------------- how it introduces
def test_it_greets_with_a_name_that_is_one() -> None:
    with ScriptedRelay() as server:
        where = relay(f"smtp://127.0.0.1:{server.port}", {})
        for name, said in (("", "[127.0.0.1]"), ("mx.example.org", "mx.example.org")):
            open_session(where, lambda: pytest.fail("no TLS here"), name).quit()
            assert server.lines[-2] == f"EHLO {said}"
        with outbox(f"smtp://127.0.0.1:{server.port}?ehlo=own.example.org", host="other.example").open():
            pass
    assert server.lines[-2] == "EHLO own.example.org"


# --------------------------------------------------------------------------------------------------- the address
def test_the_address_of_a_relay() -> None:
    found = relay("smtps://ada:p%40ss@mail.example.org?connections=2&per_minute=60&per_run=500&timeout=9.5", {})
    assert (found.host, found.port, found.tls, found.user, found.password) == (
        "mail.example.org", 465, True, "ada", "p@ss",
    )  # fmt: skip
    assert (found.connections, found.per_minute, found.per_run, found.timeout) == (2, 60, 500, 9.5)


@pytest.mark.parametrize(
    ("address", "port", "starttls"),
    [
        ("smtp://mail.example.org", 25, "auto"),
        ("smtp://a:b@mail.example.org", 587, "required"),
        ("smtp://a:b@mail.example.org:2525?starttls=auto", 2525, "auto"),
        ("SMTP://[::1]:25?starttls=none", 25, "none"),
    ],
)
def test_what_goes_without_saying(address: str, port: int, starttls: str) -> None:
    found = relay(address, {})
    assert (found.port, found.starttls) == (port, starttls)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("smtp://", "no host"),
        ("smtp://:25", "no host"),
        ("smtp://host:99999", "can't be read"),
        ("smtp://ada:se/cret@host", "can't be read"),
        ("smtp://ada:secret@host:25/path", "%2F"),
        ("smtp://ada@host", "password"),
        ("smtp://:secret@host", "user name"),
        ("smtp://ada:secret@host?starttls=none", "clear"),
        ("smtp://host?conections=4", "did you mean connections"),
        ("smtp://host?connections=0", "1 to 50"),
        ("smtp://host?timeout=soon", "seconds"),
        ("smtp://host?starttls=maybe", "required, auto or none"),
        ("smtp://host?ehlo=a%0d%0aQUIT", "full name"),
        ("ftp://host", "smtp://"),
        ("", "name a folder"),
    ],
)
def test_mistakes_in_the_address_are_named_with_a_remedy(address: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        outbox(address, environ={})
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "se/cret" not in str(caught.value)
    assert all(problem.remedy for problem in caught.value.problems)


def test_every_mistake_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        relay("smtp://ada@/x?connections=x&timeout=0&what=1", {})
    assert len(caught.value.problems) == 6


def test_no_secret_in_any_repr() -> None:
    found = relay("smtp://ada:hunter2@mail.example.org", {})
    for thing in (found, SmtpOutbox(found), outbox("smtp://ada:hunter2@mail.example.org", environ={})):
        assert "hunter2" not in repr(thing)
        assert "ada" not in repr(thing)


@pytest.mark.parametrize("name", ["empty.pem", "missing.pem"])
def test_a_file_of_certificates_that_is_none(tmp_path: Path, name: str, certificate: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    tls = ScriptedRelay(features=("STARTTLS",), certificate=certificate)
    with tls as server, pytest.raises(OutboxDown, match="PEM"):
        send(server, options=f"ca={tmp_path / name}")


# ----------------------------------------------------------------------------------------------------- ceilings
def test_the_ceiling_of_a_run_is_shared_by_its_channels_and_is_no_failure() -> None:
    with ScriptedRelay() as server:
        box = outbox(f"smtp://127.0.0.1:{server.port}?per_run=3")
        with box.open() as one, box.open() as two:
            for channel in (one, two, one):
                channel.send(LETTER)
            for channel in (one, two):
                with pytest.raises(CeilingReached, match="wait") as caught:
                    channel.send(a_letter(2))
    assert len(server.letters) == 3
    assert isinstance(caught.value, OutboxDown)
    assert caught.value.exit_code is Exit.DONE


class Clock:
    """A clock that goes on only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


@given(st.integers(1, 7), st.lists(st.floats(0, 40), max_size=40))
def test_no_minute_has_more_letters_than_its_ceiling(per_minute: int, gaps: list[float]) -> None:
    clock = Clock()
    ceiling = Ceiling(per_minute, clock=clock, pause=clock.pause)
    turns = []
    for gap in gaps:
        clock.now += gap
        ceiling.take()
        turns.append(clock.now)
    for first, later in zip(turns, turns[per_minute:], strict=False):
        assert later - first >= 60 - 1e-6


def test_without_a_ceiling_nobody_waits() -> None:
    waited: list[float] = []
    ceiling = Ceiling(pause=waited.append)
    for _ in range(1000):
        ceiling.take()
    assert not waited


def test_threads_that_wait_together_get_a_turn_each() -> None:
    clock, waited = Clock(), []
    ceiling = Ceiling(2, clock=clock, pause=waited.append)
    threads = [threading.Thread(target=ceiling.take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waited) == [60.0, 60.0, 120.0, 120.0]


# ------------------------------------------------------------------------------------------- what servers quote
@given(st.text(), st.text())
def test_no_reply_brings_the_address_back(before: str, after: str) -> None:
    said = discreet(f"{before}<{ADDRESS}>{after} {ADDRESS.upper()}", (ADDRESS,))
    assert ADDRESS not in said.lower()
    assert len(said) <= 200
    assert said.isprintable()
