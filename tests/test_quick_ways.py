"""Quick ways of reading, each held against the long way that it spares: what comes out is the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import language, safe, text, urls
from aggregator.nesting import bounded
from aggregator.read import again, entries, fields, strict, strict_dates, strict_text

BASES = [
    "https://e.org", "https://e.org/", "https://www.e-f.org/d/page.html", "http://e.org/d/", "https://e.org/d?x=1",
    "https://E.org/x", "https://e.org:443/x", "https://e.org/a b", "https://e.org/a/../b", "https://xn--e.org/",
    "https://1.2.3/", "http://0x10/", "https://é.org/", "https://[bad", "ftp://e.org/", "mailto:a@b.c", "e.org", "",
]  # fmt: skip
ADDRESSES = [
    "/", "/x", "/x/y.html", "/x/", "//cdn.org/i", "/../x", "/x/./y", "/.well-known", "/x y", "/é", "/x?a=1&b=2", "/x%20y",
    "#n1", "#", "", "x", "../x", "?a", "/x#n", "/x#é", "http://f.org/", "HTTPS://f.org/", "http:/x", "http:x", "https://[",
    "mailto:a@b.c", "javascript:x()", "data:x", " /x", "/x\n", "/x&quot;y", "\\x", "/\\x", "/x//y", "/~x/-y", "tel:1",
]  # fmt: skip
TAGS = [
    '<a href="{}">', "<a href='{}' title='x'>", '<a title="t" href="{}">', '<a class="c" href="{}" href="/two">', "<A HREF={}>",
    '<img src="{}">', '<img alt="a" src="{}" width="9">', '<img src="{}" width="1">', '<abbr title="<a href=\'{}\'>">',
    '<a title="<a href=" href="{}">', '&lt;a href="{}"&gt;', '<a title="x href=" rel="{}">', '<p cite="{}">', 'href="{}"',
]  # fmt: skip
linked = st.builds(str.format, st.sampled_from(TAGS), st.sampled_from(ADDRESSES))
markup = st.lists(
    linked | st.sampled_from(["</a>", "<p>", "</p>", " text ", "<b>", "<a href=", '"', ">", "&amp;"])
)


def sanitised(html: str, base: str) -> str:
    """What `sanitise` gives, by a cleaner for this base."""
    web = base.startswith(("http://", "https://"))
    found = safe._cleaner(("rewrite_with_base", base) if web else "deny").clean(bounded(text.clean(html)))
    return str(safe._IMG.sub(safe._image, found).strip())


@settings(max_examples=500, deadline=None)
@given(markup.map("".join), st.sampled_from(BASES))
def test_addresses_are_resolved_as_by_a_cleaner_of_their_own(html: str, base: str) -> None:
    if "<" in html or "&" in html:
        assert text.sanitise(html, base) == sanitised(html, base)


def test_every_address_is_resolved_on_every_page() -> None:
    for base in BASES:
        for html in (tag.format(address) for tag in TAGS for address in ADDRESSES):
            if "<" in html or "&" in html:
                assert text.sanitise(html, base) == sanitised(html, base), (html, base)


@given(st.text(st.sampled_from("ab \x01\x02\n\t\u00a0\ufeff\u2028é"), max_size=30))
def test_breaks_are_made_as_by_marks_alone(marked: str) -> None:
    flat = " ".join(marked.split())
    for mark in "\x01\x02":
        flat = flat.replace(f" {mark}", mark).replace(f"{mark} ", mark)
    lined = re.sub("[\x01\x02]+", lambda found: "\n\n" if "\x01" in found[0] else "\n", flat)
    assert text.broken(marked) == text.clean(lined).strip()


@given(st.text(st.characters(max_codepoint=0x2FF) | st.sampled_from("\ufeff\ufffe\u200b\ud800"), max_size=20))
def test_clean_text_is_known_at_a_glance(anything: str) -> None:
    if text._is_print(anything):
        assert text._HARMFUL.search(anything) is None


WORDS = sorted({word for words in language._STOP_WORDS.values() for word in words.split()})
spelled = st.sampled_from(WORDS) | st.sampled_from(
    "library Bibliothek perché d'une l’on 2e AI IT x² l'IT' 'the é".split()
)
cased = st.builds(lambda word, case: case(word), spelled, st.sampled_from([str, str, str, str.upper, str.title]))
joined = st.lists(
    st.tuples(cased, st.sampled_from([" ", " ", " ", "\n", "'", "’", "-", "…", "7", "_"])), max_size=60
)


@settings(max_examples=500, deadline=None)
@given(
    joined.map(lambda pairs: "".join(word + end for word, end in pairs)),
    st.sampled_from(sorted(language._STOP_WORDS)),
)
def test_what_is_surely_as_said_is_so_by_every_vote(sample: str, said: str) -> None:
    octets = language._octets(sample)
    if octets is not None and language._is_as_said(octets, said):
        votes = language._votes(sample)
        best = max(votes, key=lambda code: votes[code], default=said)
        assert best == said or not language._overrules(votes, best, said)


@given(
    st.text(st.sampled_from("éß’“ a\u0370\u044f\u10ff\u3042\u4e2d\ud55c"), max_size=12),
    st.sampled_from(["en", "ru", "ja", None]),
)
def test_no_text_in_latin_1_is_in_another_script(sample: str, said: str | None) -> None:
    if language._octets(sample) is not None:
        assert language._by_script(sample, said) is None


def told(own: list[str], other: list[str]) -> Iterator[str]:
    """Words of one language among those of another, each as often as it counts, in writings that matter."""
    for mine in (str, str.upper, str.title, lambda word: word.replace("'", "’")):
        for theirs in ("{}", "x'{}", "x’{}", "2{}", "{}'", "({}_", "'{}", "x''{}"):
            yield " ".join([*map(mine, own), *map(theirs.format, other * 3)])


def test_what_is_surely_as_said_is_so_beside_every_language() -> None:
    alone = {
        code: [word for word in words.split() if len(language._weights()[word]) == 1]
        for code, words in language._STOP_WORDS.items()
    }
    for said, other in permutations(("en", "fr", "it", "de"), 2):
        for many in range(9):
            apostrophes = [word for word in alone[said] if "'" in word]
            for sample in told(apostrophes + alone[said][:3], alone[other][:many]):
                octets = language._octets(sample)
                assert octets is not None
                if language._is_as_said(octets, said):
                    votes = language._votes(sample)
                    best = max(votes, key=lambda code: votes[code], default=said)
                    assert best == said or not language._overrules(votes, best, said), sample


def test_texts_in_the_language_they_state_are_surely_so() -> None:
    told = "The library is open from nine to five, and this is what you'll find in the reading room of ALA: it is HTML."
    assert language._is_as_said(told.encode("latin-1"), "en")
    assert not language._is_as_said(told.encode("latin-1"), "it")


reaching = st.lists(
    st.sampled_from("xmlns xmlns: :a base Base bASE xml:lang LANG = == \n href x ' \" \u2003".split(" "))
)


@given(reaching.map("".join))
def test_what_reaches_beyond_an_entry_is_seen(entry: str) -> None:
    found = re.search(r"(?:xmlns(?::[\w.-]+)?|[bB]ase|BASE|[lL]ang|LANG)\s*=", entry)
    assert again._reaches(entry) is (found is not None)


@given(
    st.lists(
        st.sampled_from(["http", "s", "://", "a.org", "/", "?", "x", ":80", "..", "A", "@", "[", " ", "é"])
    ).map("".join)
)
def test_ordinary_addresses_are_addresses_of_the_web(url: str) -> None:
    parts = urls._split(url)
    by_parts = (
        parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= 2048
    )
    assert urls.is_web(url) is by_parts


days = st.sampled_from(["Mon, ", "Sun, ", "mon, ", "Day, ", "Mon ", ""])
times = st.from_regex(r"[012]\d:[0-6]\d:[0-6]\d|\d\d\d\d\d\d\.\d|1:2:3|24:00:00", fullmatch=True)
zones = st.sampled_from(
    ["GMT", "Z", "EST", "+0000", "-0530", "+9930", "+0160", "+01:00", "-00:00", "+1", "+01:0", ""]
)
rfc_822 = st.builds(
    "{}{} {} {} {} {}".format,
    days,
    st.sampled_from(["02", "2", "31", " 1", "00"]),
    st.sampled_from(["Nov", "nov", "Feb", "November", "Xyz"]),
    st.sampled_from(["2026", "0001", "9999", "26", "+026"]),
    times,
    zones,
)
w3c = st.builds("{}{}{}{}".format, st.sampled_from(["2026-11-02", "0001-01-01", "2026-13-01", "20261102", "2026-W45-1", "2026-305"]), st.sampled_from("T t_"), times, zones)  # fmt: skip


@settings(max_examples=1000)
@given(rfc_822 | w3c)
def test_dates_in_their_usual_form_mean_the_same(date: str) -> None:
    if found := strict_dates._in_usual_form(date):
        assert found == (strict_dates._from_rfc_822(date) or strict_dates._from_w3c(date)), date
        assert found.tzinfo is UTC


SAYINGS = ['xml:lang="en"', "xml:base = '/b'", 'LANG\n="it"', 'Base="/c"', 'href="lang"', 'title="base="', 'a = "1"', 'slang="x"', ""]  # fmt: skip


@given(st.lists(st.sampled_from(SAYINGS), min_size=3, max_size=3))
def test_bases_and_languages_are_seen_before_the_elements(said: list[str]) -> None:
    body = "<a {}><b {}/><c {}>lang</c></a>".format(*said).encode()
    root = ElementTree.fromstring(body)
    names = [name for element in root.iter() for name in element.keys()]  # noqa: SIM118 (no dictionary)
    expected = any(name[-4:] in ("base", "Base", "BASE", "lang", "Lang", "LANG") for name in names)
    assert strict_text.Inherited(root, body).any is expected


@given(
    st.lists(
        st.sampled_from(["Ã", "©", "\x80", "\u00a0", "é", "&#128;", "&#x9F;", "&#8217;", "&#39;", "#", "&", "a"])
    ).map("".join)
)
def test_texts_to_be_mended_are_seen_in_the_bytes(written: str) -> None:
    body = written.encode()
    raw = re.search(rb"\xc2[\x80-\x9f]|\xc3[\x82-\xb4]\xc2[\x80-\xbf]", body)
    numbered = re.search(rb"&#(?:1[2-9]\d|2\d\d|[xX]0*[89a-fA-F][0-9a-fA-F]);", body)
    assert (strict_text._TO_BE_MENDED.search(body) is None) is (raw is None)
    assert (strict_text._BY_NUMBER.search(body) is None) is (numbered is None)


@given(st.lists(st.sampled_from(["xmlns", ":a", "=", " ", "'urn:x'", '"urn:y"', '"', "'", "b"])).map("".join))
def test_declarations_are_found_one_after_another(written: str) -> None:
    pattern = re.compile(r"""xmlns(?::([\w.-]+))?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
    starts = [found.start() for found in re.finditer("xmlns", written)]
    found = [declared for at in starts if (declared := pattern.match(written, at))]
    expected = [(one[1] or "", one[2] if one[3] is None else one[3]) for one in found]
    assert strict._declarations(written) == expected


