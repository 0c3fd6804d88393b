"""Calendars: events as written and as they happen, zones, series, and what must not hang or leak."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.jsonlines import to_json
from aggregator.model import Document, Entry, Occasion, Reading, Source
from aggregator.read import calendar
from aggregator.read.calendar_lines import Property, calendars
from aggregator.read.calendar_times import duration
from aggregator.read.calendar_zones import Zones, world_zone

SAMPLES = Path(__file__).parent / "data" / "calendar"
NOW = "2026-11-23T08:00:00Z"
URL = "https://events.example.org/all.ics"


def of(body: bytes, **options: object) -> Reading:
    return calendar.read(Document(body, URL), Source("cal", URL, "calendar", options={"_now": NOW, **options}))


def vevent(lines: str, start: str = "DTSTART:20261201T090000Z", uid: str = "UID:u") -> str:
    return f"BEGIN:VEVENT\n{uid}\nSUMMARY:Meeting\n{start}\n{lines}\nEND:VEVENT\n"


def vcalendar(*parts: str) -> bytes:
    return ("BEGIN:VCALENDAR\n" + "".join(parts) + "END:VCALENDAR\n").replace("\n", "\r\n").encode()


def occasion(entry: Entry) -> Occasion:
    assert entry.occasion is not None
    return entry.occasion


def starts(reading: Reading) -> list[object]:
    return [occasion(entry).starts for entry in reading.entries]


# --------------------------------------------------------------------------------------------- whole samples
@pytest.mark.parametrize(
    "sample", sorted(p.name for p in SAMPLES.iterdir() if not p.name.endswith(".golden.json"))
)
def test_samples_are_read_as_reviewed(sample: str) -> None:
    """Each golden was read by a person against its calendar; keys without a value are left out of it."""
    golden = json.loads((SAMPLES / f"{sample}.golden.json").read_text("utf-8"))
    assert said((SAMPLES / sample).read_bytes()) == golden


def said(body: bytes) -> dict[str, object]:
    try:
        reading = of(body)
    except SourceError as error:
        return {"error": str(error)}
    listed, written = calendar.events(Document(body, URL))
    return {
        "title": reading.title,
        "home": reading.home,
        "ttl": reading.ttl.total_seconds() if reading.ttl else None,
        "entries": [_kept(entry) for entry in reading.entries],
        "events": [[e.title, w.dtstart, w.tzid] for e, w in zip(listed.entries, written, strict=True)],
    }


def _kept(entry: Entry) -> dict[str, object]:
    found = {k: v for k, v in to_json(entry).items() if v not in (None, "", [])}
    found["occasion"] = {k: v for k, v in found["occasion"].items() if v not in (None, "", [])}
    return found


def test_real_calendars(shared: Path) -> None:
    """Every judged calendar right in every field; none of the other documents taken for one."""
    rows = [json.loads(line) for line in (shared / "corpus" / "index.jsonl").read_text("utf-8").splitlines()]
    wrong = []
    for row in rows:
        document = Document((shared / "corpus" / row["path"]).read_bytes())
        if row["kind"] != "calendar":
            try:
                calendar.events(document)
                wrong.append(row["path"])
            except SourceError:
                pass
            continue
        reading, written = calendar.events(document)
        found = {"events": len(reading.entries)}
        if reading.entries:
            found |= {"first_dtstart": written[0].dtstart, "first_tzid": written[0].tzid}
        wanted = {name: row["expected"].get(name) for name in found}
        wrong += [row["path"]] if any(v is not None and v != found[k] for k, v in wanted.items()) else []
    assert wrong == []


# ---------------------------------------------------------------------------------------------------- series
def test_a_series_stays_at_its_hour_when_clocks_change() -> None:
    body = vcalendar(vevent("RRULE:FREQ=WEEKLY;COUNT=3", "DTSTART;TZID=Europe/Zagreb:20270321T140000"))
    assert [moment.hour for moment in starts(of(body))] == [13, 12, 12]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=9", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=0", "FREQ=NEVER", "COUNT=3",
     "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=6MO",
     "FREQ=DAILY;BYHOUR=1,2,3,4;BYMINUTE=1,2,3;BYSECOND=1,2,3", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;BYSETPOS=2"],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_leaves_the_event_itself(rule: str) -> None:
    assert starts(of(vcalendar(vevent(f"RRULE:{rule}")))) == [datetime(2026, 12, 1, 9, tzinfo=UTC)]


def test_a_series_and_a_document_are_bounded() -> None:
    assert len(of(vcalendar(vevent("RRULE:FREQ=DAILY"))).entries) == 200
    many = (vevent("RRULE:FREQ=WEEKLY", uid=f"UID:{n}") for n in range(60))
    entries = of(vcalendar(*many)).entries
    assert len(entries) == calendar.MOST
    assert max(occasion(entry).starts for entry in entries) < datetime(2027, 8, 1, tzinfo=UTC)  # type: ignore


def test_an_old_series_is_followed_to_today() -> None:
    body = vcalendar(vevent("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "DTSTART;TZID=Europe/Rome:19990105T100000"))
    found = starts(of(body, days_ahead=20, days_back=0))
    assert found == [datetime(2026, 12, 1, 9, tzinfo=UTC)]
    assert (date(2026, 12, 1) - date(1999, 1, 5)).days % 14 == 0


@pytest.mark.parametrize(
    ("until", "last"),
    [("20261203", 3), ("20261203T090000Z", 3), ("20261203T085959Z", 2), ("20261203T090000", 3), ("99991231", 5)],
)
def test_until_includes_what_begins_at_it(until: str, last: int) -> None:
    body = vcalendar(vevent(f"RRULE:FREQ=DAILY;UNTIL={until}"))
    found = [moment for moment in starts(of(body)) if moment <= datetime(2026, 12, 5, 9, tzinfo=UTC)]  # type: ignore
    assert found[-1] == datetime(2026, 12, last, 9, tzinfo=UTC)


def test_an_occurrence_keeps_its_guid_when_it_is_moved_or_cancelled() -> None:
    series = vevent("RRULE:FREQ=DAILY;COUNT=3")
    before = {entry.guid for entry in of(vcalendar(series)).entries}
    moved = vevent("RECURRENCE-ID:20261202T090000Z\nSEQUENCE:1", "DTSTART:20261224T170000Z")
    off = vevent("RECURRENCE-ID:20261203T090000Z\nSTATUS:CANCELLED", "DTSTART:20261203T090000Z")
    after = {entry.guid: occasion(entry) for entry in of(vcalendar(series, moved, off)).entries}
    assert set(after) == before
    assert after["u#20261202T090000Z"].starts == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert (after["u#20261202T090000Z"].sequence, after["u#20261203T090000Z"].status) == (1, "cancelled")


def test_all_that_follows_moved_too() -> None:
    series = vevent("RRULE:FREQ=DAILY;COUNT=4")
    moved = vevent("RECURRENCE-ID;RANGE=THISANDFUTURE:20261203T090000Z", "DTSTART:20261203T110000Z")
    reading = of(vcalendar(series, moved))
    assert [moment.hour for moment in starts(reading)] == [9, 9, 11, 11]  # type: ignore[attr-defined]
    assert len({entry.guid for entry in reading.entries}) == 4


def test_exceptions_and_additions_of_every_form() -> None:
    zone = "TZID=Europe/Rome"
    body = vcalendar(
        vevent(
            "DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nEXDATE:20261202T080000Z\nEXDATE;VALUE=DATE:20261203\n"
            f"EXDATE;{zone}:20261204T090000\nRDATE;VALUE=PERIOD:20261220T080000Z/PT3H,20261221T080000Z/20261221T100000Z",
            f"DTSTART;{zone}:20261201T090000",
        )
    )
    found = [occasion(entry) for entry in of(body).entries]
    assert [one.starts.day for one in found if one.starts] == [1, 5, 20, 21]
    assert [(one.ends - one.starts).seconds // 3600 for one in found] == [1, 1, 3, 2]  # type: ignore[operator]


def test_days_that_recur() -> None:
    body = vcalendar(vevent("RRULE:FREQ=YEARLY;COUNT=5", "DTSTART;VALUE=DATE:20240229\nDTEND;VALUE=DATE:20240302"))
    [entry] = of(body, _now="2028-03-01T00:00:00Z").entries
    assert (entry.guid, occasion(entry).starts, occasion(entry).ends) == (
        "u#20280229", date(2028, 2, 29), date(2028, 3, 1),
    )  # fmt: skip


def test_versions_of_one_event_are_one_and_different_events_are_not() -> None:
    old, new = vevent("SEQUENCE:0"), vevent("SEQUENCE:1", "DTSTART:20261208T090000Z")
    assert starts(of(vcalendar(new, old))) == [datetime(2026, 12, 8, 9, tzinfo=UTC)]
    two = of(vcalendar(vevent(""), vevent("", "DTSTART:20261208T090000Z"), vevent("")))
    assert [entry.guid for entry in two.entries] == ["u#20261201T090000Z", "u#20261208T090000Z"]


def test_the_window_comes_from_the_options_or_from_the_file() -> None:
    body = vcalendar(vevent("DTSTAMP:20200101T000000Z", "DTSTART:20200201T090000Z"))
    assert of(body).entries == ()
    assert len(of(body, _now=None).entries) == 1
    assert len(of(body, days_back=3000).entries) == 1


# ----------------------------------------------------------------------------------------------------- times
@pytest.mark.parametrize(
    ("name", "instant"),
    [("Europe/Rome", 8), ("europe/rome", 8), ("W. Europe Standard Time", 8), ("Etc/UTC", 9), ("GMT+0300", 6),
     ("/mozilla.org/20050126_1/America/New_York", 14), ("(UTC-05:00) Somewhere", 14), ("US/Pacific", 17)],
)  # fmt: skip
def test_zones_by_all_their_names(name: str, instant: int) -> None:
    body = vcalendar(vevent("", f'DTSTART;TZID="{name}":20261201T090000'))
    assert starts(of(body)) == [datetime(2026, 12, 1, instant, tzinfo=UTC)]


def test_a_time_without_a_zone_takes_the_source_s_or_is_only_a_day() -> None:
    body = vcalendar(vevent("", "DTSTART:20261201T093000"), "X-WR-TIMEZONE:Europe/Zagreb\n")
    assert starts(of(body)) == [datetime(2026, 12, 1, 8, 30, tzinfo=UTC)]
    assert starts(of(body, zone="America/New_York")) == [datetime(2026, 12, 1, 14, 30, tzinfo=UTC)]
    [entry] = of(vcalendar(vevent("", "DTSTART;TZID=Nowhere:20261201T093000"))).entries
    assert occasion(entry).starts == date(2026, 12, 1)
    assert "09:30" in occasion(entry).evidence


def test_the_day_is_the_last_one_that_is_included() -> None:
    one, two, none = (
        of(vcalendar(vevent(end, "DTSTART;VALUE=DATE:20261224"))).entries[0]
        for end in ("DTEND;VALUE=DATE:20261225", "DURATION:P2D", "")
    )
    assert [occasion(entry).ends for entry in (one, two, none)] == [
        date(2026, 12, 24),
        date(2026, 12, 25),
        date(2026, 12, 24),
    ]


RULES = """BEGIN:VTIMEZONE
TZID:Own
BEGIN:DAYLIGHT
DTSTART:{first}0329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:{first}1025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
_OWN = calendars(Document(vcalendar(RULES.format(first=1981))))[0]
_OWN_ZONE = Zones(_OWN.within("VTIMEZONE")).named("Own")


