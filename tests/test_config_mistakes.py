"""Every mistake in feeds.yaml is named with its line and a remedy."""

from __future__ import annotations

import pytest

from aggregator.config import parse
from aggregator.errors import Problem

TOPICS = """\
topics:
  cpd: {label: CPD, words: {en: [training]}}
  mentoring: {label: Mentoring, words: {en: [mentor]}}
"""


def problems(text: str, environ: dict[str, str] | None = None) -> list[Problem]:
    return parse(text, "feeds.yaml", environ or {})[1]


def source(lines: str) -> str:
    """TOPICS and one source 'a', whose lines begin with line 6."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return f"{TOPICS}sources:\n  a:\n{indented}"


URL = "url: https://example.org/feed\n"
MAIL = "kind: mail\n"
BOX = "kind: mail\nurl: maildir:/srv/mail\n"

# (name, text, line of the problem, part of what is wrong, part of the remedy)
MISTAKES = [
    # the file as a whole
    ("empty", "", None, "the file is empty", "sources:"),
    ("comments only", "# nothing yet\n", None, "the file is empty", "sources:"),
    ("a list", "- https://example.org/\n", 1, "should begin with 'sources:'", "name: address"),
    ("a text", "https://example.org/\n", 1, "should begin with 'sources:'", "name: address"),
    ("unknown section", "source:\n  a: https://example.org/\n", 1, "unknown section 'source'", "'sources'"),
    ("sections twice", "sources:\n  a: http://x.org/\nsources:\n  b: http://y.org/\n", 3, "lines 1 and 3", "below one"),
    ("list of sources", "sources:\n  - http://x.org/\n", 2, "named entries", "without '-'"),
    ("no sources", "sources:\n", 1, "nothing will be visited", "add a line"),
    ("a list as a name", "sources:\n  [a]: http://x.org/\n", 2, "can't be a name", "quotes"),
    # not YAML
    ("tab", "sources:\n\ta: https://example.org/\n", 2, "a tab", "spaces"),
    ("colon in a title", source(URL + "title: Library: news"), 7, "a colon too many", "quotes"),
    ("no colon", source("url https://example.org/\ntitle: A"), 6, "without a colon", "name: value"),
    ("no space after colon", source("url:https://example.org/\ntitle: A"), 6, "without a colon", "space after"),
    ("quote not closed", source(URL + 'title: "A\nlanguage: en'), 7, "not closed", "close it"),
    ("quote closed by the next entry", source(URL + 'title: "A') + '  b:\n    title: "B"\n', 7, "not closed", "close"),
    ("apostrophe in quotes", source(URL + "title: 'it's me'"), 7, "after the closing quote", "''"),
    ("bracket not closed", source(URL + "about: [cpd\nlanguage: en"), 7, "'[' is opened", "[one, two]"),
    ("brace not closed", source("options: {a: 1\n" + URL), 6, "'{' is opened", "{name: value}"),
    ("indentation", source(URL) + "   title: A\n", 7, "indentation", "below each other"),
    ("at sign", source(URL + "title: @us"), 7, "can't begin", "quotes"),
    ("asterisk", source(URL + "title: *us*"), 7, "'*'", "quotes"),
    ("ampersand", source(URL + "title: & us"), 7, "'&'", "quotes"),
    ("exclamation mark", source(URL + "title: !us now"), 7, "'!'", "quotes"),
    ("backslash", source(URL + 'title: "C:\\data"'), 7, "backslash", "single quotes"),
    ("two documents", "sources:\n  a: http://x.org/\n---\nb: 1\n", 3, "second document", "remove"),
    ("control character", source(URL + "title: a\x08"), 7, "control character", "again"),
    ("too deep", "sources: " + "[" * 5000, 1, "too many levels", "flatter"),
    ("alias in a circle", "sources: &a\n  b: *a\n", 1, "round or multiply", "write the values out"),
    # doubled keys
    ("source twice", "sources:\n  a: http://x.org/\n  a: http://y.org/\n", 3, "lines 2 and 3", "another name"),
    ("key twice", source(URL + "title: A\ntitle: B"), 8, "lines 7 and 8", "keep one"),
    ("option twice", source(URL + "options:\n  x: 1\n  x: 2"), 9, "lines 8 and 9", "keep one"),
    # addresses
    ("no url", source("title: A"), 5, "has no url", "https://"),
    ("nothing at all", "sources:\n  a:\n", 2, "has no url", "https://"),
    ("empty url", source("url: ''"), 6, "has no url", "https://"),
    ("no scheme", "sources:\n  a: www.example.org/feed\n", 2, "no http:// or https://", "'https://www.example.org/feed'"),
    ("host and port only", "sources:\n  a: localhost:8080/feed\n", 2, "no http://", "'https://localhost:8080/feed'"),
    ("mistyped scheme", "sources:\n  a: htps://example.org/\n", 2, "'htps:'", "'https://example.org/'"),
    ("feed scheme", "sources:\n  a: feed://example.org/rss\n", 2, "'feed:'", "'https://example.org/rss'"),
    ("feed scheme around", "sources:\n  a: feed:https://example.org/\n", 2, "'feed:'", "'https://example.org/'"),
    ("one slash", "sources:\n  a: https:/example.org/\n", 2, "lacks '//'", "'https://example.org/'"),
    ("file", "sources:\n  a: file:///etc/passwd\n", 2, "can't be visited", "only http://"),
    ("space", "sources:\n  a: https://example.org/a feed\n", 2, "a space", "%20"),
    ("no host", "sources:\n  a: https:///feed\n", 2, "no valid host", "https://example.org"),
    ("bad port", "sources:\n  a: https://example.org:http/\n", 2, "host or port", "https://example.org"),
    ("password", "sources:\n  a: https://ann:s3cret@example.org/\n", 2, "password is written", "${NAME}"),
    ("missing variable", "sources:\n  a: https://x.org/?k=${KEY}\n", 2, "${KEY} is not set", "environment"),
    ("broken variable", "sources:\n  a: https://x.org/?k=${KEY\n", 2, "without a name", "${NAME}"),
    ("same address", "sources:\n  a: http://X.org:80/f\n  b: http://x.org/f/#top\n", 3, "source 'a' in line 2", "remove"),
    # the other keys of a source
    ("unknown key", source(URL + "tittle: A"), 7, "unknown key 'tittle'", "'title'"),
    ("key of another program", source(URL + "lang: en"), 7, "unknown key 'lang'", "'language'"),
    ("far-off key", source(URL + "qqqq: 1"), 7, "unknown key 'qqqq'", "known keys: url, kind"),
    ("unknown kind", source(URL + "kind: fed"), 7, "unknown kind 'fed'", "'feed'"),
    ("a format as kind", source(URL + "kind: rss"), 7, "unknown kind 'rss'", "write feed"),
    ("kind of a mail program", source(URL + "kind: newsletter"), 7, "unknown kind 'newsletter'", "write mail"),
    ("mailbox without kind", source("url: maildir:/srv/mail/list\n"), 6, "address of a mailbox", "add kind: mail"),
    ("imap without kind", source("url: imaps://a:${PASS}@h.example/x\n"), 6, "address of a mailbox", "add kind: mail"),
    ("no mailbox", source(MAIL + "url: ftp://x.org/\n"), 7, "not that of a mailbox", "write maildir:/path"),
    ("path without beginning", source(MAIL + "url: mbox:lists/x\n"), 7, "does not begin with '/'", "whole path"),
    ("host in a path", source(MAIL + "url: maildir://srv/mail\n"), 7, "has a host in it", "maildir:/path"),
    ("imap without login", source(MAIL + "url: imaps://h.example/x\n"), 7, "lacks the name", "user:${NAME}@"),
    ("imap without host", source(MAIL + "url: imaps://a:${PASS}@/x\n"), 7, "no valid host", "write it like imaps"),
    ("imap port", source(MAIL + "url: imaps://a:${PASS}@h.example:x/\n"), 7, "port", "write it like imaps"),
    ("imap password in clear", source(MAIL + "url: imaps://a:hush@h.example/\n"), 7, "for everybody to read", "${NAME}"),
    ("split", source(BOX + "options:\n  split: maybe\n"), 9, "split: 'maybe'", "auto, yes or no"),
    ("senders", source(BOX + "options:\n  senders: [a b]\n"), 9, "'a b' is no mail address", "example.org"),
    ("no senders", source(BOX + "options:\n  senders: 5\n"), 9, "a text is expected", "quotes"),
    ("days", source(BOX + "options:\n  days: 1000\n"), 9, "days: '1000'", "1 to 366"),
    ("option of mail", source(BOX + "options:\n  sender: a@x.org\n"), 9, "'sender' is not an option", "'senders'"),
    ("unknown topic", source(URL + "topics: [cpd, mentorin]"), 7, "topics: unknown topic 'mentorin'", "'mentoring'"),
    ("unknown topic in a long list", source(URL + "about:\n  - cpd\n  - zzz"), 9, "unknown topic 'zzz'", "topics:"),
    ("list without brackets", source(URL + "about: cpd, mentoring"), 7, "brackets", "[cpd, mentoring]"),
    ("hole in a list", source(URL + "about: [cpd, ]\ntopics:\n  -\n"), 8, "empty", "plain words"),
    ("language by name", source(URL + "language: English"), 7, "'English' is not a language", "'en'"),
    ("country for language", source(URL + "language: cz"), 7, "'cz' is not a language", "'cs'"),
    ("no unit", source(URL + "every: 6"), 7, "lacks a unit", "6h"),
    ("months", source(URL + "every: 1 month"), 7, "not a length", "30d"),
    ("too often", source(URL + "every: 1m"), 7, "too often", "15m"),
    ("too seldom", source(URL + "every: 5 weeks"), 7, "too seldom", "31d"),
    ("not a length", source(URL + "every: often"), 7, "not a length", "6h"),
    ("not true or false", source(URL + "enabled: perhaps"), 7, "true or false", "true"),
    ("options are a text", source(URL + "options: x"), 7, "a mapping", "name: value"),
    ("kind of item", source(URL + "options: {item_kind: jobs}"), 7, "not a kind of item", "'job'"),
    ("variable in options", source(URL + "options: {a: {b: '${KEY}'}}"), 7, "${KEY} is not set", "environment"),
    ("title is a list", source(URL + "title: [a, b]"), 7, "plain text", "quote"),
    ("value lost", source(URL + "title: #hashtag"), 7, "what follows a '#'", "quotes"),
    ("id", "sources:\n  Our Blog: https://x.org/\n", 2, "lower-case", "'our-blog'"),
    # topics
    ("topic without words", "topics:\n  a: A\n", 2, "no words in any language", "words: {en:"),
    ("words without language", "topics:\n  a: {words: [b]}\n", 2, "the language they are in", "{en:"),
    ("words in no language", "topics:\n  a: {words: {eng: [b]}}\n", 2, "'eng' is not a language", "'en'"),
    ("unknown key of a topic", "topics:\n  a:\n    terms: {en: [b]}\n", 3, "unknown key 'terms'", "'words'"),
    ("unknown broader", "topics:\n  a: {broader: bb, words: {en: [x]}}\n", 2, "neither a topic nor", "groups:"),
    ("circle", "topics:\n  a: {broader: b, words: {en: [x]}}\n  b: {broader: a, words: {en: [y]}}\n", 2, "circle", "remove"),
    ("topic and group", "groups: {a: A}\ntopics:\n  a: {words: {en: [x]}}\n", 3, "both a topic and a group", "rename"),
    ("rule", "topics:\n  a:\n    words: {en: [x]}\n    rule: mentor AND (coach\n", 4, "rule, column 22: this bracket is never closed", "add a )"),
    ("rule, later line", "topics:\n  a:\n    rule: >\n      mentor* AND\n      (coach\n", 5, "rule, column 7: this bracket", "add a )"),
    ("rule, literal block", "topics:\n  a:\n    rule: |\n      mentor*\n\n      titel:x\n", 6, "column 7: there is no field 'titel'", "title:"),
    ("rule in quotes", "topics:\n  a:\n    rule: '\"open access\" AND'\n", 3, "column 29: the rule ends too early", "last operator"),
    ("rule, unknown list", "topics:\n  a: {rule: 'list:mentoring'}\n  mentorin: {words: {en: [x]}}\n", 2, "no list 'mentoring'", "mentorin"),
    ("only_rule", "topics:\n  a: {only_rule: true, words: {en: [x]}}\n", 2, "goes by its rule only", "add rule:"),
    ("match", "topics:\n  a:\n    rule: mentor\n    match:\n      - A mentor\n      - A coach\n", 6, "does not match 'A coach'", "move the example"),
    ("not", "topics:\n  a:\n    rule: mentor\n    not:\n      - A mentor\n", 5, "matches 'A mentor': “mentor” in the title", "change the rule"),
    ("examples", "topics:\n  a:\n    rule: mentor\n    examples:\n      match: [A coach]\n", 5, "does not match 'A coach'", "change"),
    ("forbidding rule", "topics:\n  a:\n    words: {en: [mentor]}\n    rule: NOT apprentice\n    not: [A mentor]\n", 5, "does not match", "move"),
    ("key of an example", "topics:\n  a: {rule: x, match: [{titel: x}]}\n", 2, "unknown key 'titel'", "'title'"),
    ("empty example", "topics:\n  a: {rule: x, not: [[]]}\n", 2, "should be a title", "match:"),
    ("list like a topic", "topics:\n  a: {words: {en: [x]}}\nlists:\n  a: {en: [y]}\n", 4, "called like a topic", "rename"),
    ("list without language", "lists:\n  a: [x, y]\n", 2, "need the language", "{en: [one, two]}"),
    # editions
    ("cadence", "editions:\n  digest:\n    cadence: biweekly\n", 3, "not a cadence", "'fortnightly'"),
    ("approval", "editions:\n  digest:\n    approval: review\n", 3, "not built yet", "none"),
    ("section", "editions:\n  digest:\n    sections: [events, course]\n", 3, "not a section", "'courses'"),
    ("no section", "editions:\n  digest:\n    sections: []\n", 3, "without sections", "leave it out"),
    ("limit too small", "editions:\n  digest:\n    limits: {items: 0}\n", 3, "too small", "1 or more"),
    ("limit too large", "editions:\n  digest:\n    limits:\n      items: 9999\n", 4, "too large", "200 or less"),
    ("limit in words", "editions:\n  digest:\n    limits: {items: many}\n", 3, "whole number", "20"),
    ("unknown limit", "editions:\n  digest:\n    limits:\n      weight: 3\n", 4, "unknown key 'weight'", "known keys"),
    ("pale colour", "editions:\n  digest:\n    accent: '#ffcc00'\n", 3, "too pale", "a darker one"),
    ("colour name", "editions:\n  digest:\n    accent: blue\n", 3, "not a colour", "'#1a5f7a'"),
    ("colour without quotes", "editions:\n  digest:\n    accent: #1a5f7a\n", 3, "what follows a '#'", "quotes"),
    ("edition is a text", "editions:\n  digest: Our letter\n", 2, "a mapping", "title:"),
    ("no digest", "editions:\n  news: {title: News}\n", 2, "no edition is called 'digest'", "'digest'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_mistake_is_named(text: str, line: int | None, what: str, remedy: str) -> None:
    found = problems(text, {"PASS": "hush"})
    assert any(p.line == line and what in p.what and remedy in p.remedy for p in found), [str(p) for p in found]
    assert all(p.file == "feeds.yaml" and p.what and p.remedy for p in found)


def test_a_wrong_key_does_not_hide_an_unknown_topic() -> None:
    found = problems("sources:\n  a:\n    url: https://a.example/\n    evry: 1d\n    topics: [mentorng]\n")
    assert [p.line for p in found] == [4, 5]


def test_one_slip_is_one_problem() -> None:
    """No mistake drags a second, invented one after it."""
    several = {"hole in a list", "two documents", "quote closed by the next entry"}
    for name, text, *_ in MISTAKES:
        errors = [p for p in problems(text) if p.level == "error"]
        assert len(errors) <= 1 or name in several, (name, [str(p) for p in errors])


def test_every_mistake_at_once_and_the_good_entries_stay() -> None:
    text = f"""\
{TOPICS}sources:
  good: https://example.org/1
  no-scheme: example.org/2
  colon:
    url: https://example.org/3
    title: News: ours
  wrong-topic: {{url: 'https://example.org/4', topics: [cdp]}}
  also-good:
    url: https://example.org/5
    topics: [cpd]
  unclosed:
    url: "https://example.org/6
  last: https://example.org/7