@pytest.mark.parametrize("name", ["xmlns", "xmlns:a", "base", "Base", "BASE", "lang", "Lang", "LANG", "x:lang"])
def test_blanks_before_the_sign_hide_nothing(name: str) -> None:
    assert all(again._reaches(f"<a href='x' {name}{blanks}= 'b'>") for blanks in ("", " ", "\n", "\t \r\n"))


def test_a_reference_has_its_ampersand() -> None:
    assert strict_text._BY_NUMBER.search(b"/x#128; &# 128;") is None
    assert strict_text._BY_NUMBER.search(b"/x#12; &#0128; &#128;") is not None


def test_a_date_that_only_looks_usual_is_none() -> None:
    usual = "Mon, 02 Nov 2026 08:00:00 +0000"
    assert strict_dates._in_usual_form(usual) == datetime(2026, 11, 2, 8, tzinfo=UTC)
    changed = [usual[:at] + put + usual[at + 1 :] for at in range(len(usual)) for put in "T:x9"]
    for date in changed:
        if found := strict_dates._in_usual_form(date):
            assert found == strict_dates._from_rfc_822(date), date


@pytest.mark.parametrize(
    "key",
    """ev_startdate ev_enddate xcal_dtstart xcal_dtend validity_end validity_end_parsed expired expired_parsed
    itunes_duration""".split(),
)
def test_each_key_that_tells_of_an_occasion_does(key: str) -> None:
    told_by = {"itunes_duration": "33:00"}.get(key, "2026-12-01")
    assert entries._occasion({key: datetime(2026, 12, 1, tzinfo=UTC) if key.endswith("parsed") else told_by})


