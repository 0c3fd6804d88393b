"""Everything that a relay can do to us, one thing at a time: nobody is lost, nobody has two letters but where the
answer was never heard, what was refused for good is not tried again, and the run says what it should."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from posting import Clock, letter, posted, put, service
from smtpserver import (
    DROP,
    HANG,
    LATE,
    RAW,
    SLOWLY,
    THEN_DROP,
    ScriptedRelay,
    make_certificate,
    make_expired_certificate,
)
from test_post_chaos import message_id, never_unoffered

READERS = 5
PIPELINING = ("PIPELINING", "SIZE 100000", "8BITMIME")
LONG = "x" * 5000
LATER = "450 4.2.0 later"


@dataclass(frozen=True)
class Case:
    """What the relay does, over its whole life; then what the first run says and what becomes of the letters.

    `down`: the first run ends with 75 and letters wait. `refused`: letters that end for good. `copies`: letters that
    may have arrived twice; each is named in a report."""

    script: dict[str, list[str]]
    down: bool = False
    refused: int = 0
    copies: int = 0
    features: tuple[str, ...] = ("SIZE 100000", "8BITMIME")
    per_connection: int = 0


CASES = {
    # ------------------------------------------------------------------------------------------------ connecting
    "421 at connect": Case({"CONNECT": ["421 4.7.0 too many connections"]}, down=True),
    "554 at connect": Case({"CONNECT": ["554 5.7.1 not you"]}, down=True),
    "hangs up before the banner": Case({"CONNECT": [DROP]}, down=True),
    "hangs up in the banner": Case({"CONNECT": [f"{RAW}220 rel"]}, down=True),
    "hangs up after the banner": Case({"CONNECT": [f"{THEN_DROP}220 hello"]}, down=True),
    "a banner that never comes": Case({"CONNECT": [HANG]}, down=True),
    "a banner octet by octet": Case({"CONNECT": [f"{SLOWLY}220 relay.example ESMTP"]}),
    "a banner of many lines": Case({"CONNECT": ["220-welcome\n220-to\n220 relay.example"]}),
    "a banner of garbage": Case({"CONNECT": ["SSH-2.0-OpenSSH_9.2"]}, down=True),
    "a banner outside ASCII": Case({"CONNECT": ["220 bienvenue à la poste \udce9\udcff"]}),
    # -------------------------------------------------------------------------------------------------- greetings
    "550 to EHLO, then HELO": Case({"EHLO": ["550 5.5.1 what"]}, features=()),
    "502 to EHLO, then HELO": Case({"EHLO": ["502 5.5.1 not implemented"]}, features=()),
    "500 to EHLO and HELO": Case({"EHLO": ["500 what"], "HELO": ["500 what"]}, down=True),
    "421 to EHLO": Case({"EHLO": ["421 4.3.2 going down"]}, down=True),
    "hangs up at EHLO": Case({"EHLO": [DROP]}, down=True),
    "an EHLO answer of 500 lines": Case({"EHLO": ["\n".join(["250-X-NOTHING"] * 500) + "\n250 SIZE 100000"]}),
    "an EHLO answer with a very long line": Case({"EHLO": [f"250-hello\n250-X-{LONG * 10}\n250 SIZE 100000"]}),
    "an EHLO answer without end": Case({"EHLO": ["\n".join(["250-" + "y" * 900] * 1300)]}, down=True),
    # ------------------------------------------------------------------------------------------------------- MAIL
    "421 to MAIL": Case({"MAIL": ["421 4.3.2 going down"]}),
    "450 to MAIL": Case({"MAIL": [LATER]}),
    "451 to MAIL": Case({"MAIL": ["451 4.3.0 trouble"]}),
    "452 to MAIL": Case({"MAIL": ["452 4.3.1 disk full"]}),
    "550 to MAIL": Case({"MAIL": ["550 5.7.1 no"]}, refused=1),
    "552 to MAIL": Case({"MAIL": ["552 5.3.4 too big"]}, refused=1),
    "hangs up after MAIL": Case({"MAIL": [f"{THEN_DROP}250 ok"]}),
    "hangs up at MAIL": Case({"MAIL": [DROP]}),
    "silent at MAIL": Case({"MAIL": [HANG]}),
    "garbage at MAIL": Case({"MAIL": ["hello?", "\x00\x01\x02"]}),
    "999 to MAIL": Case({"MAIL": ["999 what", "000 what"]}),
    "354 to MAIL": Case({"MAIL": ["354 go on"]}),
    # ------------------------------------------------------------------------------------------------------- RCPT
    "greylisting": Case({"RCPT": ["451 4.7.1 greylisted, come back in 300 seconds"] * READERS}),
    "421 to RCPT": Case({"RCPT": ["421 4.7.0 slow down"]}),
    "450, 451, 452 to RCPT": Case({"RCPT": [LATER, "451 4.3.0 trouble", "452 4.2.2 mailbox full"]}),
    "452 too many recipients": Case({"RCPT": ["250 ok", "452 4.5.3 too many recipients"]}),
    "550 to RCPT": Case({"RCPT": ["550 5.1.1 no such user"]}, refused=1),
    "551, 553, 554 to RCPT": Case({"RCPT": ["551 not here", "553 no", "554 5.7.1 denied"]}, refused=3),
    "252 and 251 to RCPT": Case({"RCPT": ["252 maybe", "251 will forward"]}),
    "hangs up after RCPT": Case({"RCPT": [f"{THEN_DROP}250 ok"]}),
    "an answer of many lines, the last a refusal": Case({"RCPT": ["550-5.1.1 no\n550-such\n550 user"]}, refused=1),
    "an answer whose lines differ in their codes": Case({"RCPT": ["250-well\n550 5.1.1 no"]}, refused=1),
    "an answer far longer than 512 octets": Case({"RCPT": [f"250 {LONG}"]}),
    "a refusal far longer than 512 octets": Case({"RCPT": [f"550 5.1.1 no {LONG}"]}, refused=1),
    "a refusal outside ASCII": Case({"RCPT": ["550 5.1.1 boîte inconnue \udce9\udcff"]}, refused=1),
    "a number and nothing else": Case({"RCPT": ["250"]}),
    "a tab after the number": Case({"RCPT": ["250\tok"]}),
    "late answers": Case({"MAIL": [f"{LATE}250 ok"], "RCPT": [f"{LATE}250 ok"], "DATA": [f"{LATE}354 go"]}),
    "two answers to one command": Case({"RCPT": ["250 ok\n250 ok"]}),
    "three answers to one command": Case({"MAIL": ["250 ok\n250 ok\n354 go on"]}),
    # ------------------------------------------------------------------------------------------------------- DATA
    "421 to DATA": Case({"DATA": ["421 4.3.2 going down"]}),
    "451 to DATA": Case({"DATA": ["451 4.3.0 later"]}),
    "550 to DATA": Case({"DATA": ["550 5.7.1 no"]}, refused=1),
    "250 in place of 354": Case({"DATA": ["250 ok"]}),
    "354 does not come": Case({"DATA": [HANG]}),
    "354 octet by octet": Case({"DATA": [f"{SLOWLY}354 go on"]}),
    "354 and a yes before the letter": Case({"DATA": ["354 go on\n250 2.0.0 queued"]}),
    "hangs up after 354": Case({"DATA": [f"{THEN_DROP}354 go on"]}, copies=1),
    "hangs up in the letter": Case({"BODY": [DROP]}, copies=1),
    "says no in the letter and hangs up": Case({"BODY": ["451 4.3.0 not now"]}, copies=1),
    # ------------------------------------------------------------------------------------------- the end of the letter
    "421 after the dot": Case({"END": ["421 4.3.2 going down"]}),
    "451 after the dot": Case({"END": ["451 4.3.0 later"]}),
    "452 after the dot": Case({"END": ["452 4.3.1 disk full"]}),
    "550 after the dot": Case({"END": ["550 5.7.1 looks like spam"]}, refused=1),
    "554 of many lines after the dot": Case({"END": ["554-5.7.1 no\n554 spam"]}, refused=1),
    "hangs up after the dot": Case({"END": [DROP]}, copies=1),
    "hangs up in the answer to the dot": Case({"END": [f"{RAW}25"]}, copies=1),
    "hangs up after the answer to the dot": Case({"END": [f"{THEN_DROP}250 2.0.0 queued"]}),
    "silent after the dot": Case({"END": [HANG]}, copies=1),
    "garbage after the dot": Case({"END": ["what?"]}, copies=1),
    "354 after the dot": Case({"END": ["354 more?"]}, copies=1),
    "a yes octet by octet": Case({"END": [f"{SLOWLY}250 2.0.0 queued as 12345"]}),
    "a late yes": Case({"END": [f"{LATE}250 2.0.0 queued"]}),
    "a yes with a very long line": Case({"END": [f"250 2.0.0 {LONG * 20}"]}),
    "a yes of 500 lines": Case({"END": ["\n".join(["250-2.0.0 queued"] * 499) + "\n250 done"]}),
    "a yes without a word": Case({"END": ["250"]}),
    "a yes, and a goodbye nobody asked for": Case({"END": ["250 ok\n421 4.4.2 idle too long"]}),
    # ------------------------------------------------------------------------------------------------- the session
    "two letters on a connection": Case({}, per_connection=2),
    "one letter on a connection": Case({}, per_connection=1, features=PIPELINING),
    "452 for the third letter": Case({"MAIL": ["250 ok", "250 ok", "452 4.5.3 enough"]}),
    "RSET refused": Case({"RCPT": [LATER], "RSET": ["500 what"]}),
    "RSET unanswered": Case({"RCPT": [LATER], "RSET": [HANG]}),
    "QUIT unanswered": Case({"QUIT": [HANG] * 9}),
    "QUIT answered with an error": Case({"QUIT": ["500 what"] * 9}),
    "too small for any letter": Case({}, refused=READERS, features=("SIZE 10",)),
    "SIZE 0": Case({}, features=("SIZE 0",)),
    "everything offered": Case({}, features=(*PIPELINING, "SMTPUTF8", "CHUNKING", "DSN", "BINARYMIME", "VRFY")),
    "nothing offered": Case({}, features=()),
}  # fmt: skip


@pytest.mark.parametrize("pipelined", [False, True], ids=["step by step", "pipelined"])
@pytest.mark.parametrize("name", CASES)
def test_nobody_is_lost_and_nobody_has_two(tmp_path: Path, name: str, pipelined: bool) -> None:
    case = CASES[name]
    features = (*case.features, "PIPELINING") if pipelined and case.features else case.features
    letters = [letter(n, f"r{n}@d{n}.example") for n in range(READERS)]
    options = {"starttls": "none", "connections": "1", "timeout": "0.4", "final_timeout": "0.6"}
    with ScriptedRelay(case.script, features, per_connection=case.per_connection) as server:
        query = "&".join(f"{key}={value}" for key, value in options.items())
        with service(tmp_path, f"smtp://127.0.0.1:{server.port}?{query}") as app:
            put(app, letters)
            clock, named = Clock(), Counter[str]()
            figures, first = posted(app, clock)
            while app.store.digests.counts().keys() & {"waiting", "deferred"}:
                named.update(one["message_id"] for one in figures.ambiguous)
                clock.now += timedelta(hours=1)
                assert clock.now < Clock().now + timedelta(hours=24), "it never ends"
                figures, _ = posted(app, clock)
            named.update(one["message_id"] for one in figures.ambiguous)
            counts = app.store.digests.counts()
    assert (first is not None) == case.down, "exit 75 where the relay is down, and only there"
    assert counts == {k: v for k, v in {"sent": READERS - case.refused, "refused": case.refused}.items() if v}
    had = Counter(content for _, _, content in server.letters if content)
    assert set(had) <= {one.content for one in letters}, "byte for byte, with its Message-ID"
    assert len(had) == READERS - case.refused
    assert set(had.values()) <= {1}
    arrived = had + (Counter(server.unanswered) - Counter(server.turned_away))
    twice = {message_id(content) for content, count in arrived.items() if content and count > 1}
    assert twice <= set(named), "what may have arrived twice is in a report"
    assert len(named) <= case.copies
    tries = Counter(line for line in server.lines if line.startswith("RCPT"))
    refused = {one.recipient for one in letters} - {recipient for _, recipient, _ in server.letters}
    assert all(tries[f"RCPT TO:<{one}>"] <= 1 for one in refused), "nothing after a final no"
    never_unoffered(server)


# ---------------------------------------------------------------------------------------- TLS and the login, at a run
@pytest.mark.parametrize(
    ("script", "inside"),
    [
        ({"STARTTLS": ["454 4.7.0 not now"]}, ("AUTH PLAIN",)),
        ({"STARTTLS": ["502 5.5.1 what"]}, ("AUTH PLAIN",)),
        ({"STARTTLS": [DROP]}, ("AUTH PLAIN",)),
        ({"STARTTLS": ["220 go on\n250-relay.example\n250 AUTH PLAIN"]}, ("AUTH PLAIN",)),
        ({"AUTH": ["535 5.7.8 no"]}, ("AUTH PLAIN",)),
        ({"AUTH": ["454 4.7.0 later"]}, ("AUTH LOGIN",)),
        ({"AUTH": [DROP]}, ("AUTH LOGIN",)),
        ({"MAIL": ["530 5.7.0 log in first"]}, ("AUTH PLAIN",)),
    ],
)  # fmt: skip
def test_trouble_with_tls_or_the_login_costs_no_letter(
    tmp_path: Path, script: dict[str, list[str]], inside: tuple[str, ...]
) -> None:
    certificate = make_certificate(tmp_path)
    relay = ScriptedRelay(script, ("STARTTLS",), features_in_tls=inside, certificate=certificate)
    with relay as server:
        address = f"smtp://ada:s3cret@127.0.0.1:{server.port}?ca={certificate}&connections=1&timeout=2"
        with service(tmp_path, address) as app:
            put(app, [letter(n, f"r{n}@d{n}.example") for n in range(READERS)])
            clock = Clock()
            figures, down = posted(app, clock)
            assert down is not None
            assert down.exit_code == 75
            assert "s3cret" not in str(down)
            assert (figures.sent, figures.deferred, server.letters) == (0, READERS, [])
            clock.now += timedelta(minutes=10)
            assert posted(app, clock)[0].sent == READERS, "the next run goes on at once"
    assert not [line for line in server.lines[: server.lines.index("STARTTLS")] if line.startswith("AUTH")]


@pytest.mark.parametrize(
    ("features", "inside"), [(("STARTTLS", "AUTH PLAIN"), ()), (("AUTH PLAIN",), ("AUTH PLAIN",))]
)
def test_a_login_that_is_offered_before_tls_only_is_not_used(
    tmp_path: Path, features: tuple[str, ...], inside: tuple[str, ...]
) -> None:
    certificate = make_certificate(tmp_path)
    relay = ScriptedRelay({}, features, features_in_tls=inside, certificate=certificate)
    with relay as server:
        address = f"smtp://ada:s3cret@127.0.0.1:{server.port}?ca={certificate}&timeout=2"
        with service(tmp_path, address) as app:
            put(app, [letter(1, "r@d.example")])
            figures, down = posted(app, Clock())
    assert (down is not None, figures.deferred) == (True, 1)
    assert not {"AUTH", "MAIL"} & set(server.verbs())


@pytest.mark.parametrize("trust", ["stranger", "expired", "another name"])
def test_nothing_goes_to_a_relay_whose_certificate_fails(tmp_path: Path, trust: str) -> None:
    made = (
        make_expired_certificate(tmp_path) if trust == "expired" else make_certificate(tmp_path, "relay.example")
    )
    known, host = (
        ("" if trust == "stranger" else f"&ca={made}"),
        "localhost" if trust == "another name" else "127.0.0.1",
    )
    with (
        ScriptedRelay({}, ("STARTTLS",), features_in_tls=(), certificate=made) as server,
        service(tmp_path, f"smtp://{host}:{server.port}?timeout=2{known}") as app,
    ):
        put(app, [letter(n, f"r{n}@d{n}.example") for n in range(READERS)])
        figures, down = posted(app, Clock())
    assert down is not None
    assert "certificate" in str(down)
    assert figures.deferred == READERS
    assert "MAIL" not in server.verbs()
