"""What letters may show of a source's text, who may read the rest, and what readers must know before they cite."""

from __future__ import annotations

from dataclasses import replace

import drafts
import pytest
from bs4 import BeautifulSoup

from aggregator.compose import Composer, opened, preflight
from aggregator.compose.languages import phrases
from aggregator.compose.rights import library_address, says_correction, says_retraction
from aggregator.config import parse
from aggregator.model import Draft, Edition, Rights

COMPOSER = Composer()
PAPER = drafts.item(
    1,
    "Shelf order and its discontents",
    kind="paper",
    text="one two three " * 100,
    url="https://j.example/a?b=c&d",
)


def draft(rights: Rights | None = None, edition: Edition | None = None, **fields: object) -> Draft:
    paper = replace(PAPER, **fields)  # type: ignore[arg-type]
    given = {"quiet": rights} if rights else {}
    return drafts.draft(drafts.pick(paper), edition=edition, rights=given)


def text_of(one: Draft) -> str:
    done = COMPOSER.write(one)
    assert preflight(done.letter, done.draft) == []
    return opened(done.letter.content).text or ""


# ------------------------------------------------------------------------------------------------------- excerpts
@pytest.mark.parametrize(("rights", "words"), [(None, 45), (Rights(0), 0), (Rights(10), 10), (Rights(9999), 300)])
def test_a_source_may_show_its_title_some_words_or_everything(rights: Rights | None, words: int) -> None:
    text = text_of(draft(rights))
    assert sum(text.count(word) for word in ("one", "two", "three")) - text.count("anyone") == words
    assert PAPER.title in text


def test_a_letter_that_must_shrink_never_shows_more_than_a_source_allows() -> None:
    many = [
        drafts.pick(replace(PAPER, id=f"p{n}", url=f"https://j.example/{n}", title=f"Paper {n} " * 8))
        for n in range(90)
    ]
    short = [drafts.pick(drafts.item(500 + n, source="room", text="secret " * 99)) for n in range(30)]
    rights = {"quiet": Rights(9999), "room": Rights(3)}
    done = COMPOSER.write(drafts.draft(*short, *many, rights=rights))
    assert len(done.letter.content) <= 100_000
    assert (opened(done.letter.content).text or "").count("secret") <= 90


def test_attribution_stands_with_each_item() -> None:
    assert "The Quiet Desk · 20 Nov 2026 · CC BY 4.0, The Desk" in text_of(
        draft(Rights(attribution="CC BY 4.0,\nThe Desk"))
    )


def test_a_catalogue_says_what_may_be_shown() -> None:
    text = (
        "sources:\n  a: {url: https://a.example/f, excerpt: title, attribution: CC BY, access: open access}\n"
        "  b: {url: https://b.example/f, excerpt: 30 words}\n  c: {url: https://c.example/f, excerpt: full}\n"
        "  d: {url: https://d.example/f, excerpt: 20}\n  e: https://e.example/f\n"
        "editions: {digest: {library_link: 'https://p.example/login?url='}}\n"
    )
    catalogue, problems = parse(text, "feeds.yaml", {})
    assert problems == []
    assert catalogue.sources["a"].rights == Rights(0, "CC BY", "open")
    assert [catalogue.sources[id].rights.words for id in "bcde"] == [30, 9999, 20, 45]
    assert catalogue.editions["digest"].library_link == "https://p.example/login?url="


@pytest.mark.parametrize("entry", ["excerpt: a lot", "excerpt: -3", "excerpt: true", "access: perhaps"])
def test_a_slip_is_named_with_its_remedy(entry: str) -> None:
    catalogue, problems = parse(f"sources:\n  a: {{url: https://a.example/f, {entry}}}\n", "feeds.yaml", {})
    assert [problem.line for problem in problems] == [2]
    assert problems[0].remedy
    assert not catalogue.sources


# --------------------------------------------------------------------------------------------------------- access
def test_access_and_the_way_through_the_library() -> None:
    edition = Edition(library_link="https://proxy.example.org/login?url=")
    unknown, free, closed = (text_of(draft(Rights(access=a), edition)) for a in ("", "open", "restricted"))
    way = "https://proxy.example.org/login?url=https://j.example/a?b=c&d"
    for text in (unknown, closed):
        assert f"Through the library:\n  {way}" in text
    assert ("Open access" in free, way in free) == (True, False)
    assert "Access restricted" in closed
    assert "access" not in unknown.lower(), "nothing is claimed that nobody has said"
    page = BeautifulSoup(opened(COMPOSER.compose(draft(None, edition)).content).html or "", "html.parser")
    links = {str(link["href"]): link for link in page.find_all("a")}
    assert links[PAPER.url].get_text() == PAPER.title, "the item's own link is never rewritten"
    assert links[way]["aria-label"] == f"Through the library: {PAPER.title}"


def test_a_resolver_gets_the_address_encoded_and_a_post_no_such_link() -> None:
    resolver = "https://resolver.example.org/?u={url}&x=1"
    assert library_address(PAPER, PAPER.url, resolver, "") == (
        "https://resolver.example.org/?u=https%3A%2F%2Fj.example%2Fa%3Fb%3Dc%26d&x=1"
    )
    post = replace(PAPER, kind="post")
    assert library_address(post, post.url, resolver, "") == ""
    assert library_address(post, post.url, resolver, "restricted")
    assert library_address(PAPER, "", resolver, "") == ""


# -------------------------------------------------------------------------------------------------------- notices
def test_retractions_and_corrections_are_labelled() -> None:
    text = text_of(draft(title="Retraction: Shelf order and its discontents"))
    assert "\n  Retraction\n" in text
    page = BeautifulSoup(
        opened(COMPOSER.compose(draft(title="Shelf order [RETRACTED]")).content).html or "", "html.parser"
    )
    assert [strong.get_text() for strong in page.find_all("strong")] == ["Retraction"]
    assert "Correction · Paper · " in text_of(draft(tags=("Correction",), follows="i0"))
    assert phrases("it").retraction == "Ritrattazione"


@pytest.mark.parametrize(
    "title",
    ["RETRACTED: On shelves", "Retraction notice: On shelves", "On shelves (Retracted)", "[Retracted] On shelves",
     "Expression of concern: On shelves", "Ritrattazione: Sugli scaffali", "Withdrawn – On shelves"],
)  # fmt: skip
def test_what_says_that_it_is_withdrawn(title: str) -> None:
    assert says_retraction(drafts.item(1, title))


@pytest.mark.parametrize(
    "title",
    ["Retraction Watch: ten years", "Why papers are retracted", "Retractions in library science", "On withdrawal",
     "Retracted papers and who cites them: a study"],
)  # fmt: skip
def test_what_is_only_about_withdrawing(title: str) -> None:
    assert not says_retraction(drafts.item(1, title))


def test_what_says_that_it_corrects() -> None:
    for title in (
        "Correction: On shelves",
        "Corrigendum to: On shelves",
        "Erratum to “On shelves”",
        "Errata corrige: Scaffali",
        "On shelves [Erratum]",
    ):
        assert says_correction(drafts.item(1, title)), title
    assert not says_correction(drafts.item(1, "Colour correction in scanning: a course"))