editions:
  digest: {{cadence: dayly}}
  extra: {{title: Extra}}
"""
    catalogue, found = parse(text, "feeds.yaml", {})
    assert list(catalogue.sources) == ["good", "also-good", "last"]
    assert list(catalogue.editions) == ["extra"]
    assert [p.line for p in found] == [6, 9, 10, 15, 18]
    assert catalogue.sources["also-good"].topics == ("cpd",)


def test_a_broken_topic_is_named_once_and_not_at_each_use() -> None:
    text = "topics:\n  cpd: {wrods: {en: [x]}}\n  ai: {words: {en: [y]}}\nsources:\n  a: {url: 'http://x.org', topics: [cpd, ai]}\n"
    catalogue, found = parse(text, "feeds.yaml", {})
    assert [p.line for p in found] == [2]
    assert catalogue.sources["a"].topics == ("ai",)
    unreadable = text.replace("{wrods: {en: [x]}}", "{words: {en: [x]")
    catalogue, found = parse(unreadable, "feeds.yaml", {})
    assert [p.line for p in found] == [2]
    assert list(catalogue.topics) == ["ai"]
    assert catalogue.sources["a"].topics == ("ai",)


def test_a_slip_in_a_source_leaves_the_shipped_topics() -> None:
    text = "sources:\n  a: {url: 'http://x.org', topics: [cpd]}\n  b:\n    title: *x*\n[  c: http://y.org\n  d: http://z.org\n"
    catalogue, found = parse(text, "feeds.yaml", {})
    assert [p.line for p in found] == [4, 5]
    assert list(catalogue.sources) == ["a", "d"]
    assert len(catalogue.topics) == 36


def test_warnings_leave_the_entry_in() -> None:
    catalogue, found = parse("topics:\n  a: {label: A}\n", "feeds.yaml", {})
    assert [p.level for p in found] == ["warning"]
    assert "a" in catalogue.topics


def test_mistakes_in_a_thousand_entries_are_all_named() -> None:
    text = "sources:\n" + "".join(f"  s{n}:\n    ulr: https://example.org/{n}\n" for n in range(1000))
    found = problems(text)
    assert sum("unknown key 'ulr'" in p.what for p in found) == 1000
    assert sum("has no url" in p.what for p in found) == 1000


def test_a_bad_rule_leaves_the_topic_its_words_and_the_other_rules() -> None:
    catalogue, found = parse(
        "topics:\n  a: {words: {en: [x]}, rule: '('}\n  b: {rule: 'mentor* list:wanted list:a'}\n  c: {rule: x, match: [y]}\n"
        "lists:\n  wanted: {en: [librar*], it: [biblioteca]}\n",
        "feeds.yaml", {},
    )  # fmt: skip
    assert [p.line for p in found] == [2, 4]
    assert {id: topic.rule for id, topic in catalogue.topics.items()} == {
        "a": "",
        "b": "mentor* list:wanted list:a",
        "c": "x",
    }
    assert catalogue.topics["b"].lists == {
        "wanted": {"en": ("librar*",), "it": ("biblioteca",)},
        "a": {"en": ("x",)},
    }
    assert catalogue.lists == {"wanted": {"en": ("librar*",), "it": ("biblioteca",)}}


def test_examples_may_say_more_than_a_title() -> None:
    text = (
        "topics:\n  a:\n    rule: title:knjižnica kind:course NOT apprentice\n"
        "    match: {title: Nove knjižnice, language: hr, kind: course}\n"
        "    not:\n      - Nove knjižnice\n      - {text: knjižnica, kind: course}\n"
    )
    assert problems(text) == []


def test_a_rule_of_not_alone_is_tried_the_other_way_round() -> None:
    text = "topics:\n  a:\n    words: {en: [mentor]}\n    rule: NOT apprentice\n    match: [A mentor]\n    not: [A mentor for the apprentice]\n"
    assert problems(text) == []