@given(st.datetimes(datetime(1997, 1, 1), datetime(2090, 1, 1)))
@example(datetime(2027, 3, 28, 2, 30))
@example(datetime(2027, 10, 31, 2, 30))
def test_rules_of_a_zone_mean_what_the_world_means(local: datetime) -> None:
    """Law: a VTIMEZONE with Rome's rules is Rome, in gaps and doubled hours too."""
    rome = world_zone("Europe/Rome")
    assert _OWN_ZONE is not None
    assert rome is not None
    moment = rome.instant(local)
    assert _OWN_ZONE.instant(local) == moment
    assert _OWN_ZONE.local(moment) == moment.astimezone(ZoneInfo("Europe/Rome")).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "length"),
    [("P1D", timedelta(1)), ("PT1H30M", timedelta(minutes=90)), ("P2W", timedelta(14)), ("-PT5M", timedelta(minutes=-5)),
     ("P", None), ("PT", None), ("1D", None), ("", None), ("P9999999999D", None)],
)  # fmt: skip
def test_durations(text: str, length: timedelta | None) -> None:
    assert duration(text) == length


# ------------------------------------------------------------------------------------------- text, page, place
@pytest.mark.parametrize(
    ("location", "place", "online"),
    [("Room 3\\, Main Library", "Room 3, Main Library", None), ("Online", "", True), ("Zoom", "", True),
     ("https://zoom.us/j/1", "", True), ("Webinar via Microsoft Teams", "", True), ("", "", None),
     ("Aula Magna e online", "Aula Magna e online", True), ("Offline bar", "Offline bar", None)],
)  # fmt: skip
def test_place_and_online(location: str, place: str, online: bool | None) -> None:
    [entry] = of(vcalendar(vevent(f"LOCATION:{location}"))).entries
    assert (occasion(entry).place, occasion(entry).online) == (place, online)


