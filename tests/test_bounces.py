"""What comes back: which letter it is about, what it is, and what follows. Nobody is silenced by mistake, and nobody
who complained or left gets another letter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.bounces import Look, Ours, Report, Sent, read_report
from aggregator.bounces.message import Parts
from aggregator.bounces.requests import wish_of

FOLDER = Path(__file__).parent / "data" / "bounces"
KNOWN = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
OURS = Ours(
    "digest@letters.example.org",
    "b+TOKEN@back.letters.example.org",
    "leave+TOKEN@letters.example.org",
    "https://letters.example.org/unsubscribe/TOKEN",
)


def looking(sent: Sequence[Mapping[str, str]]) -> Look:
    letters = [Sent(one["token"], one["recipient"], one["message_id"]) for one in sent]
    known = {key: one for one in letters for key in (one.token, one.message_id)}

    def look(tokens: Sequence[str], ids: Sequence[str]) -> Mapping[str, Sent]:
        return {key: known[key] for key in (*tokens, *ids) if key in known}

    return look


def of(name: str) -> Report:
    return read_report((FOLDER / name).read_bytes(), OURS, looking(KNOWN["sent"]))


@pytest.mark.parametrize("name", sorted(KNOWN["files"]))
def test_each_report_means_what_it_should(name: str) -> None:
    wanted, found = KNOWN["files"][name], of(name)
    assert (found.kind, found.action) == (wanted["kind"], wanted["action"])
    assert (found.letter and found.letter.recipient) == wanted["subscriber"]
    told = {one.address: one for one in found.recipients}
    for one in wanted["recipients"]:
        assert told[one["address"]].verdict == one["verdict"]
        assert told[one["address"]].status == one.get("status", told[one["address"]].status)


def test_every_sample_has_its_meaning() -> None:
    assert {path.name for path in FOLDER.glob("*.eml")} == set(KNOWN["files"])


@pytest.mark.parametrize("name", sorted(KNOWN["files"]))
def test_nothing_is_done_about_a_letter_that_is_not_known(name: str) -> None:
    """An address alone never silences anybody."""
    found = read_report((FOLDER / name).read_bytes(), OURS, looking([]))
    assert found.letter is None
    assert found.action in ("none", "review")


# --------------------------------------------------------------------------------------------- who asks to leave
LEAVE = """
    Please unsubscribe me from this list. | unsubscribe | UNSUBSCRIBE | Can you remove me from the mailing list?
    Could you please take my name off your list? | Hi, I would like to be removed from your mailing list. Thanks, Pat
    I want to unsubscribe but the link does not work. | Stop emailing me! | Please don't send me any more emails.
    I don't want to receive this newsletter anymore | I did not sign up for this. Remove me.
    I couldn't find the unsubscribe link so please unsubscribe me | not interested, please remove
    I am no longer interested in receiving your digest. | Would you mind taking me off the list? Thank you
    I'd prefer not to receive these emails | Hello, how do I unsubscribe? I don't want to get these any more.
    Bitte abmelden | Bitte tragen Sie mich aus dem Verteiler aus. | Ich möchte den Newsletter abbestellen.
    Bitte senden Sie mir keine E-Mails mehr. | Können Sie mich bitte vom Newsletter abmelden?
    Ich will diese Mails nicht mehr bekommen | Bitte um Löschung aus dem Verteiler
    Désabonnez-moi s'il vous plaît | Je souhaite me désabonner | Merci de ne plus m'envoyer de messages.
    Pouvez-vous me retirer de la liste ? | Je ne veux plus recevoir cette lettre | désinscription
    Vorrei cancellarmi | Chiedo la cancellazione dalla newsletter | Potete rimuovermi dalla lista?
    Por favor, denme de baja | Quiero cancelar mi suscripción | No quiero recibir más sus correos
    Molim da me odjavite | Želim se odjaviti s liste | Ne želim više primati vaše poruke
    Proszę mnie wypisać z listy | Nie chcę więcej otrzymywać wiadomości | Não quero mais receber estes emails
    Schrijf mij uit a.u.b. | Ik wil geen e-mails meer ontvangen | Jag vill inte längre få era mejl
    Отпишите меня, пожалуйста. | 退订 | Prosím, odhlaste mě z odběru. | Poista minut listalta
"""
STAY = """
    Please do not unsubscribe me. | Please don't remove me from the list! | I don't want to unsubscribe.
    I do not want to be removed. | How do I unsubscribe my colleague? | Your unsubscribe link is at the bottom, nice.
    The footer says "Unsubscribe" but links to the wrong page. | The unsubscribe page gives an error 500.
    I was unsubscribed without asking, please add me again. | I unsubscribed by accident.
    Did you remove me from the list? I get no mail any more. | Please do not stop sending these!
    Stop sending me duplicates, but keep the letter coming. | Can I change my address without unsubscribing?
    Bitte nicht abmelden! | Bitte tragen Sie mich nicht aus. | Ich will mich nicht abmelden, nur die Adresse ändern.
    Ne me supprimez pas de la liste | Je ne veux pas me désabonner. | Non voglio disiscrivermi | Non cancellarmi
    No quiero darme de baja | Nemojte me odjaviti | Ne želim se odjaviti | Niet uitschrijven aub
    The event was cancelled, please remove it from the list. | I stopped reading blogs, your letter is enough.
    My colleague would like to subscribe too. | Your mails get delivered to spam, I had to remove the filter.
    I hope you will not remove me from the list while I am on leave. | I do not want to stop receiving this.
    I am leaving for holiday, will the digest stop? | We want to cancel our journals; do you know a course on that?
