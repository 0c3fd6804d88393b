"""What a sound feeds.yaml becomes, and what nothing in it may ever do."""

from __future__ import annotations

import codecs
import json
import pickle
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import json_schema, load, parse, shipped
from aggregator.config.addresses import expand, same_place
from aggregator.config.fields import contrast_on_white, darkened, length_of_time
from aggregator.config.languages import CODES, base_language
from aggregator.config.schema import KINDS, File
from aggregator.model import SECTIONS, Edition, Limits, Source, Topic
from aggregator.read import KINDS as readers

WHOLE = """\
groups:
  work: Work
topics:
  careers: Careers and jobs
  open-access:
  cpd:
    label: Development
    broader: careers
    scope: For people who work here.
    words:
      en: [training, "2030", 1.10, training]
      en-GB: [programme]
      it: formazione
  mentoring: {broader: work, words: {hr: [mentorstvo]}}
sources:
  short: https://example.org/short
  long:
    url: https://example.org/${PLACE}
    kind: feed
    title: 2030
    topics: [cpd]
    about: mentoring
    language: pt-BR
    every: 2 weeks
    enabled: no
    options: {n: 3, yes: true, ratio: 0.5, text: "3", list: ["${PLACE}", 1], none: null}
  empty-values:
    url: https://example.org/empty
    title:
    topics: []
    language:   # not known yet
editions:
  digest:
    title: Letter
    cadence: Monthly
    approval: none
    introduction: |
      Hello.

      There.
    sections: [events, reading]
    limits: {items: 30, per_source: 2}
    accent: '#036'
    postal_address: 1 Street
"""


def test_a_whole_file() -> None:
    catalogue, problems = parse(WHOLE, "feeds.yaml", {"PLACE": "here"})
    assert [p.level for p in problems] == ["warning"] * 2  # two topics without words
    assert catalogue.topics["careers"] == Topic("careers", "Careers and jobs")
    assert catalogue.topics["open-access"].label == "Open access"
    cpd = catalogue.topics["cpd"]
    assert (cpd.label, cpd.broader, cpd.scope) == ("Development", "careers", "For people who work here.")
    assert cpd.words == {"en": ("training", "2030", "1.10", "programme"), "it": ("formazione",)}
    assert catalogue.topics["mentoring"].broader == "work"
    assert catalogue.sources["short"] == Source("short", "https://example.org/short", options={})
    assert catalogue.sources["long"] == Source(
        id="long",
        url="https://example.org/here",
        written="https://example.org/${PLACE}",
        title="2030",
        topics=("cpd",),
        about=("mentoring",),
        language="pt",
        every=timedelta(weeks=2),
        enabled=False,
        options={"n": 3, "yes": True, "ratio": 0.5, "text": "3", "list": ["here", 1], "none": None},
    )
    assert catalogue.sources["empty-values"] == Source("empty-values", "https://example.org/empty", options={})
    assert catalogue.editions == {
        "digest": Edition(
            "digest",
            "Letter",
            "monthly",
            "Hello.\n\nThere.",
            ("events", "reading"),
            Limits(30, 2, 10),
            "#003366",
            "1 Street",
        )
    }


def test_sources_can_be_sent_to_other_processes() -> None:
    catalogue, _ = parse(WHOLE, "feeds.yaml", {"PLACE": "x"})
    assert pickle.loads(pickle.dumps(catalogue.sources)) == catalogue.sources
    assert pickle.loads(pickle.dumps(catalogue.topics)) == catalogue.topics


def test_without_topics_the_shipped_apply_and_without_editions_one_digest() -> None:
    catalogue, problems = parse(
        "sources:\n  a: {url: 'http://x.org', topics: [cpd]}\ntopics:\neditions: {}\n", "f", {}
    )
    assert problems == []
    assert len(catalogue.topics) == 36
    assert catalogue.editions == {"digest": Edition()}
    assert catalogue.sources["a"].topics == ("cpd",)


def test_json_is_yaml() -> None:
    text = json.dumps(
        {"sources": {"a": {"url": "https://x.org", "title": "😀 é", "every": "6h", "enabled": True}}}
    )
    catalogue, problems = parse(text, "f", {})
    assert problems == []
    assert catalogue.sources["a"].title == "😀 é"