@pytest.mark.parametrize(
    ("lines", "url"),
    [("URL:/e/1", "https://events.example.org/e/1"), ("URL:www.example.org/x", "https://www.example.org/x"),
     ("URL:mailto:a@example.org", ""), ("URL:javascript:alert(1)", ""), ("LOCATION:https://zoom.us/j/1", ""),
     ("DESCRIPTION:Join https://meet.google.com/abc or read https://example.org/e.", "https://example.org/e")],
)  # fmt: skip
def test_the_page_of_an_event_is_never_where_one_joins(lines: str, url: str) -> None:
    assert of(vcalendar(vevent(lines))).entries[0].url == url


def test_nothing_personal_is_kept() -> None:
    lines = (
        'ORGANIZER;CN="jane.roe@example.org":mailto:jane.roe@example.org\nCONTACT:Jane Roe\\, +39 02 1234 5678\n'
        "ATTENDEE;CN=John Doe:mailto:john@example.org\n"
        "DESCRIPTION:Write to jane(at)example.org or jane.roe@example.org\\, call +39 02 1234 5678."
    )
    shown = json.dumps(to_json(of(vcalendar(vevent(lines))).entries[0]))
    assert not any(word in shown for word in ("jane", "John", "1234", "Jane"))


@pytest.mark.parametrize(
    ("title", "status"),
    [("CANCELLED: Workshop", "cancelled"), ("Workshop [annullato]", "cancelled"), ("Rinviato - Corso", "postponed"),
     ("SOLD OUT! Talk", "sold_out"), ("How cancelled orders are handled", "")],
)  # fmt: skip
def test_what_organisers_write_into_titles(title: str, status: str) -> None:
    body = vcalendar(vevent("").replace("SUMMARY:Meeting", f"SUMMARY:{title}"))
    assert occasion(of(body).entries[0]).status == status


