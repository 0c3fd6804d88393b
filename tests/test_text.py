"""HTML made safe, HTML made plain, excerpts, titles, words."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.read.fields import plain_of_safe
from aggregator.text import (
    _APPENDED,
    clean,
    excerpt,
    first_sentence,
    fold,
    plain,
    sanitise,
    stem,
    title,
    title_key,
    visible,
    without_boilerplate,
    words,
)

BASE = "https://e.org/d/page"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p onclick="x()">Hi</p>', "<p>Hi</p>"),
        ("<script>x</script><style>y</style>z", "z"),
        ('<a href="javascript:x()">j</a>', '<a rel="noopener noreferrer">j</a>'),
        ('<a href="../x?a=1&b=2">r</a>', '<a href="https://e.org/x?a=1&amp;b=2" rel="noopener noreferrer">r</a>'),
        ('<a href="data:text/html,x">d</a>', '<a rel="noopener noreferrer">d</a>'),
        ('<img src="a.png" alt="A" onerror="x()">', '<img src="https://e.org/d/a.png" alt="A">'),
        ('<img src="https://t.org/p.gif" width="1" height="1">', ""),
        ('<img src="data:image/png;base64,xx">', ""),
        ('<img alt="a>b" src="//cdn.org/i.png">', '<img alt="a&gt;b" src="https://cdn.org/i.png">'),
        ("<iframe src='https://e.org/'></iframe><form action='/x'><input></form>ok", "ok"),
        ('<svg><script>x</script></svg><math href="javascript:x">m</math>', "m"),
        ("<p>open <b>bold", "<p>open <b>bold</b></p>"),
        ("no markup", "no markup"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_sanitise(html: str, expected: str) -> None:
    assert sanitise(html, BASE) == expected


def test_relative_links_without_a_base_are_dropped() -> None:
    assert sanitise('<a href="x">r</a>') == '<a rel="noopener noreferrer">r</a>'
    assert sanitise('<a href="x">r</a>', "https://[bad") == '<a rel="noopener noreferrer">r</a>'


@settings(deadline=None)
@given(st.text("<>&\"'=/ abpscriptonlick:;#x\x00\ud800", max_size=80))
def test_sanitising_twice_changes_nothing_more(html: str) -> None:
    once = sanitise(html, BASE)
    assert sanitise(once, BASE) == once
    assert "<script" not in once


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read_and_stored(text: str) -> None:
    for result in (clean(text), plain(text), sanitise(text), title(text), excerpt(text, 5)):
        result.encode("utf-8")
        assert "\x00" not in result


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote"])
def test_deep_nesting_is_cheap_and_keeps_the_text(tag: str) -> None:
    html = f"<{tag}>" * 30_000 + "words"
    assert plain(sanitise(html)).endswith("words")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One</p><p>Two <b>b</b>old</p>", "One\n\nTwo bold"),
        ("a<br>b", "a\nb"),
        ("<ul><li>1</li><li>2</li></ul>after", "1\n2\n\nafter"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>end", "a b\nc\n\nend"),
        ("x&nbsp;&amp;&nbsp;y &#8364;", "x & y €"),
        ("<script>no</script>yes<style>no</style>", "yes"),
        ("  much \n\n space  ", "much space"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("", ""),
    ],
)
def test_plain(html: str, expected: str) -> None:
    assert plain(html) == expected


@pytest.mark.parametrize(
    "appended",
    [
        "The post A title, with commas appeared first on A blog.",
        "L’articolo Un titolo proviene da Il blog.",
        "L'article Un titre est apparu en premier sur Le blog.",
        "Der Beitrag Ein Titel erschien zuerst auf Das Blog.",
        "La entrada Un título se publicó primero en El blog.",
        "O post Um título apareceu primeiro em O blog.",
        "Continue reading A title →",
        "Continua a leggere →",
        "Read more »",
        "Read more",
        "[Read more...]",
        "Leggi tutto",
        "Lire la suite…",
        "Weiterlesen",
        "[…]",
        "[...]",
        "(more…)",
        "[…] The post A title appeared first on A blog.",
    ],
)
def test_boilerplate_goes(appended: str) -> None:
    assert without_boilerplate(f"Real words stay here. {appended}") == "Real words stay here."


@pytest.mark.parametrize(
    "text",
    [
        "We read more books than ever.",
        "You should continue reading this book.",
        "The post office appeared first on the left side of the street, then it moved on and on, and then\nit closed.",
        "Mehr lesen hilft beim Schreiben und beim Denken",
    ],
)
def test_what_only_looks_like_boilerplate_stays(text: str) -> None:
    assert without_boilerplate(text) == text


def test_excerpt_ends_with_a_sentence_where_that_keeps_enough() -> None:
    assert excerpt("One two three. Four five six. Seven eight.", 7) == "One two three. Four five six."
    assert excerpt("One. " + "word " * 20, 10) == "One. " + "word " * 8 + "word …"
    assert excerpt("Short text.", 10) == "Short text."
    assert excerpt("", 10) == ""


def test_excerpt_counts_characters_where_there_are_no_spaces() -> None:
    text = "図書館の新しいサービスについて考える。" * 10
    cut = excerpt(text, 20)
    assert len(cut) <= 45
    assert cut.endswith(("。", "…"))


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(1, 20))
def test_excerpt_is_never_longer_than_asked(text: str, most: int) -> None:
    assert len(excerpt(text, most).removesuffix(" …").split()) <= most


def test_first_sentence() -> None:
    assert first_sentence("This is it. And more.") == "This is it."
    assert first_sentence("line one\nline two") == "line one"
    assert first_sentence("word " * 50, 20) == "word word word word …"
    assert first_sentence("  ") == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Q&amp;A", "Q&A"),
        ("It&#8217;s", "It’s"),
        ("AT&amp;amp;T", "AT&T"),
        ("<em>New</em> <b class='x'>books</b>", "New books"),
        ("List<String> of a < b", "List<String> of a < b"),
        ("&notanentity; & more", "&notanentity; & more"),
        ("  two\n lines\u00a0", "two lines"),
        ("cafe\u0301", "café"),
    ],
)
def test_title(raw: str, expected: str) -> None:
    assert title(raw) == expected


def test_title_key() -> None:
    assert title_key("“Open   Access”: è qui!") == title_key("open access - E' qui") == "open access e qui"
    assert title_key("Part 1") != title_key("Part 2")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Perché", "perche"),
        ("ŁÓDŹ", "lodz"),
        ("Straße", "strasse"),
        ("Ærø", "aero"),
        ("ﬁn", "fin"),
        ("ёлка", "елка"),
        ("도서관", "도서관"),
        ("पुस्तक", "पुस्तक"),
    ],
)
def test_fold(raw: str, expected: str) -> None:
    assert fold(raw) == expected


@settings(deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Libraries' cataloguing, 2026", "en", ["librari", "catalogu", "2026"]),
        ("L'informazione nelle biblioteche", "it", ["inform", "nell", "bibliotec"]),
        ("the librarian's e-book", "en", ["the", "librarian", "e", "book"]),
        ("Información y bibliotecas", "es", ["inform", "y", "bibliotec"]),
        ("Éditions numériques", None, ["editions", "numeriques"]),
        ("words", "xx", ["words"]),
        ("図書館 2026", "ja", ["図書", "書館", "2026"]),
        ("館", "ja", ["館"]),
        ("snake_case", None, ["snake", "case"]),
        ("", "en", []),
    ],
)
def test_words(text: str, language: str | None, expected: list[str]) -> None:
    assert words(text, language) == expected


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "it", "de", None]))
def test_words_are_folded(text: str, language: str | None) -> None:
    assert all(word == fold(word) and word.strip() for word in words(text, language))


def test_stem_is_one_of_the_words() -> None:
    assert stem("Biblioteche", "it") == "bibliotec"
    assert stem("open access", "en") == "open access"


def test_visible_drops_what_turns_the_direction() -> None:
    assert visible("\u202eevil\u202c \u200bword") == "evil word"
    assert clean("a\ud83d\ude00b\x00") == "a\U0001f600b"


PLAIN_WORDS = "".join(chr(n) for n in range(32, 127))


@settings(deadline=None)
@given(st.text(PLAIN_WORDS, max_size=60), st.sampled_from(["en", "it", "tr", None]), st.sampled_from("ёกह図"))
def test_one_foreign_word_beside_them_changes_no_words(text: str, language: str | None, foreign: str) -> None:
    """ASCII, the usual scripts and the particular ones each have their own way to the same words."""
    assert words(f"{text} {foreign}", language) == [*words(text, language), *words(foreign, language)]
    assert title_key(f"{text} {foreign}") == f"{title_key(text)} {title_key(foreign)}".strip()


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["en", "fr", "ja", None]))
def test_words_do_not_reach_over_blanks(one: str, other: str, language: str | None) -> None:
    assert words(f"{one} {other}", language) == words(one, language) + words(other, language)


def test_more_words_than_are_remembered_are_still_stemmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.spelling._REMEMBERED", 2)
    assert words("libraries archives catalogues libraries", "en") == ["librari", "archiv", "catalogu", "librari"]


SAID_AT_THE_END = [
    "The post A title", " appeared first on A Blog.", "L’articolo Un titolo proviene da", " Un sito", "Continue reading",
    "Read the full article", " →", "…", " ...", "[…]", "(more…)", "[link]", "[comments]", "Leggi tutto", "Weiterlesen",
    "Lire la suite »", ".", "]", " ", "\n", "\n\n", "A sentence in between", "read on and more", "discontinued", "İ",
]  # fmt: skip


@settings(deadline=None)
@given(st.integers(0, 800), st.lists(st.sampled_from(SAID_AT_THE_END), max_size=8))
def test_what_is_appended_is_found_as_by_looking_everywhere(before: int, ends: list[str]) -> None:
    text = "x" * before + "".join(ends)
    expected = text
    for _ in range(4):
        if found := _APPENDED.search(expected, max(0, len(expected) - 700)):
            expected = expected[: found.start()].rstrip()
    assert without_boilerplate(text) == expected


def test_safe_html_needs_no_parser_to_be_made_plain() -> None:
    """`plain_of_safe` against `plain` on what `sanitise` makes of every sample, and of pieces of markup."""
    pieces = [
        '<a title="a > b" href="/x">A</a><p>B', "<table><tr><td>1</td><td>2</td></tr></table>", "x<br>y<br/><br>z",
        "<ul><li>one<li>two<ul><li>three</ul></ul>", "<pre>\n a  b\n</pre>", "a &amp;lt; b &nbsp; c &quot;d&quot;",
        "<h2>H</h2>\n\n<p>P <img src='https://x.example/i.png' alt='an &gt; arrow'> Q</p>", "1 < 2 & 3 > 2", "\x01 <b>x",
        "<dl><dt>T<dd>D</dl><figure><figcaption>C</figcaption></figure>", "<p>a</p> <p> </p><hr><blockquote>q",
        "<svg><title>t</title></svg>u<math><mi>m</mi></math>", "<caption>c</caption>", "<!-- c -->d<![CDATA[e]]>",
        "<a href='javascript:x'>j</a><script>s</script><style>t</style>", "a\u00a0b\u2028c\u0085d", "&#1;&#2;&#160;",
    ]  # fmt: skip
    samples = [
        path.read_text("utf-8", "replace") for path in sorted((Path(__file__).parent / "data").rglob("*.*ml"))
    ]
    samples += [body for sample in samples for body in re.split(r"<!\[CDATA\[|\]\]>|<description>", sample)]
    for html in (*pieces, *map(unescape, samples), *samples):
        for base in ("https://a.example/b/", ""):
            safe = sanitise(html, base)
            assert plain_of_safe(safe) == plain(safe), html


@given(st.text(st.sampled_from("<>&;\"'/ =abpiltrdh1\n\x01\x02\u00a0"), max_size=60))
def test_safe_html_of_any_kind_is_made_plain_alike(html: str) -> None:
    safe = sanitise(html)
    assert plain_of_safe(safe) == plain(safe)