def test_anchors_and_merges_work() -> None:
    text = """\
sources:
  a: &journal {url: https://x.org/a, language: it, every: 1d}
  b: {<<: *journal, url: https://x.org/b}
"""
    catalogue, problems = parse(text, "f", {})
    assert problems == []
    assert (catalogue.sources["b"].url, catalogue.sources["b"].language) == ("https://x.org/b", "it")


def test_aliases_that_multiply_without_end_are_refused() -> None:
    levels = "".join(f"  s{n}: [" + ", ".join([f"*a{n - 1}"] * 10) + "]\n" for n in range(1, 9))
    for n in range(1, 9):
        levels = levels.replace(f"  s{n}: [", f"  s{n}: &a{n} [", 1)
    _, problems = parse("sources:\n  s0: &a0 [x]\n" + levels, "f", {})
    assert any("multiply" in p.what for p in problems)


# ------------------------------------------------------------------------------------------------ the file itself
def test_missing_file_names_the_place_and_the_remedy(tmp_path: Path) -> None:
    catalogue, problems = load(tmp_path / "feeds.yaml", {})
    assert not catalogue.sources
    assert str(tmp_path / "feeds.yaml") in problems[0].what
    assert "--feeds" in problems[0].remedy
    assert "AGGREGATOR_FEEDS" in problems[0].remedy


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "can't be read" in load(tmp_path, {})[1][0].what


def test_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_bytes("sources:\n  a: http://x.org/\n  # è\n".encode("latin-1"))
    problem = load(path, {})[1][0]
    assert (problem.line, problem.what) == (3, "the file is not UTF-8")


def test_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_bytes(codecs.BOM_UTF8 + b"sources:\r\n  a: http://x.org/\r\n  b: x\r\n")
    catalogue, problems = load(path, {})
    assert list(catalogue.sources) == ["a"]
    assert [p.line for p in problems] == [3]


# ---------------------------------------------------------------------------------------------------- the secrets
SECRET = "hunter2@/ö"


@pytest.mark.parametrize(
    "text",
    [
        "sources:\n  a: https://${U}:${P}@example.org/ x\n",
        "sources:\n  a: ${P}\n",
        "sources:\n  a: ftp://${P}/\n",
        "sources:\n  a: https://example.org:${P}/\n",
        "sources:\n  a: https://example.org/?k=${P}\n  b: https://example.org/?k=${P}\n",
        "sources:\n  a: {url: 'https://example.org/?k=${P}', options: {k: '${P}', item_kind: '${P}'}, every: '${P}'}\n",
        f"sources:\n  a: https://ann:{SECRET}@example.org/\n",
        f"sources:\n  a: ftp://ann:{SECRET}@example.org/\n",
        f"sources:\n  a: feed://ann:{SECRET}x@example.org/\n",
    ],
)
def test_secrets_are_in_no_problem(text: str) -> None:
    _, problems = parse(text, "f", {"U": "ann", "P": SECRET})
    assert problems
    assert not any("hunter2" in str(p) for p in problems)


def test_a_secret_in_the_user_part_cannot_change_the_host() -> None:
    catalogue, _ = parse("sources:\n  a: https://ann:${P}@example.org/f\n", "f", {"P": "x@evil.example/"})
    assert catalogue.sources["a"].url == "https://ann:x%40evil.example%2F@example.org/f"


def test_a_variable_may_be_the_whole_address() -> None:
    assert expand("${A}", {"A": "https://example.org/?k=1&l=2"}) == "https://example.org/?k=1&l=2"


# ----------------------------------------------------------------------------------------------------- the values
@pytest.mark.parametrize(
    ("text", "hours"),
    [("30m", 0.5), ("15 min", 0.25), ("6h", 6), ("1 day", 24), ("1d 12h", 36), ("1h30m", 1.5), ("2 weeks", 336),
     ("31d", 744), ("1.5h", 1.5), ("Daily", 24), ("hourly", 1)],
)  # fmt: skip
def test_lengths_of_time(text: str, hours: float) -> None:
    assert length_of_time(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("tag", "base"),
    [("en", "en"), ("en-GB", "en"), ("pt_BR", "pt"), ("zh-Hant-TW", "zh"), ("no", "no"), ("UK", "uk"), ("fil", "fil"),
     ("mul", None), ("und", None)],
)  # fmt: skip
def test_languages(tag: str, base: str | None) -> None:
    assert base_language(tag) == base


