"""What a form proposes, how an activity is kept, which files are taken, and the data files of schemes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cpdlog
import pytest
from cpdlog import SCHEMES, TODAY, activity
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.schemes import load_schemes, read_scheme, shipped_schemes
from aggregator.cpd import Membership, Setting, invited, prefill
from aggregator.cpd.evidence import MOST_BYTES, MOST_FILES, described, fault, media_type, safe_name
from aggregator.cpd.jsonform import from_json, to_json
from aggregator.cpd.record import Activity, Competency, Evidence, Reflection
from aggregator.cpd.remarks import faults, hints
from aggregator.model import Item, Occasion, Tag

ZAGREB = ZoneInfo("Europe/Zagreb")
SETTING = Setting(
    "r1", TODAY, ZAGREB, {"blog": "Open Shelf"}, {"linked-data": "Linked data"}, "2026-W47",
    (Membership("r1", "lianza"), Membership("r1", "ahip"), Membership("r1", "gone")),
)  # fmt: skip
ITEM = Item(
    "i1", "blog", url="https://x.example/1", title="A note", kind="post", topics=(Tag("linked-data", "why"),)
)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------------- prefill
def test_what_an_item_says_is_filled_in_and_nothing_counts_yet() -> None:
    course = replace(ITEM, title="Linked data for all", kind="course", occasion=Occasion(
        starts=date(2026, 11, 2), ends=date(2026, 11, 20), hours=(6.0, 9.0), organiser="Biblioteca di Zagabria",
        online=True, said={"starts": "starts"},
    ))  # fmt: skip
    made = prefill(course, SETTING, SCHEMES)
    assert (made.title, made.provider, made.place) == ("Linked data for all", "Biblioteca di Zagabria", "online")
    assert (made.start, made.end) == (date(2026, 11, 2), date(2026, 11, 20))
    assert (made.minutes, made.suggested_minutes) == (None, 360)
    assert (made.kind, made.mode, made.topics) == ("course", "non_formal", ("Linked data",))
    assert made.source is not None
    assert (made.source.url, made.source.seen_in) == ("https://x.example/1", "2026-W47")
    assert made.schemes == ("lianza", "ahip")
    assert made.competencies == (Competency("lianza.domain", "knowing"), Competency("ahip.category", "ce"))


def test_a_note_on_a_conference_is_reading_to_its_reader_and_writing_to_its_author() -> None:
    note = replace(ITEM, kind="notes", occasion=Occasion(starts=date(2026, 9, 1)))
    reader, author = (prefill(note, replace(SETTING, as_author=who), SCHEMES) for who in (False, True))
    assert (reader.kind, reader.role, reader.start) == ("reading", "participant", TODAY)
    assert (author.kind, author.role) == ("writing", "author")
    assert Competency("lianza.domain", "sharing") in author.competencies


@pytest.mark.parametrize(("item", "kind", "minutes"), [
    (replace(ITEM, kind="podcast", occasion=Occasion(effort="33 min")), "media", 33),
    (replace(ITEM, kind="event", title="Webinar: RDA", occasion=Occasion(starts=at(3, 14), ends=at(3, 15))), "webinar", 60),
    (replace(ITEM, kind="event", occasion=Occasion(starts=at(3, 9), ends=at(3, 10), online=True)), "webinar", 60),
    (replace(ITEM, kind="event", title="Metadata workshop", occasion=Occasion(starts=at(3, 9))), "workshop", None),
    (replace(ITEM, kind="event", title="WLIC", occasion=Occasion(starts=at(3, 9), ends=at(6, 17))), "conference", None),
    (replace(ITEM, kind="course", title="A MOOC", occasion=Occasion(effort="3-4 hours per week")), "mooc", None),
    (replace(ITEM, kind="thread"), "discussion", None),
    (replace(ITEM, kind="paper"), "reading", None),
])  # fmt: skip
def test_kind_and_suggested_time_are_read_and_never_guessed(item: Item, kind: str, minutes: int | None) -> None:
    made = prefill(item, SETTING, SCHEMES)
    assert (made.kind, made.suggested_minutes, made.minutes) == (kind, minutes, None)


def test_the_days_are_those_of_the_place_or_of_who_takes_part_online() -> None:
    late = Occasion(starts=at(3, 23), ends=at(4, 1), zone="America/New_York")
    onsite = prefill(replace(ITEM, kind="event", occasion=late), SETTING, SCHEMES)
    online = prefill(replace(ITEM, kind="event", occasion=replace(late, online=True)), SETTING, SCHEMES)
    assert (onsite.start, onsite.end) == (date(2026, 11, 3), None)
    assert (online.start, online.end) == (date(2026, 11, 4), None)
    night = Occasion(starts=at(3, 21), ends=at(4, 3), zone="Europe/Zagreb")
    assert prefill(replace(ITEM, kind="event", occasion=night), SETTING, SCHEMES).end == date(2026, 11, 4)


def test_the_other_side_of_a_meeting_gets_its_facts_and_nothing_private() -> None:
    meeting = replace(
        cpdlog.FULL, kind="mentoring", role="mentor", minutes=50, meeting="secret", description="private notes"
    )
    other = invited(meeting, replace(SETTING, subscriber="r2"), SCHEMES)
    assert (other.subscriber, other.kind, other.role) == ("r2", "mentored", "mentee")
    assert (other.title, other.start, other.end) == (meeting.title, meeting.start, meeting.end)
    assert (other.minutes, other.suggested_minutes, other.meeting) == (None, 50, "secret")
    assert (other.reflection, other.description, other.evidence, other.credits) == (Reflection(), "", (), ())
    back = invited(replace(meeting, role="mentee", kind="mentored"), SETTING, SCHEMES)
    assert (back.kind, back.role) == ("mentoring", "mentor")


# -------------------------------------------------------------------------------------------------------- record
def test_an_activity_comes_back_from_json_as_it_was() -> None:
    kept = replace(cpdlog.FULL, created_at=at(1, 1), changed_at=at(2, 2), evidence=())
    assert from_json(to_json(kept), "r1") == kept
    assert from_json(to_json(activity()), "r1") == activity()


@pytest.mark.parametrize(("more", "fields"), [
    ({"title": " "}, ["title"]),
    ({"title": "x" * 501}, ["title"]),
    ({"end": date(2026, 11, 1)}, ["end"]),
    ({"minutes": 0}, ["minutes"]),
    ({"minutes": -5}, ["minutes"]),
    ({"start": date(1900, 1, 1)}, ["start"]),
    ({"kind": "sleeping"}, ["kind"]),
    ({"reflection": Reflection(so_what="x" * 10_001)}, ["so_what"]),
    ({}, []),
])  # fmt: skip
def test_what_can_not_be_kept_is_named(more: dict[str, object], fields: list[str]) -> None:
    assert [one.field for one in faults(activity(1, **more))] == fields


def test_hints_stop_nothing() -> None:
    odd = activity(1, minutes=3000, end=TODAY + timedelta(days=3), start=TODAY + timedelta(days=3))
    assert [one.key for one in hints(odd, SCHEMES, TODAY)] == ["minutes.many", "future"]
    assert faults(odd) == []


# ------------------------------------------------------------------------------------------------------ evidence
def archive(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


ODT = archive(("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<x/>"))
DOCX = archive(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))


@pytest.mark.parametrize(("content", "found"), [
    (b"%PDF-1.7\n...", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n....", "image/png"),
    (b"\xff\xd8\xff\xe0....", "image/jpeg"),
    (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    ("Čitanje, 3 sata\r\n".encode(), "text/plain"),
    (ODT, "application/vnd.oasis.opendocument.text"),
    (DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (archive(("[Content_Types].xml", b""), ("word/document.xml", b""), ("word/vbaProject.bin", b"")), None),
    (archive(("a.exe", b"MZ")), None),
    (b"MZ\x90\0\x03", None),
    (b"\x7fELF", None),
    (b"GIF89a\x01", None),
    (b"a\0b", None),
    ("Ž".encode("iso8859-2"), None),
])  # fmt: skip
def test_a_file_is_what_its_bytes_say(content: bytes, found: str | None) -> None:
    assert media_type(content) == found


def test_html_and_svg_are_given_back_as_plain_text_only() -> None:
    for content in (b"<script>alert(1)</script>", b"<svg onload='x'/>"):
        assert described(content, "x.html").media_type == "text/plain"
        assert described(content, "x.html").name == "x.html.txt"


@pytest.mark.parametrize(("name", "safe"), [
    ("../../etc/passwd", "passwd.pdf"),
    ("C:\\Users\\me\\cert.PDF", "cert.pdf"),
    ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
    ('";filename=x.html', "filename=x.html.pdf"),
    ("", "file.pdf"),
    (".pdf", "pdf.pdf"),
    ("   .   ", "file.pdf"),
    ("attestato\u202efdp.exe", "attestatofdp.exe.pdf"),
    ("Università.pdf", "Università.pdf"),
    ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
])  # fmt: skip
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe


@given(st.text())
def test_no_name_leaves_its_folder_or_its_header(name: str) -> None:
    safe = safe_name(name, "image/jpeg")
    assert safe.endswith((".jpg", ".jpeg"))
    assert not set(safe) & set('/\\"\r\n\0;%')
    assert 5 <= len(safe) <= 100
    safe.encode("utf-8")


def test_limits_of_files() -> None:
    kept = [Evidence(str(n), sha256="x") for n in range(MOST_FILES)]
    pdf = b"%PDF-1.7"
    assert fault(b"", [], 0) == "empty"
    assert fault(pdf + b"x" * MOST_BYTES, [], 0) == "large"
    assert fault(pdf, kept, 0) == "many"
    assert fault(pdf, [], 50_000_000) == "full"
    assert fault(b"MZ\0", [], 0) == "kind"
    assert fault(pdf, kept[1:], 0) is None


def test_a_renamed_certificate_is_known_by_its_bytes() -> None:
    first, second = (described(b"%PDF-1.7", name, "certificate") for name in ("scan.pdf", "attestato 17.pdf"))
    assert first.sha256 == second.sha256 == hashlib.sha256(b"%PDF-1.7").hexdigest()
    assert (first.name, second.name) == ("scan.pdf", "attestato 17.pdf")


# ------------------------------------------------------------------------------------------------------- schemes
def test_the_shipped_schemes_are_sound_and_there() -> None:
    assert {"cilip", "aib", "alia", "ahip", "lianza", "generic", "hkd"} <= set(SCHEMES)
    assert SCHEMES["aib"].goals[0].least is None
    assert SCHEMES["aib"].language == "it"
    assert [goal.least for goal in SCHEMES["alia"].goals] == [30, 120]


def test_an_own_file_wins_and_a_bad_one_leaves_the_shipped_one(tmp_path: Path) -> None:
    own = shipped_schemes()["cilip.toml"].replace("least = 20", "least = 25")
    (tmp_path / "cilip.toml").write_text(own)
    (tmp_path / "alia.toml").write_text('id = "alia"\nlable = "x"')
    (tmp_path / "ours.toml").write_text(shipped_schemes()["generic.toml"].replace('id = "generic"', 'id = "ours"'))
    found, problems = load_schemes(tmp_path)
    assert found["cilip"].goals[0].least == 25
    assert found["ours"].unit == "hours"
    assert found["alia"] == SCHEMES["alia"]
    assert any("lable is no key" in str(one) for one in problems)
    assert all(one.file.endswith("alia.toml") and one.remedy for one in problems)


@pytest.mark.parametrize(("was", "becomes", "said"), [
    ('id = "alia"', 'id = "other"', "must be the name of the file"),
    ('unit = "hours"', 'unit = "smiles"', "unit"),
    ('unit = "hours"', 'unit = "points"', "needs systems"),
    ("boundary = [7, 1]", "boundary = [2, 30]", "no \\[month, day\\]"),
    ("months = 36", "months = 35", "whole years"),
    ('value = "title"', 'value = "titel"', "there is no value 'titel'"),
    ('"framework:alia.competency"', '"framework:alia.nothing"', "there is no value"),
    ('as_of = "2024"', 'as_of = "lately"', "is no year"),
    ('as_of = "2024"', 'as_of = "2024-02-30"', "is no year"),
    ('as_of = "2024"', 'as_of = "2024-13"', "is no year"),
    ("checked_on = 2026-11-23", 'checked_on = "soon"', "checked_on"),
    ("least = 30", "leest = 30", "leest is no key"),
    ('evidence = "', 'words = {"kind.nap" = "Nap"}\nevidence = "', "no text called"),
    ('evidence = "', 'words = {period = "{first} {later}"}\nevidence = "', "braces that mean nothing"),
    ('evidence = "', 'papers = [{id = "x", title = "X", text = "{name.__class__}"}]\nevidence = "', "braces"),
    ('evidence = "', 'papers = [{id = "x", title = "X", text = "{"}]\nevidence = "', "braces"),
    ('evidence = "', "evidence = ", "is no TOML"),
])  # fmt: skip
def test_every_mistake_in_a_scheme_is_named(was: str, becomes: str, said: str) -> None:
    text = shipped_schemes()["alia.toml"]
    assert was in text
    scheme, problems = read_scheme("alia.toml", text.replace(was, becomes, 1))
    assert scheme is None
    with pytest.raises(ValueError, match=said):
        raise ValueError("\n".join(map(str, problems)))


def test_what_is_logged_for_a_scheme_that_is_gone_stays() -> None:
    lost = Activity("a", "r", "T", TODAY, schemes=("gone",), minutes=5)
    assert hints(lost, SCHEMES, TODAY) == []
    assert from_json(to_json(lost), "r").schemes == ("gone",)
