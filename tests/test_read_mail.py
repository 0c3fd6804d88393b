"""Mail as a source: newsletters become their items, lists their conversations; nobody's address is kept, and nothing
that a mailbox may hold stops the others."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import torn

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Entry, Reading, Source
from aggregator.normalise import normalise_all
from aggregator.read import mail

SAMPLES = Path(__file__).parent / "data" / "mail"
NAMES = sorted(p.name for p in SAMPLES.iterdir() if not p.name.endswith(".golden.json"))
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HEAD = "From: News <news@example.org>\nSubject: News\nMessage-ID: <1@example.org>\nList-Unsubscribe: <https://m.example/u>\n"


def of(body: bytes | str, **options: Any) -> Reading:
    data = body if isinstance(body, bytes) else body.encode("utf-8")
    return mail.read(Document(data), Source("s", "mbox:/x", kind="mail", options=options))


def test_an_address_with_bytes_that_are_no_ascii_is_none() -> None:
    """As bytes of a mailbox would leave it, it could be neither stored nor sent."""
    headers = HEAD.encode() + b"Archived-At: <https://arch\xdbve.example.org/1>\n\nCourses in May.\n"
    assert all("\udcdb" not in entry.url for entry in of(headers).entries)


def letter(text: str, *headers: str, html: bool = False) -> str:
    kind = "html" if html else "plain"
    own = {line.partition(":")[0].lower() for line in headers}
    head = "".join(f"{line}\n" for line in HEAD.splitlines() if line.partition(":")[0].lower() not in own)
    return f"{head}{''.join(f'{line}{chr(10)}' for line in headers)}Content-Type: text/{kind}; charset=utf-8\n\n{text}\n"


def mbox(*letters: str) -> str:
    return "".join(f"From x@y.example Tue Nov 17 10:00:00 2026\n{one}\n" for one in letters)


def titles(reading: Reading) -> list[str]:
    return [entry.title for entry in reading.entries]


def only(reading: Reading) -> Entry:
    [entry] = reading.entries
    return entry


def everything(reading: Reading) -> str:
    return json.dumps([to_json(entry) for entry in reading.entries], ensure_ascii=False)


def told(sample: str) -> dict[str, Any]:
    try:
        reading = of((SAMPLES / sample).read_bytes())
    except SourceError as error:
        return {"error": str(error)}
    entries = [{k: v for k, v in to_json(entry).items() if v not in (None, "", [])} for entry in reading.entries]
    return {"title": reading.title, "home": reading.home, "entries": entries}


@pytest.mark.parametrize("sample", NAMES)
def test_samples_are_read_as_reviewed(sample: str) -> None:
    golden = json.loads((SAMPLES / f"{sample}.golden.json").read_text("utf-8"))
    assert told(sample) == golden


@pytest.mark.parametrize("sample", NAMES)
def test_no_address_number_or_personal_link_is_kept(sample: str) -> None:
    with suppress(SourceError):
        kept = everything(of((SAMPLES / sample).read_bytes()))
        # The only sign of an address that may stay is the name of a list in the address of its archive.
        assert "@" not in kept.replace("/list/lis-example@lists.example.org/", "")
        assert not re.search(r"4f2a91|unsubscribe|abmelden|disiscri|open\.gif|<img|\+44|7946|555|collector", kept)


@pytest.mark.parametrize("sample", NAMES)
def test_every_entry_is_an_item_with_an_id_that_stays(sample: str) -> None:
    with suppress(SourceError):
        body = (SAMPLES / sample).read_bytes()
        first, refused = normalise_all(of(body), Source("s", "x", kind="mail"), NOW)
        again, _ = normalise_all(of(body + b"\n\n"), Source("s", "x", kind="mail"), NOW)
        assert refused == 0
        assert [item.id for item in first] == [item.id for item in again]
        assert len({item.id for item in first}) == len(first)


# ------------------------------------------------------------------------------------------------------ newsletters
ITEM = "<h2><a href='https://x.example/{0}'>Title number {0}</a></h2><p>What is told of number {0}, at length.</p>"


def test_split_no_keeps_a_newsletter_whole_and_yes_takes_any_mail_apart() -> None:
    page = "".join(ITEM.format(n) for n in (1, 2, 3))
    assert len(of(letter(page, html=True)).entries) == 3
    assert titles(of(letter(page, html=True), split="no")) == ["News"]
    private = letter(page, "List-Unsubscribe:", html=True).replace("List-Unsubscribe:\n", "")
    assert titles(of(private)) == ["News"]  # not a newsletter by any sign
    assert len(of(private, split=True).entries) == 3


@pytest.mark.parametrize(
    "options", [{"split": "perhaps"}, {"senders": 5}, {"senders": [1]}, {"days": 0}, {"list": True}]
)
def test_options_that_are_wrong_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(SourceError) as caught:
        of(letter("x"), **options)
    assert caught.value.code == "bad-option"


def test_only_the_senders_that_are_wanted() -> None:
    box = mbox(
        letter("one", "Message-ID: <a@x>", "Subject: One", "From: A <a@news.example.org>"),
        letter("two", "Message-ID: <b@x>", "Subject: Two", "From: B <b@example.com>"),
        letter("three", "Message-ID: <c@x>", "Subject: Three", "From: C <c@notexample.org>"),
    )
    assert titles(of(box, senders=["example.org"])) == ["One"]
    assert titles(of(box, senders="b@example.com")) == ["Two"]
    assert titles(of(box, senders=["@example.com", "C@notexample.org"])) == ["Two", "Three"]


def test_only_the_list_that_is_wanted() -> None:
    box = mbox(
        letter("one", "Message-ID: <a@x>", "Subject: One", "List-Id: <lis-example.lists.example.org>"),
        letter("two", "Message-ID: <b@x>", "Subject: Two", "To: other@lists.example.org"),
    )
    assert [(e.title, e.kind) for e in of(box, list="LIS-Example").entries] == [("One", "thread")]


def test_a_link_that_counts_clicks_gives_way_to_its_target_only_where_that_is_seen() -> None:
    links = [
        "https://nam02.safelinks.protection.example.com/?url=https%3A%2F%2Fa.example%2Fone&amp;data=05",
        "https://abc.r.eu-west-1.awstrack.me/L0/https:%2F%2Fa.example%2Ftwo/1/0102-abc/xyz=1",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_three&amp;d=DwM",
        "https://news.example/redirect/2/"
        + base64.urlsafe_b64encode(b'{"e":"https://a.example/four"}').decode().rstrip("="),
        "https://click.example/ls/click?upn=u001.abc",
        "https://proxy.library.example/login?url=https://journal.example/five",
    ]
    page = "".join(
        f"<h2>Title number {n}</h2><p>Text with <a href='{url}'>a link</a>.</p>" for n, url in enumerate(links)
    )
    assert [entry.url for entry in of(letter(page, html=True)).entries] == [
        "https://a.example/one", "https://a.example/two", "https://a.example/three", "https://a.example/four",
        "https://click.example/ls/click?upn=u001.abc",
        "https://proxy.library.example/login?url=https://journal.example/five",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "link",
    [
        "https://m.example/u", "https://m.example/u?id=5", "https://n.example/unsubscribe/5f",
        "https://n.example/preferences?x=1",
        "https://n.example/read?r=collector%40inbox.example.org",
        "https://n.example/read/" + base64.b64encode(b"collector@inbox.example.org").decode(),
        "https://n.example/read?h=" + hashlib.md5(b"collector@inbox.example.org").hexdigest(),
        "https://n.example/account?token=8f3ab8f3ab", "https://zoom.example/w/123?tk=abcdef",
        "https://us1.list-manage.com/profile?u=1", "mailto:jane@example.org", "javascript:alert(1)",
        "https://jane:secret@n.example/", "data:text/html,x", "https://click.example/?url=https%3A%2F%2Fm.example%2Fu",
    ],
)  # fmt: skip
def test_a_link_that_belongs_to_whoever_got_the_mail_is_left_out(link: str) -> None:
    page = (
        "".join(ITEM.format(n) for n in (1, 2))
        + f"<h2>Title number 3</h2><p>{'Words. ' * 20}<a href='{link}'>this</a></p>"
    )
    reading = of(letter(page, "To: collector@inbox.example.org", html=True))
    assert len(reading.entries) == 3
    assert reading.entries[2].url == ""
    assert "<a" not in reading.entries[2].html


def test_a_parameter_that_names_its_reader_goes_and_the_rest_stays() -> None:
    page = "".join(ITEM.format(f"{n}?id={n}&amp;mc_eid=77&amp;email=a@b.example") for n in (1, 2))
    assert of(letter(page, html=True)).entries[0].url == "https://x.example/1?id=1"


def test_sponsors_chrome_and_pictures_are_left_out() -> None:
    page = f"""<p><a href="https://m.example/web">View in browser</a></p>{ITEM.format(1)}
      <p>SPONSORED</p><h2><a href="https://shop.example/">Buy our shelves now</a></h2><p>{"Cheap. " * 20}</p>{ITEM.format(2)}
      <h2>Anzeige</h2><p>{"Billig. " * 20} <a href="https://shop.example/de">Kaufen</a></p>{ITEM.format(3)}
      <p><a href="https://www.facebook.com/us">Facebook</a> <a href="https://x.com/us">X</a></p>
      <p>You are receiving this email because you asked. <a href="https://m.example/u">Unsubscribe</a></p>
      <h4>Imprint</h4><p>Our address is 5 Long Street in a town with a long name, far away from everything else.</p>
      <img src="https://m.example/open?u=5" width="1" height="1">"""
    reading = of(letter(page, html=True))
    assert titles(reading) == ["Title number 1", "Title number 2", "Title number 3"]
    assert not re.search("shop|facebook|receiving|m.example|img", everything(reading))


def test_the_same_newsletter_without_headings_is_read_by_its_looks() -> None:
    bold = "<tr><td><b style='font-size:17px'>Title number {0}</b></td></tr><tr><td>{1} <a href='https://x.example/{0}'>Read more</a></td></tr>"
    page = "<table>" + "".join(bold.format(n, "Some words about it. " * 3) for n in (1, 2, 3)) + "</table>"
    found = of(letter(page, html=True)).entries
    assert [(e.title, e.url) for e in found] == [
        (f"Title number {n}", f"https://x.example/{n}") for n in (1, 2, 3)
    ]


def test_a_list_of_links_is_a_newsletter_too() -> None:
    line = "<p><a href='https://x.example/{0}'>A long enough title number {0}</a><br>And a word about it.</p>"
    found = of(letter("<p>Hello all,</p>" + "".join(line.format(n) for n in (1, 2, 3)), html=True)).entries
    assert [e.url for e in found] == [f"https://x.example/{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "1. Title number 1\n\nText of one, long enough.\nhttps://x.example/1\n\n2. Title number 2\n\nText of two.\nhttps://x.example/2\n",
        "[1] Title number 1\nText of one, long enough.\nhttps://x.example/1\n\n[2] Title number 2\nText.\nhttps://x.example/2\n",
        "Title number 1\n--------------\nText of one.\nhttps://x.example/1\n\nTitle number 2\n==============\nText.\nhttps://x.example/2\n",
        "-----\nTitle number 1\n\nText of one.\n<https://x.example/1>\n\n-----\nTitle number 2\n\nText.\n<https://x.example/2>\n",
        "=====\nTitle number 1\n=====\nText of one.\nhttps://x.example/1\n\n=====\nTitle number 2\n=====\nText.\nhttps://x.example/2\n",
    ],
)  # fmt: skip
def test_newsletters_in_plain_text(text: str) -> None:
    for wanted in (text, text.replace("Title", "TITLE").replace("number", "NUMBER")):
        found = of(letter(wanted)).entries
        assert [e.title.lower() for e in found] == ["title number 1", "title number 2"]
        assert [e.url for e in found] == ["https://x.example/1", "https://x.example/2"]


# ----------------------------------------------------------------------------------------------------------- lists
def post(subject: str, number: int, *, answers: int | None = None, text: str = "Text.", day: int = 2) -> str:
    headers = [
        f"Subject: {subject}", f"Message-ID: <{number}@x>", f"Date: Mon, {day:02} Nov 2026 10:{number:02}:00 +0000",
        "List-Id: <l.example.org>", "List-Post: <mailto:l@example.org>",
    ]  # fmt: skip
    if answers is not None:
        headers.append(f"References: <{answers}@x>")
    return letter(text, *headers)


@pytest.mark.parametrize(
    "prefix",
    ["Re: ", "RE: Re: ", "AW: ", "Antw: ", "R: ", "SV: ", "VS: ", "TR: Re: ", "Re[2]: ", "[L] Re: ", "Re: [L] "],
)
def test_answers_join_their_conversation_by_subject(prefix: str) -> None:
    reading = of(mbox(post("[L] A question of style", 1), post(f"{prefix}A question of style", 2)))
    assert titles(reading) == ["A question of style"]
    assert only(reading).text.endswith("2 messages")


def test_answers_join_their_conversation_by_references_whatever_the_subject() -> None:
    box = mbox(
        post("First", 1), post("Something else", 2, answers=1), post("Re: First", 3, answers=2), post("Other", 4)
    )
    assert [(e.title, e.text.count("3 messages")) for e in of(box).entries] == [("First", 1), ("Other", 0)]


def test_the_same_announcement_in_another_week_is_another_conversation() -> None:
    assert len(of(mbox(post("Jobs this week", 1), post("Jobs this week", 2, day=9))).entries) == 2


def test_a_conversation_keeps_its_name_when_its_first_mail_is_gone() -> None:
    whole = of(mbox(post("First", 1), post("Re: First", 2, answers=1)))
    rest = of(mbox(post("Re: First", 2, answers=1)))
    assert only(whole).guid == only(rest).guid


def test_a_conversation_that_only_lost_its_beginning_to_the_window_is_left_alone() -> None:
    box = mbox(post("Re: First", 2, answers=1), post("New", 3))
    # With a window of 60 days, the first mails of November are at its very beginning on the last days of the year.
    assert titles(of(box, _now="2026-12-30T00:00:00Z")) == ["New"]
    assert titles(of(box, _now="2026-11-10T00:00:00Z")) == ["First", "New"]


def test_mail_from_before_the_window_is_left_out() -> None:
    assert of(mbox(post("First", 1)), _now="2027-06-01T00:00:00Z").entries == ()
    assert titles(of(mbox(post("First", 1)), _now="2027-06-01T00:00:00Z", days=300)) == ["First"]


def test_a_circle_of_references_ends() -> None:
    assert len(of(mbox(post("One", 1, answers=2), post("Two", 2, answers=1))).entries) in (1, 2)


def test_quotes_signatures_and_footers_are_dropped() -> None:
    texts = [
        "My answer.\n\nOn Mon, 2 Nov 2026 at 10:00, Jane Doe <jane@x.example>\nwrote:\n\n> The question.\n",
        "My answer.\n\nAm 02.11.2026 um 10:00 schrieb Jane Doe:\n> The question.\n> More.\n",
        "My answer.\n\nIl giorno lun 2 nov 2026 Jane Doe ha scritto:\n> The question.\n",
        "My answer.\n\nLe lun. 2 nov. 2026 à 10:00, Jane Doe a écrit :\n> The question.\n",
        "My answer.\n\nFrom: Jane Doe\nSent: Monday\nTo: list\nSubject: The question.\n\nThe question.\n",
        "My answer.\n-- \nJane Doe\nThe question.\n",
        "My answer.\n\nKind regards,\nJane Doe\nLibrarian\n",
        "My answer.\n_______________________________________________\nL mailing list\nL@example.org\nhttps://x.example/mailman/listinfo/l\n",
        "My answer.\n\n-- \nYou received this message because you are subscribed to the Google Groups \"L\" group.\n",
        "My answer.\n\n########################################################################\n\nTo unsubscribe from the L list, click the following link:\nhttps://www.example.ac.uk/cgi-bin/WA.EXE?SUBED1=L&A=1\n",
    ]  # fmt: skip
    for text in texts:
        assert only(of(post("Re: x", 1, text=text))).text == "My answer.", text


def test_what_is_forwarded_is_told() -> None:
    text = "---------- Forwarded message ---------\nFrom: A <a@x.example>\nDate: Mon\nSubject: News\nTo: b\n\nThe news itself.\n"
    assert only(of(post("Fwd: News", 1, text=text))).text == "The news itself."
    outlook = "FYI\n\nFrom: A\nSent: Monday\nTo: B\nSubject: News\n\nThe news itself.\n"
    assert only(of(post("FW: News", 1, text=outlook))).text == "FYI The news itself."


def test_a_quotation_is_short_and_keeps_the_days_until_when() -> None:
    text = f"{'Many words of a long call. ' * 40}\n\nProposals are welcome until 31 January 2027.\n\n{'More words. ' * 300}"
    said = only(of(post("Call", 1, text=text))).text
    assert "until 31 January 2027" in said
    assert len(said) < 700


def test_a_list_mail_without_an_archive_has_no_address_and_is_held() -> None:
    items, refused = normalise_all(of(post("First", 1)), Source("s", "x", kind="mail"), NOW)
    assert (refused, [item.url for item in items], items[0].kind) == (0, [""], "thread")


def test_an_announcement_list_that_nobody_may_answer_is_a_newsletter() -> None:
    page = letter(
        "".join(ITEM.format(n) for n in (1, 2)),
        "List-Id: <a.example.org>",
        "List-Post: NO",
        "X-BeenThere: a",
        html=True,
    )
    assert len(of(page).entries) == 2


# ------------------------------------------------------------------------------------------------ boxes and machines
@pytest.mark.parametrize(
    "headers",
    [
        ["Auto-Submitted: auto-replied"], ["Auto-Submitted: auto-replied (vacation)", "List-Id: <l.x>"],
        ["X-Autoreply: yes"], ["Subject: Out of Office: News"], ["Subject: Risposta automatica: News"],
        ["Subject: Abwesenheitsnotiz"], ["From: Mail Delivery Subsystem <mailer-daemon@x.example>"],
        ["Subject: Please confirm your subscription"], ["X-List-Administrivia: yes"],
        ["Subject: Undelivered Mail Returned to Sender"], ["Precedence: auto_reply"],
        ["Subject: =?utf-8?Q?R=C3=A9ponse_automatique?="],
    ],
)  # fmt: skip
def test_what_machines_write_about_mail_is_no_item(headers: list[str]) -> None:
    assert of(letter("Text.", *headers)).entries == ()


def test_a_newsletter_that_a_machine_sends_is_one_all_the_same() -> None:
    assert len(of(letter("Text.", "Auto-Submitted: auto-generated")).entries) == 1


def test_the_same_message_twice_is_one() -> None:
    assert len(of(mbox(letter("x"), letter("x"))).entries) == 1


def test_an_archive_packed_with_gzip() -> None:
    assert titles(of(gzip.compress(mbox(letter("x")).encode()))) == ["News"]
    with pytest.raises(SourceError) as caught:
        of(b"\x1f\x8bnothing")
    assert caught.value.code == "unreadable"
    with pytest.raises(SourceError) as caught:
        of(gzip.compress(b"\0" * (80 << 20)))
    assert caught.value.code == "too-large"


def test_lines_that_begin_with_from_do_not_part_a_message() -> None:
    box = mbox(
        letter("One.\n\nFrom 9:00 to 17:00 in 2026\nwe are open.\n\nFrom here on: nothing", "Message-ID: <a@x>"),
        letter("Two."),
    )
    assert len(of(box).entries) == 2
    assert "we are open" in of(box).entries[0].text


def test_notebooks_of_listserv() -> None:
    rule = "=" * 73
    book = "".join(
        f"{rule}\nDate:         Mon, 2 Nov 2026 10:0{n}:00 +0000\nReply-To: L <L@X.EXAMPLE>\nSender: L\nFrom: Ann <ann@x.example>\nSubject: Subject {n}\n\nText {n}.\n\n"
        for n in (1, 2)
    )
    assert titles(of(book)) == ["Subject 1", "Subject 2"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   \n",
        b"<html><body>Log in</body></html>",
        b"{}",
        b"hello\nworld\n\nthere",
        b"%PDF-1.7",
        b"\x00" * 100,
    ],
)
def test_what_is_no_mail_is_refused(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        of(body)
    assert caught.value.code in ("empty", "not-a-mail")


def test_an_empty_mailbox_is_no_failure() -> None:
    document = Document(b"", "imap://x", "application/mbox; format=mboxrd")
    assert mail.read(document, Source("s", "x", kind="mail")).entries == ()


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        ("Tue, 17 Nov 2026 09:00:00 +0200", "2026-11-17T07:00:00Z"),
        ("Thu, 01 Jan 1970 00:00:00 +0000", "2026-11-17T10:00:00Z"),  # then it is when it came
        ("Tue, 17 Nov 2099 09:00:00 +0000", "2026-11-17T10:00:00Z"),
        ("yesterday", "2026-11-17T10:00:00Z"),
    ],
)
def test_dates_that_cannot_be_give_way_to_when_it_came(date: str, wanted: str) -> None:
    box = mbox(letter("x", f"Date: {date}"))
    assert to_json(only(of(box)))["published_at"] == wanted


def test_without_any_date_that_can_be_there_is_none() -> None:
    assert only(of(letter("x", "Date: Thu, 01 Jan 1970 00:00:00 +0000"))).published_at is None


@pytest.mark.parametrize(
    ("charset", "octets"),
    [
        ("utf-8", "é ž".encode()),
        ("iso-8859-1", "é ž".encode()),
        ("utf-8", "é".encode("latin-1")),
        ("x-none", "é".encode("cp1252")),
    ],
)
def test_charsets_that_lie(charset: str, octets: bytes) -> None:
    body = HEAD.encode() + b"Content-Type: text/plain; charset=" + charset.encode() + b"\n\ncaf" + octets + b"\n"
    assert only(of(body)).text.startswith("café")


def test_encoded_words_that_cut_a_character_in_two() -> None:
    halves = (
        "=?utf-8?B?"
        + base64.b64encode("caf\u00e9".encode()[:4]).decode()
        + "?=\n =?utf-8?B?"
        + base64.b64encode("\u00e9".encode()[1:]).decode()
        + "?="
    )
    assert only(of(letter("x", f"Subject: {halves}"))).title == "café"


# ----------------------------------------------------------------------------------------------------------- hostile
def test_parts_inside_parts_without_end() -> None:
    body = HEAD + "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3_000))
    assert titles(of(body)) == ["News"]


def test_tables_inside_tables_without_end() -> None:
    page = "<table><tr><td>" * 20_000 + "the end"
    assert len(of(letter(page, html=True)).entries) == 1


@pytest.mark.parametrize(
    "text",
    ["a" * 500_000, "a@" * 200_000, "> " * 200_000, "x at " * 100_000, "1 " * 250_000, "-" * 500_000, "\n" * 500_000,
     "<" * 300_000, "http://" * 60_000, "+1" * 200_000, "a." * 200_000, "0 0/" * 100_000, "x dot " * 80_000,
     "(at)" * 100_000, "wrote:\n" * 60_000, "From: x\n" * 60_000, "1. x\n" * 80_000],
)  # fmt: skip
@pytest.mark.parametrize("html", [True, False])
def test_large_texts_are_read_in_linear_time(text: str, html: bool) -> None:
    text = text[:250_000]
    of(letter(text, html=html))
    of(letter(text, "List-Post: <mailto:l@x>", html=html))


DOCUMENTS = [(SAMPLES / name).read_bytes() for name in NAMES]


@settings(max_examples=150)
@given(torn(DOCUMENTS))
def test_torn_mails_raise_nothing_but_source_errors(body: bytes) -> None:
    with suppress(SourceError):
        of(body, _now=NOW.isoformat())


@settings(max_examples=100)
@given(st.lists(st.sampled_from([*"FSDR", "rom: ", "ubject: ", "ate: ", "eferences: ", "<a@b>", "=?utf-8?Q?", "?=", "\n", "\n\n", "Content-Type: ", "multipart/digest", "message/rfc822", "; boundary=", "--", "charset*0*=", "\x00", "\udcff", "é", "From x Mon Nov  2 10:00:00 2026\n"]), max_size=40))  # fmt: skip
def test_headers_of_any_shape_raise_nothing_but_source_errors(pieces: list[str]) -> None:
    with suppress(SourceError):
        of(HEAD.encode() + "".join(pieces).encode("utf-8", "surrogateescape"))


def test_a_mail_in_html_loses_its_closing_too() -> None:
    page = "<p>Hello,</p><p>We meet on 3 May.</p><p>Kind regards<br>Jane Doe<br>Head of all, 2nd floor</p><p>--<br>Jane</p>"
    assert only(of(letter(page, html=True))).text == "Hello,\n\nWe meet on 3 May."


def test_one_page_that_serves_leaving_and_stories_is_told_apart_by_its_parameters() -> None:
    page = "".join(ITEM.format(n).replace("x.example/", "c.example/c?x=") for n in (1, 2)) + (
        "<h2>Title number 3</h2><p>Text <a href='https://c.example/c?x=leave'>of it</a>, at length and longer than that, so that it is an "
        "item of its own.</p>"
    )
    found = of(letter(page, "List-Unsubscribe: <https://c.example/c?x=leave>", html=True)).entries
    assert [entry.url for entry in found] == ["https://c.example/c?x=1", "https://c.example/c?x=2", ""]
    assert "c.example" not in found[2].html


@pytest.mark.parametrize(
    ("url", "now", "asked", "headers"),
    [
        ("maildir:/srv/mail", "2026-11-23T08:00:00Z", "maildir:/srv/mail", {"Since": "2026-09-24"}),
        ("https://l.example/p/{year}-{Month}.txt.gz", "2026-11-23T08:00:00Z", "https://l.example/p/2026-November.txt.gz", {}),
        # What came on the last day of a month is still to be read on the first of the next.
        ("https://l.example/{year}/{month}", "2027-01-01T08:00:00Z", "https://l.example/2026/12", {}),
    ],
)  # fmt: skip
def test_what_is_asked_for(url: str, now: str, asked: str, headers: dict[str, str]) -> None:
    wanted = mail.ask(Source("s", url, kind="mail"), None, datetime.fromisoformat(now))
    assert (wanted.url, dict(wanted.headers)) == (asked, headers)


def test_bounces_and_absences_of_many_mail_programs_are_no_items(shared: Path) -> None:
    for path in sorted((shared / "bounces").glob("*.eml")):
        reading = of(path.read_bytes())
        assert not reading.entries or "human" in path.name, path.name


def test_a_newsletter_that_somebody_sent_on_as_an_attachment() -> None:
    inner = letter("".join(ITEM.format(n) for n in (1, 2)), html=True)
    body = f"From: Jane <jane@x.example>\nSubject: see attached\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    assert titles(of(body)) == ["Title number 1", "Title number 2"]


def test_what_somebody_answered_is_a_conversation_also_where_its_list_says_nothing_of_itself() -> None:
    first = letter(
        "The course has places.", "Message-ID: <a@x.example>", "Subject: A course", "List-Unsubscribe: "
    )
    answer = letter(
        "Thank you!", "Message-ID: <b@y.example>", "Subject: Re: A course", "In-Reply-To: <a@x.example>"
    )
    alone, both = only(of(mbox(first))), only(of(mbox(first, answer)))
    assert (alone.guid, alone.title) == (both.guid, both.title)
    assert both.kind == "thread"
    assert "2 messages" in both.text