def test_every_language_code_is_itself() -> None:
    assert all(base_language(code) == code for code in CODES)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("http://x.org", "HTTP://X.ORG:80/", True), ("https://x.org/a#b", "https://x.org/a", True),
     ("https://x.org/a", "https://x.org/A", False), ("https://x.org/?a=1", "https://x.org/?a=2", False),
     ("https://x.org:8443/", "https://x.org/", False), ("http://x.org/", "https://x.org/", False)],
)  # fmt: skip
def test_same_place(one: str, other: str, same: bool) -> None:
    assert (same_place(one) == same_place(other)) is same


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_on_white("#000000") == pytest.approx(21)
    assert contrast_on_white("#767676") >= 4.5 > contrast_on_white("#777777")


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_a_proposed_colour_is_accepted(colour: str) -> None:
    assert contrast_on_white(darkened(colour)) >= 4.5


# ------------------------------------------------------------------------------------------------------- the laws
PIECES = st.sampled_from(
    ["sources:", "topics:", "editions:", "groups:", "  a:", "  b: ", "    url: ", "https://x.org/", "- ", "[", "]", "{",
     "}", "'", '"', ": ", "#", "&a ", "*a", "!", "|", ">", "\n", "\t", "${A}", "<<", "? ", "%", "---\n", "limits: ",
     "every: ", "words: ", "\x00", "\u2028", "😀", "\ud800", "null", "~", "1e999", "0x", "https://[", "http://a@:b"]
)  # fmt: skip


@given(st.text(max_size=80) | st.lists(PIECES, max_size=40).map("".join))
def test_nothing_in_a_file_raises(text: str) -> None:
    """Whatever is in the file: sound entries, problems, never an exception; each problem can be printed."""
    catalogue, problems = parse(text, "feeds.yaml", {"A": "secret"})
    lines = len(text.splitlines()) + 2
    assert all(p.what and (p.line is None or 1 <= p.line <= lines) for p in problems)
    assert "\nsecret" not in "\n".join(str(p) for p in problems)
    assert all(source.url.startswith("http") for source in catalogue.sources.values())


@given(st.binary(max_size=60))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.yaml"
    path.write_bytes(raw)
    load(path, {})


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9-]{0,9}[a-z0-9]", fullmatch=True), st.text(max_size=20), max_size=6
    )
)
def test_titles_survive_whatever_they_are(titles: dict[str, str]) -> None:
    entries = {name: {"url": f"https://x.org/{name}", "title": title} for name, title in titles.items()}
    catalogue, problems = parse(json.dumps({"sources": entries}), "f", {})
    assert [p for p in problems if p.level == "error"] == []
    expected = {
        name: title.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
        for name, title in titles.items()
    }
    assert {name: source.title for name, source in catalogue.sources.items()} == expected


# ------------------------------------------------------------------------------------------------ what ships with us
def test_the_shipped_file_is_all_good() -> None:
    catalogue, problems = load(shipped("feeds.yaml"), {})
    assert problems == []
    assert len(catalogue.topics) == 36
    assert len(catalogue.sources) > 80
    assert all(source.title and source.url.startswith("https://") for source in catalogue.sources.values())
    assert all(len(topic.words) == 6 for topic in catalogue.topics.values())
    assert set(catalogue.editions) == {"digest"}


def test_the_shipped_file_holds_the_shared_topics(shared: Path) -> None:
    from ruamel.yaml import YAML

    ours, _ = load(shipped("feeds.yaml"), {})
    theirs = YAML(typ="safe").load((shared / "eval/topics.yaml").read_text(encoding="utf-8"))["topics"]
    for topic in theirs:
        mine = ours.topics[topic["id"]]
        assert (mine.label, mine.broader, mine.scope) == (topic["label"], topic["group"], topic["scope"])
        assert {code: list(words) for code, words in mine.words.items()} == topic["terms"]
    assert len(theirs) == len(ours.topics)