def test_a_calendar_that_withdraws() -> None:
    assert occasion(of(vcalendar("METHOD:CANCEL\n", vevent(""))).entries[0]).status == "cancelled"


def test_private_events_on_wish_only() -> None:
    body = vcalendar(vevent("CLASS:PRIVATE"))
    assert (len(of(body).entries), len(of(body, private=True).entries)) == (0, 1)
    assert len(calendar.events(Document(body))[0].entries) == 1


def test_a_fold_may_cut_a_character() -> None:
    body = vcalendar(vevent("LOCATION:Zürich")).replace(b"Z\xc3\xbc", b"Z\xc3\r\n \xbc")
    assert occasion(of(body).entries[0]).place == "Zürich"


def test_wide_and_western_encodings() -> None:
    text = vcalendar(vevent("LOCATION:Zürich")).decode()
    for body in (
        text.encode("utf-16"),
        text.encode("cp1252"),
        text.encode("utf-8-sig"),
        text.replace("\r", "").encode(),
    ):
        assert occasion(of(body).entries[0]).place == "Zürich"


# -------------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "empty"), (b" \r\n", "empty"), (b"<html>BEGIN:VCALENDAR", "not-a-calendar"), (b"{}", "not-a-calendar"),
     (b"BEGIN:VCARD\r\nEND:VCARD", "not-a-calendar"), (b"\x89PNG\r\n\x1a\n", "not-a-calendar"),
     (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 1000, "too-deep")],
)  # fmt: skip
def test_what_is_no_calendar_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        of(body)
    assert caught.value.code == code


