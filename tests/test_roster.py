"""Rosters: every mistake is named with its line, and every sound row comes in."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.columns import COLUMNS, Mistake, email, read_row
from aggregator.config.roster import Context, Roster, decoded, parse, parse_csv, parse_yaml
from aggregator.errors import ConfigError
from aggregator.model import FREQUENCIES, ITEM_KINDS, Catalogue, Edition, Profile, Schedule, Subscriber, Topic

TOPICS = {
    "mentoring": Topic("mentoring", "Mentoring"),
    "cpd": Topic("cpd", "Continuing professional development"),
    "open-access": Topic("open-access", "Open access"),
}
CATALOGUE = Catalogue(TOPICS, {}, {"digest": Edition(), "monthly": Edition("monthly")})
CONTEXT = Context(CATALOGUE)
NOBODY = Subscriber("", "")


def read(text: str, **context: object) -> Roster:
    return parse(text, replace(CONTEXT, **context))  # type: ignore[arg-type]


def one(**cells: str) -> Subscriber:
    reader, mistakes = read_row({"email": "ann@example.org", **cells}, NOBODY, CATALOGUE)
    assert not mistakes
    assert reader
    return reader


def mistake(column: str, cell: str) -> Mistake:
    _, mistakes = read_row({"email": "ann@example.org", column: cell}, NOBODY, CATALOGUE)
    [(named, found)] = mistakes
    assert named == column
    return found


# -------------------------------------------------------------------------------------------------- a whole file
def test_every_column() -> None:
    found = read(
        "email,name,topics,keywords,searches,mute,languages,kinds,country,frequency,weekday,hour,timezone,language,"
        "max_items,edition\n"
        "ann@example.org, Ann  Lee ,mentoring:3;cpd,open data;AI,peer review; x | y,open-access,en;pt-BR,"
        "course:2.5;conference-note;job:0,hr,Fortnightly,Tuesday,08:00,europe/zagreb,it-IT,12,monthly\n"
    )
    assert (found.problems, found.refused) == ([], 0)
    assert found.readers == [
        Subscriber(
            "",
            "ann@example.org",
            "Ann Lee",
            Profile(
                topics={"mentoring": 3, "cpd": 1},
                keywords=("open data", "AI"),
                searches=("peer review", "x | y"),
                kinds={"course": 2.5, "notes": 2, "job": 0},
                languages=("en", "pt"),
                mute=("open-access",),
                country="HR",
            ),
            Schedule("fortnightly", 2, 8, "Europe/Zagreb"),
            language="it",
            max_items=12,
            edition="monthly",
        )
    ]


def test_missing_columns_and_empty_cells_take_defaults() -> None:
    bare, empty = read("email\nann@example.org\n"), read(f"{','.join(COLUMNS)}\nann@example.org{',' * 15}\n")
    assert bare.readers == empty.readers == [Subscriber("", "ann@example.org")]


def test_a_known_reader_keeps_what_the_file_does_not_speak_of() -> None:
    held = Subscriber(
        "id1", "Ann@Example.org", "Ann", Profile(topics={"cpd": 2}), Schedule(hour=5), token="t", status="left"
    )
    [found] = read("email,topics\nANN@example.org,mentoring\n", held={"ann@example.org": held}).readers
    assert found == replace(held, profile=Profile(topics={"mentoring": 1}))


def test_bad_rows_are_left_out_and_named_and_good_ones_come_in() -> None:
    found = read(
        "email,topics,hour,timezone\n"
        "ann@example.org,mentorin,8,Zagreb\n"
        "\n"
        "bob@example.org,cpd,8:30,UTC\n"
        "cid@example.org,cpd,8,UTC\n"
        "CID@example.org,cpd,9,UTC\n"
    )
    assert [reader.email for reader in found.readers] == ["cid@example.org"]
    assert found.refused == 3
    assert [str(problem) for problem in found.problems] == [
        "readers.csv:2: topics: 'mentorin' is not a topic → did you mean 'mentoring'?",
        "readers.csv:2: timezone: 'Zagreb' is not a time zone → did you mean 'Europe/Zagreb'?",
        "readers.csv:4: hour: '8:30' is not a full hour → letters leave on the hour: write 08:00",
        "readers.csv:6: email: the same address as in line 5 → keep one of the lines",
    ]


def test_lines_count_line_breaks_inside_quotes() -> None:
    found = read('email,keywords\nann@example.org,"AI\nopen data"\nbob,x\n')
    assert found.readers[0].profile.keywords == ("AI", "open data")
    assert [problem.line for problem in found.problems] == [4]


def test_a_quote_that_is_never_closed_costs_one_reader() -> None:
    rows = "".join(f"r{n}@example.org,R\n" for n in range(50))
    found = read(f'email,name\n"lost@example.org,L\nx@example.org,"X" x\n{rows}')
    assert len(found.readers) == 50
    assert [problem.line for problem in found.problems] == [2, 3]
    assert found.refused == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends(line_end: str) -> None:
    found = read(line_end.join(["email,name", "ann@example.org,Ann", "bob@example.org,B\u2028ob", ""]))
    assert [reader.name for reader in found.readers] == ["Ann", "B ob"]


# ------------------------------------------------------------------------------------------------------- headers
@pytest.mark.parametrize(
    "text",
    [
        'Email;Time Zone;Topics\nann@example.org;UTC;"mentoring:2;cpd"\n',
        "email;timezone;topics\nann@example.org;UTC;mentoring:2|cpd\n",
        "email;timezone;topics\nann@example.org;UTC;mentoring:2,cpd\n",
        "E-Mail\tTIMEZONE\tTopics\nann@example.org\tUTC\tmentoring:2;cpd\n",
        'sep=;\nemail;timezone;topics\nann@example.org;UTC;"mentoring:2;cpd"\n',
        '\ufeff"email", "timezone", "topics"\n"ann@example.org", "UTC", "mentoring:2; cpd"\n',
        "\n\nemail,timezone,topics,\nann@example.org,UTC,mentoring:2;cpd,\n",
    ],
)
def test_files_as_spreadsheets_write_them(text: str) -> None:
    found = parse_csv(text, CONTEXT)
    assert found.problems == []
    assert found.readers == [Subscriber("", "ann@example.org", profile=Profile(topics={"mentoring": 2, "cpd": 1}))]


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"),
    [
        ("", None, "the file is empty", "column names"),
        ("\n \n", None, "the file is empty", "column names"),
        ("ann@example.org,cpd\n", 1, "holds a reader", "column names"),
        ("name,topics\nAnn,cpd\n", 1, "no column 'email'", "column names"),
        ("email,topic\n", 1, "unknown column 'topic'", "did you mean 'topics'?"),
        ("email,timezon\n", 1, "unknown column 'timezon'", "did you mean 'timezone'?"),
        ("email,name,name\n", 1, "'name' is there twice", "keep one"),
        ("email,topics\nann@example.org,cpd,mentoring\n", 2, "3 cells, the header 2", "in quotes"),
        (f"email\n{'a' * 65}@example.org\n", 2, "64 characters", "another address"),
    ],
)
def test_mistakes_of_form(text: str, line: int | None, what: str, remedy: str) -> None:
    [problem] = parse_csv(text, CONTEXT).problems
    assert problem.line == line
    assert what in problem.what
    assert remedy in problem.remedy


def test_a_column_of_one_s_own_is_a_warning_only() -> None:
    found = read("email,department\nann@example.org,Maps\n")
    assert len(found.readers) == 1
    assert [problem.level for problem in found.problems] == ["warning"]


# ------------------------------------------------------------------------------------------------------ encodings
def test_encodings() -> None:
    text = "email,name\nann@example.org,Žana\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert decoded(text.encode(encoding), "r.csv").removeprefix("\ufeff") == text
    with pytest.raises(ConfigError, match=r"r\.csv:2: the file is not UTF-8 → save it as 'CSV UTF-8'"):
        decoded("email,name\nann@example.org,Jürg\n".encode("cp1252"), "r.csv")


# ---------------------------------------------------------------------------------------------------------- cells
@pytest.mark.parametrize(
    ("written", "day"),
    [("Monday", 1), ("tue", 2), ("WED", 3), ("thurs", 4), ("Fri.", 5), ("6", 6), ("7.0", 7), ("", 1)],
)
def test_weekdays(written: str, day: int) -> None:
    assert one(weekday=written).schedule.weekday == day


@pytest.mark.parametrize(
    ("written", "hour"), [("8", 8), ("08", 8), ("08:00", 8), ("8.00", 8), ("08:00:00", 8), ("0", 0), ("23", 23)]
)
def test_hours(written: str, hour: int) -> None:
    assert one(hour=written).schedule.hour == hour


@pytest.mark.parametrize(
    ("column", "cell", "what", "remedy"),
    [
        ("topics", "mentoring:4", "weight must be 1 to 3", "mentoring:2"),
        ("topics", "mentoring:", "weight must be 1 to 3", "mentoring:2"),
        ("topics", "mentoring:nan", "weight must be 1 to 3", "mentoring:2"),
        ("topics", "mentoring:1;mentoring:2", "twice", "keep one"),
        ("topics", "[mentoring, cpd]", "brackets", "one;two"),
        ("mute", "open-acces", "not a topic", "did you mean 'open-access'?"),
        ("kinds", "curse:2", "not a kind", "did you mean 'course'?"),
        ("kinds", "course:11", "0 to 10", "course:2"),
        ("languages", "english", "not a language", "did you mean 'en'?"),
        ("languages", "mul", "no single language", "en"),
        ("language", "xx", "not a language", "code"),
        ("country", "Italy", "not a country", "IT"),
        ("frequency", "biweekly", "not a frequency", "did you mean 'fortnightly'?"),
        ("frequency", "hourly", "not a frequency", ""),
        ("weekday", "0", "not a weekday", "1 (Monday)"),
        ("weekday", "Mondey", "not a weekday", "did you mean 'monday'?"),
        ("hour", "24", "not an hour", "midnight is 0"),
        ("hour", "8am", "not an hour", "08:00"),
        ("hour", "08:30", "not a full hour", "08:00"),
        ("timezone", "Europe/Zagrep", "not a time zone", "did you mean 'Europe/Zagreb'?"),
        ("timezone", "CEST+1", "not a time zone", "IANA"),
        ("max_items", "0", "number of items", "1 to 200"),
        ("max_items", "many", "number of items", "1 to 200"),
        ("edition", "montly", "not an edition", "did you mean 'monthly'?"),
        ("name", "A\x00nn", "control character", "again"),
        ("keywords", "x" * 201, "too long", "missing"),
    ],
)
def test_cells_that_can_t_be_meant(column: str, cell: str, what: str, remedy: str) -> None:
    found = mistake(column, cell)
    assert what in found.what
    assert remedy in found.remedy


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.org", "ann@example", "a b@example.org", "Ann <ann@example.org>",
     "ann@example.org, bob@example.org", "ann@exa mple.org", "ann..b@example.org", "žana@example.org",
     "ann@example.org\r\nBcc: x@example.org"],
)  # fmt: skip
def test_addresses_that_no_letter_reaches(address: str) -> None:
    with pytest.raises(Mistake) as found:
        email(address, CATALOGUE)
    assert found.value.remedy


def test_topics_may_be_called_by_their_label() -> None:
    assert one(topics="Open Access:2; CPD").profile.topics == {"open-access": 2, "cpd": 1}


# ------------------------------------------------------------------------------------------------------------ YAML
def test_yaml() -> None:
    found = parse_yaml(
        "# our readers\n"
        "readers:\n"
        "  - email: ann@example.org\n"
        "    topics: [mentoring:3, cpd]\n"
        "    hour: 08:00\n"
        "    weekday: Friday\n"
        "  - {email: bob@example.org, topics: {mentoring: 2}, kinds: 'course:2;event', languages: [no]}\n"
        "  - email: cid@example.org\n"
        "    topics:\n"
        "      - mentoring: 3\n"
        "      - cpd\n",
        CONTEXT,
    )
    assert found.problems == []
    assert [reader.profile.topics for reader in found.readers] == [
        {"mentoring": 3, "cpd": 1},
        {"mentoring": 2},
        {"mentoring": 3, "cpd": 1},
    ]
    assert found.readers[0].schedule == Schedule(weekday=5, hour=8)
    assert found.readers[1].profile.languages == ("no",)


def test_a_slip_in_yaml_costs_one_reader() -> None:
    found = parse_yaml(
        '- email: ann@example.org\n- email: "bob@example.org\n- email: cid@example.org\n  name: @cid\n'
        "- email: dan@example.org\n  tpics: [cpd]\n- eve@example.org\n- email: fay@example.org\n",
        CONTEXT,
    )
    assert [reader.email for reader in found.readers] == ["ann@example.org", "fay@example.org"]
    assert [problem.line for problem in found.problems] == [2, 4, 6, 7]
    assert found.refused == 4


@pytest.mark.parametrize("text", ["", "name: Ann\n", "just words\n", "- [a, b]\n", "- a: &a\n    b: *a\n"])
def test_yaml_that_holds_no_readers(text: str) -> None:
    found = parse_yaml(text, CONTEXT)
    assert found.readers == []
    assert found.problems


def test_the_form_is_known_by_name_or_first_line() -> None:
    assert read("- email: ann@example.org\n").readers
    assert read("# ours\nsubscribers:\n  - email: ann@example.org\n").readers
    assert read("{email: ann@example.org}", file="r.yaml").problems
    assert read("email\nann@example.org\n").readers


# ------------------------------------------------------------------------------------------------------------ laws
words = st.text(
    st.characters(codec="utf-8", exclude_characters=";|\n\r\0", categories=["L", "N", "P", "S"]), min_size=1
)
readers = st.builds(
    Subscriber,
    id=st.just(""),
    email=st.from_regex(r"[a-z][a-z0-9]{0,15}@[a-z]{2,9}\.org", fullmatch=True),
    profile=st.builds(
        Profile,
        topics=st.dictionaries(st.sampled_from(sorted(TOPICS)), st.sampled_from([1.0, 1.5, 2.0, 3.0])),
        keywords=st.lists(words.map(lambda word: word[:50]), unique=True, max_size=3).map(tuple),
        kinds=st.dictionaries(st.sampled_from(ITEM_KINDS), st.floats(0, 10)),
        languages=st.lists(st.sampled_from(["en", "it", "hr"]), unique=True).map(tuple),
    ),
    schedule=st.builds(
        Schedule,
        frequency=st.sampled_from(FREQUENCIES),
        weekday=st.integers(1, 7),
        hour=st.integers(0, 23),
        timezone=st.sampled_from(["UTC", "Europe/Rome", "America/New_York"]),
    ),
    max_items=st.none() | st.integers(1, 200),
)


def written(found: list[Subscriber], delimiter: str) -> str:
    """A roster as a careful person would write it."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter)
    table.writerow(["email", "topics", "keywords", "kinds", "languages", "frequency", "weekday", "hour", "timezone",
                    "max_items"])  # fmt: skip
    for one in found:
        p, s = one.profile, one.schedule
        table.writerow([
            one.email, ";".join(f"{k}:{v}" for k, v in p.topics.items()), ";".join(p.keywords),
            ";".join(f"{k}:{v!r}" for k, v in p.kinds.items()), ";".join(p.languages),
            s.frequency, s.weekday, s.hour, s.timezone, one.max_items or "",
        ])  # fmt: skip
    return out.getvalue()


@given(st.lists(readers, unique_by=lambda one: one.email, max_size=5), st.sampled_from(",;\t"))
def test_what_is_written_is_read(found: list[Subscriber], delimiter: str) -> None:
    keywords_are_words = [k for one in found for k in one.profile.keywords if k.startswith("[")]
    if keywords_are_words:
        return
    assert parse_csv(written(found, delimiter), CONTEXT) == Roster(found)


@given(st.text())
def test_any_text_is_survived_and_every_row_is_accounted_for(text: str) -> None:
    for found in (parse_csv("email,name\n" + text, CONTEXT), parse(text, CONTEXT)):
        assert found.refused <= len(found.problems)


@given(st.text(max_size=40))
def test_any_yaml_is_survived(text: str) -> None:
    parse_yaml(text, CONTEXT)