def test_the_shipped_file_has_every_enabled_seed_source_with_its_kind(shared: Path) -> None:
    from ruamel.yaml import YAML

    sources = load(shipped("feeds.yaml"), {})[0].sources.values()
    ours = {source.url.partition("?")[0]: source for source in sources} | {
        source.url: source for source in sources
    }
    kinds = {
        "crossref": "works", "oai_pmh": "works", "richie": "courses", "moochub": "courses", "moodle_html": "courses",
        "ical": "calendar",
    }  # fmt: skip
    seeds = YAML(typ="safe").load((shared / "sources/sources.yaml").read_text(encoding="utf-8"))["sources"]
    wanted = [seed for seed in seeds if seed.get("enabled", True)]
    for seed in wanted:
        mine = ours.get(seed["feed"]) or ours[seed["feed"].partition("?")[0]]
        assert (mine.kind, mine.enabled) == (kinds.get(seed["format"], "feed"), True), seed["id"]
    assert sum(source.enabled for source in sources) == len(wanted) == 99


def test_doubtful_catalogues_are_there_and_off() -> None:
    sources = load(shipped("feeds.yaml"), {})[0].sources
    for name in ("coursera", "futurelearn"):
        assert (sources[name].kind, sources[name].enabled, sources[name].options) == (
            "courses", False, {"format": name},
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------- the JSON Schema
def test_the_schema_knows_every_key_and_forbids_others() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["properties"]) == set(File.model_fields)
    assert schema["additionalProperties"] is False
    for name in ("SourceEntry", "TopicEntry", "EditionEntry", "LimitsEntry"):
        definition = schema["$defs"][name]
        assert definition["additionalProperties"] is False
        assert all("description" in key or "$ref" in key for key in definition["properties"].values())
    assert schema["$defs"]["SourceEntry"]["required"] == ["url"]
    assert schema["$defs"]["EditionEntry"]["properties"]["sections"]["items"]["enum"] == list(SECTIONS)
    json.dumps(schema)


def test_the_kinds_of_the_catalogue_are_those_that_can_be_read() -> None:
    assert set(KINDS) == set(readers)


@pytest.mark.parametrize(
    "url",
    [
        "maildir:/srv/mail/lists", "maildir:/srv/mail/With%20blank", "mbox:/srv/mail/list.mbox", "file:///srv/mail/list",
        "/srv/mail/list.mbox", "imaps://reader:${PASS}@mail.example.org/Lists/LIS-LINK",
        "imap://reader@example.org:${PASS}@mail.example.org:1143/INBOX", "imaps://${USER}:${PASS}@[2001:db8::1]",
        "https://lists.example.org/pipermail/list/{year}-{Month}.txt.gz",
    ],
)  # fmt: skip
def test_addresses_of_mailboxes(url: str) -> None:
    text = f"sources:\n  a:\n    url: {url}\n    kind: mail\n    options: {{split: yes, senders: [x.org, a@y.org], days: 30}}\n"
    catalogue, problems = parse(text, "f", {"PASS": "p@ss/word", "USER": "u"})
    assert [str(one) for one in problems] == []
    source = catalogue.sources["a"]
    assert (source.kind, source.shown) == ("mail", url)
    assert "p@ss" not in source.url


def test_one_mailbox_may_be_several_sources_that_take_different_mail() -> None:
    row = "{url: maildir:/srv/mail, kind: mail, options: {list: %s}}"
    catalogue, problems = parse(f"sources:\n  a: {row % 'x'}\n  b: {row % 'y'}\n  c: {row % 'x'}\n", "f", {})
    assert list(catalogue.sources) == ["a", "b"]
    assert "same address" in problems[0].what


def test_the_rules_of_the_guide_say_what_it_says_of_them() -> None:
    guide = (Path(__file__).resolve().parent.parent / "docs" / "curator.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "rule:" in block]
    assert len(blocks) == 2
    for block in blocks:
        catalogue, found = parse(block, "curator.md", {})
        assert [problem for problem in found if problem.level == "error"] == []
        assert catalogue.topics["mentoring"].rule