@pytest.mark.parametrize("options", [{"zone": "Rome/Europe"}, {"zone": 1}, {"days_back": -1}, {"days_ahead": "9"}])
def test_options_are_checked(options: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="bad-option") as caught:
        of(vcalendar(vevent("")), **options)
    assert next(iter(options)) in caught.value.detail


def test_an_empty_calendar_is_one() -> None:
    assert of(vcalendar()).entries == ()


# ------------------------------------------------------------------------------------------------ properties
_WORDS = st.sampled_from(
    ["20261201T090000Z", "20261201", "99991231T235959", "00010101", "Europe/Rome", "-P1D", "PT0S", "FREQ=DAILY",
     "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=WEEKLY;BYDAY=MO,TU", "COUNT=3;FREQ=DAILY", "UNTIL=20261205", ";", ",",
     "/", '"', "TRUE", "CANCELLED", "x@example.org", "=C3", "\\n", "\u0130", "\x00", "FREQ=DAILY;UNTIL=20271201T000000"]
)  # fmt: skip
_NAMES = st.sampled_from(
    ["UID", "DTSTART", "DTEND", "DTSTART;VALUE=DATE", "DTSTART;TZID=Europe/Rome", "DURATION", "RRULE", "RDATE", "EXDATE",
     "RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE", "SEQUENCE", "SUMMARY", "URL", "LOCATION", "BEGIN", "END",
     "TZID", "TZOFFSETTO", "TZOFFSETFROM", "SUMMARY;ENCODING=QUOTED-PRINTABLE", "DTSTAMP", "X-WR-TIMEZONE", "CLASS"]
)  # fmt: skip
_VALUES = st.lists(st.one_of(_WORDS, st.text(max_size=8)), max_size=3).map("".join)
_LINES = st.lists(st.tuples(_NAMES, _VALUES), max_size=12)
_NESTS = st.sampled_from(["VEVENT", "VTIMEZONE", "STANDARD", "VTODO", "VALARM"])


@settings(max_examples=150)
@given(st.lists(st.tuples(_NESTS, _LINES), max_size=6))
def test_no_calendar_crashes_the_reader(components: list[tuple[str, list[tuple[str, str]]]]) -> None:
    """Law: whatever stands in it, a calendar is read or refused, and never gives more than it may."""
    inner = "".join(
        f"BEGIN:{name}\n" + "".join(f"{key}:{value}\n" for key, value in lines) + f"END:{name}\n"
        for name, lines in components
    )
    body = f"BEGIN:VCALENDAR\n{inner}END:VCALENDAR\n".encode("utf-8", "replace")
    try:
        reading, (listed, written) = of(body), calendar.events(Document(body))
    except SourceError:
        return
    assert len(reading.entries) <= calendar.MOST
    assert len(listed.entries) == len(written)
    assert all(entry.guid for entry in reading.entries)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    for document in (body, b"BEGIN:VCALENDAR\r\n" + body):
        code = ""
        try:
            of(document)
        except SourceError as error:
            code = error.code
        assert code in ("", "empty", "not-a-calendar", "too-deep")


@given(st.text(max_size=50))
def test_text_comes_back_from_its_escapes(text: str) -> None:
    """Law: RFC 5545, 3.3.11."""
    plain = "".join(text.split("\r"))
    escaped = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    assert Property("SUMMARY", escaped).text == plain