INVITATIONS = """Continue reading|Read more|Read the full story|Keep reading|Leggi tutto|Leggi di più|Continua|
Continua a leggere|Lire la suite|Lire plus|Weiterlesen|Mehr lesen|Seguir leyendo|Leer más|Sigue leyendo|Les mer|
Continue lendo|Leia mais|Lees verder|Lees meer|Czytaj dalej|Pročitaj više|Pročitajte više|Läs mer|Læs mere|READ MORE."""


@pytest.mark.parametrize("invitation", INVITATIONS.replace("\n", "").split("|"))
def test_each_invitation_to_read_on_goes(invitation: str) -> None:
    assert text.without_boilerplate(f"Libraries open. {invitation}") == "Libraries open."
    assert text.without_boilerplate(f"Libraries open. [{invitation}]") == "Libraries open."
    assert text.without_boilerplate("Libraries open. (More )") == "Libraries open."


def test_a_sign_within_an_attribute_ends_no_tag() -> None:
    html = '<p><abbr title="a > b">x</abbr> y</p>'
    assert fields.plain_of_safe(html) == text.plain(html) == "x y"


@pytest.mark.parametrize("query", ["?", "/x?", "/x?a=1", "/./x", "/x#", "", "/x;"])
def test_a_question_mark_alone_goes(query: str) -> None:
    assert urls.absolute("http://b.org/", f"http://a.org{query}") == urljoin(
        "http://b.org/", f"http://a.org{query}"
    )


@given(
    st.sampled_from(BASES),
    st.lists(st.sampled_from(["http", "s", "://", "a.org", "/", "?", "=", "#", ";", "..", ".", "A", " "])).map(
        "".join
    ),
)
def test_whole_addresses_are_joined_to_nothing(base: str, url: str) -> None:
    bare = url.strip()
    try:
        expected = urljoin(base, bare) if base and urls._split(base) else bare
    except ValueError:
        expected = bare
    assert urls.absolute(base, url) == expected