"""


def _sentences(block: str) -> list[str]:
    return [one.strip() for line in block.strip().splitlines() for one in line.split(" | ")]


@pytest.mark.parametrize("words", _sentences(LEAVE))
def test_who_asks_to_leave_is_heard(words: str) -> None:
    assert wish_of(Parts({"subject": "Re: 3 deadlines this week"}, words)) == "leave"


@pytest.mark.parametrize("words", _sentences(STAY))
def test_who_does_not_ask_to_leave_stays(words: str) -> None:
    assert wish_of(Parts({"subject": "Re: 3 deadlines this week"}, words)) != "leave"


@pytest.mark.parametrize(
    ("subject", "words", "leaves"),
    [
        ("Unsubscribe", "", True),
        ("unsubscribe", "Kind regards\nJane Doe\nLibrarian, University X\nTel 1234", True),
        ("Please remove me from the list", "", True),
        ("Unsubscribe link broken", "Please mend it", False),
        ("Unsubscribe", "The unsubscribe link in the footer gives an error, which page is right?", False),
        ("Re: unsubscribe", "Thanks!", False),
        ("Do not unsubscribe me", "please", False),
    ],
)
def test_a_subject_may_ask_too(subject: str, words: str, leaves: bool) -> None:
    assert (wish_of(Parts({"subject": subject}, words)) == "leave") is leaves


# -------------------------------------------------------------------------------------------------- hostile mail
_SAMPLES = sorted(FOLDER.glob("*.eml"))
_WORDS = st.sampled_from(
    [b"\n", b"\n\n", b"\r\n", b"--bnd\n", b"Content-Type: message/delivery-status\n\n", b"Action: failed\n", b"\xff\xfe", b"\x00",
     b"Content-Transfer-Encoding: base64\n", b"=?utf-8?b?/////w==?=", b"Content-Type: text/plain; charset=nonsense\n\n",
     b"Final-Recipient: rfc822;\n", b"Content-Type: multipart/report; boundary=bnd; report-type=delivery-status\n\n",
     b"Content-Type: message/feedback-report\n\n", b"Subject: ", b"To: b+" + b"a" * 20 + b"@back.letters.example.org\n", b"\\x{110000}"]
)  # fmt: skip


@given(st.lists(_WORDS | st.binary(max_size=20), max_size=30).map(b"".join))
@example(b"")
def test_no_bytes_raise(content: bytes) -> None:
    assert read_report(content, OURS, looking([])).action in ("none", "review")


@given(st.sampled_from(_SAMPLES), st.integers(0, 3000), st.binary(max_size=8), st.integers(0, 40))
def test_no_damage_to_a_report_raises(path: Path, at: int, put: bytes, gone: int) -> None:
    content = path.read_bytes()
    assert read_report(content[:at] + put + content[at + gone :], OURS, looking(KNOWN["sent"]))


@pytest.mark.parametrize("depth", [3000])
@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=b{n}\n\n--b{n}\n", "message/rfc822\n\n"])
def test_parts_without_end_are_not_followed(kind: str, depth: int) -> None:
    inner = "".join("Content-Type: " + kind.format(n=n) for n in range(depth))
    assert read_report(f"From: a@b.example\nSubject: x\n{inner}".encode(), OURS, looking([])).letter is None


@pytest.mark.parametrize(
    "word",
    [
        "a",
        "a@",
        "<a@",
        "\n ",
        "b+aaaaaaaa",
        "<script>",
        "<br ",
        "<blockquote>",
        "not want ",
        "user ",
        "quota ",
        "> ",
    ],
)
@pytest.mark.parametrize("sender", ["MAILER-DAEMON", "pat"])
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_megabyte_of_anything_is_read(word: str, sender: str, kind: str) -> None:
    """Not a matter of seconds asserted here: a pattern that backtracks badly would not end at all."""
    head = f"From: {sender}@x.example\nTo: b+{'x' * 20}@back.letters.example.org\nContent-Type: text/{kind}\n\n"
    assert read_report((head + word * (1_000_000 // len(word))).encode(), OURS, looking([])).letter is None


def test_the_shared_samples(shared: Path) -> None:
    folder = shared / "bounces"
    known = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    said = known["settings"]
    ours = Ours(said["from"], said["bounce_address"], said["leave_address"], said["one_click"], said["reply_to"])
    for name, wanted in known["files"].items():
        found = read_report((folder / name).read_bytes(), ours, looking(known["sent"]))
        assert (name, found.kind, found.action) == (name, wanted["kind"], wanted["action"])
        assert (found.letter and found.letter.token) == wanted["token"]
