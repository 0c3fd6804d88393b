"""The letter's HTML: structure, languages, colours; and its size."""

from __future__ import annotations

import re
from dataclasses import replace

import drafts
import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.compose import Composed, Composer, opened, preflight
from aggregator.compose.letter import SIZE
from aggregator.compose.plain import readable
from aggregator.errors import Refused
from aggregator.model import Draft, Edition, Item

COMPOSER = Composer()


def written(draft: Draft) -> Composed:
    return COMPOSER.write(draft)


def page_of(draft: Draft) -> str:
    return opened(written(draft).letter.content).html or ""


def soup_of(draft: Draft) -> BeautifulSoup:
    return BeautifulSoup(page_of(draft), "html.parser")


# --------------------------------------------------------------------------------------------------------- HTML
def test_html_says_what_screen_readers_and_clients_need() -> None:
    page, soup = page_of(drafts.draft()), soup_of(drafts.draft())
    assert page.startswith('<!DOCTYPE html><html lang="en" dir="ltr">')
    assert page.index('<meta charset="utf-8">') < page.index("<style>") < page.index("</head>")
    assert soup.find("meta", charset="utf-8")
    assert soup.title
    assert soup.title.get_text() == "Library digest · Monday 23 November 2026"
    assert soup.find("meta", attrs={"name": "viewport"})
    scheme = soup.find("meta", attrs={"name": "color-scheme"})
    assert isinstance(scheme, Tag)
    assert scheme["content"] == "light dark"
    article = soup.find("article")
    assert isinstance(article, Tag)
    assert (article["lang"], article["dir"], article["aria-label"]) == ("en", "ltr", "Library digest")
    inner = article.find("div")
    assert isinstance(inner, Tag)
    assert (inner["lang"], inner["dir"]) == ("en", "ltr"), "for webmail that takes <article> away"
    assert len(soup.find_all("h1")) == 1
    assert [h.get_text() for h in soup.find_all("h2")] == ["Closing soon", "Events and calls", "Reading"]
    assert len(soup.find_all("h3")) == 4
    assert all(table["role"] == "presentation" for table in soup.find_all("table"))


def test_html_brings_nothing_from_elsewhere_and_hides_little() -> None:
    page, soup = page_of(drafts.draft()), soup_of(drafts.draft())
    assert not soup.find_all(["img", "script", "link", "form", "iframe", "svg", "video", "object", "base"])
    assert "url(" not in page
    assert "@import" not in page
    assert "<!--" not in page
    assert len(soup.find_all("style")) == 1
    assert len(str(soup.find("style"))) < 16_000
    [hidden] = [tag for tag in soup.find_all(style=True) if "display:none" in str(tag["style"])]
    assert 30 <= len(hidden.get_text()) <= 160


def test_html_elements_are_balanced() -> None:
    page = page_of(drafts.draft(edition=Edition(introduction="a\n\nb", postal_address="c\nd")))
    for name in ("table", "tbody", "tr", "td", "p", "a", "h1", "h2", "h3", "div", "strong", "style", "html"):
        assert len(re.findall(rf"<{name}[\s>]", page)) == page.count(f"</{name}>"), name


def test_foreign_and_right_to_left_words_are_marked() -> None:
    hebrew = drafts.item(7, "סדרת מפגשים", language="he", text="הספרייה פותחת סדרה.")
    soup = soup_of(drafts.draft(drafts.pick(drafts.ITALIAN), drafts.pick(hebrew), drafts.pick(drafts.UNDATED)))
    italian, right_to_left, english = soup.find_all("h3")
    assert (italian["lang"], italian.get("dir")) == ("it", None)
    assert (right_to_left["lang"], right_to_left["dir"]) == ("he", "rtl")
    assert (english.get("lang"), english.get("dir")) == (None, None)
    marked = [str(p["lang"]) for p in soup.find_all("p") if p.get("lang")]
    assert marked == ["it", "he"], "the excerpts too"


def styles(tag: Tag) -> dict[str, str]:
    pairs = (pair.split(":", 1) for pair in str(tag.get("style", "")).split(";") if ":" in pair)
    return {name.strip(): value.strip() for name, value in pairs}


def inherited(tag: Tag, name: str) -> str:
    for each in [tag, *tag.parents]:
        if isinstance(each, Tag) and name in styles(each):
            return styles(each)[name]
    raise AssertionError(f"no {name} in reach of {tag}")


@pytest.mark.parametrize("accent", ["#1a5f7a", "#ffff00", "#fff", "#000000", "#b00020", "red;}"])
def test_every_text_can_be_read_without_the_style_sheet(accent: str) -> None:
    soup = soup_of(drafts.draft(edition=Edition(accent=accent, postal_address="x", introduction="y")))
    assert isinstance(soup.body, Tag)
    for tag in soup.body.find_all(["h1", "h2", "h3", "p", "a", "strong"]):
        colour, ground = inherited(tag, "color"), inherited(tag, "background-color")
        assert readable(colour, ground, 4.5) == colour, f"{tag.get_text()}: {colour} on {ground}"
    sizes = [
        int(size)
        for size in re.findall(r"(\d+)px/", page_of(drafts.draft()))
        + re.findall(r"font-size:(\d+)px", page_of(drafts.draft()))
    ]
    assert min(sizes) >= 14


def test_dark_colours_can_be_read_too() -> None:
    page = page_of(drafts.draft())
    dark = page.split("prefers-color-scheme", 1)[1].split("</style>")[0]
    assert "{{" not in page
    for colour in re.findall(r"(?<![-\w])color:\s*(#[0-9a-f]{6})", dark):
        assert readable(colour, "#1b2023", 4.5) == colour


def test_every_class_of_the_dark_styles_exists_in_the_letter() -> None:
    full = drafts.draft(selection=replace(drafts.SELECTION, held_back=(drafts.pick(drafts.item(50)),)))
    picks = [drafts.pick(drafts.item(number)) for number in range(9)]
    notes = [drafts.pick(drafts.item(number, kind="notes", event="HLC 2026")) for number in range(2)]
    pages = page_of(full) + page_of(drafts.draft(*picks)) + page_of(drafts.draft(*notes))
    dark = pages.split("prefers-color-scheme", 1)[1].split("</style>")[0]
    for name in set(re.findall(r"\.([a-z]+)[ ,{]", dark)):
        assert f'class="{name}"' in pages, name


# --------------------------------------------------------------------------------------------------------- size
def wordy(number: int, word: str = "word") -> Item:
    return drafts.item(number, f"{word} {number} " * 30, text=f"{word} " * 400, language=None)


@pytest.mark.parametrize("word", ["word", "слово", "図書館の目録を共有する", "x" * 500])
def test_a_letter_never_grows_too_large(word: str) -> None:
    draft = drafts.draft(*[drafts.pick(wordy(number, word)) for number in range(150)])
    done = written(draft)
    assert len(done.letter.content) <= SIZE
    assert preflight(done.letter, done.draft) == []
    carried, held = done.draft.selection.picks, done.draft.selection.held_back
    assert carried + held == draft.selection.picks, "what found no room waits, in order"
    assert len(carried) >= 30
    if held:
        said = f"{len(held)} more wait for the next letter, so that this one stays short enough to be shown whole."
        assert said in " ".join((opened(done.letter.content).text or "").split())


def test_excerpts_are_shortened_before_an_item_is_held_back() -> None:
    draft = drafts.draft(*[drafts.pick(drafts.item(number, text="word " * 400)) for number in range(90)])
    done = written(draft)
    assert done.draft == replace(draft, item_pages=""), "a long letter has no room for a link to a page of each"
    assert 0 < (opened(done.letter.content).text or "").count("word") < 90 * 45


def test_one_monstrous_item_still_makes_a_letter() -> None:
    monster = drafts.item(
        1,
        "T" * 9000,
        url="https://quiet.example/" + "u" * 90_000,
        text="z" * 90_000,
        also_in=tuple("s" * 500 + str(n) for n in range(300)),
    )
    done = written(drafts.draft(drafts.pick(monster, "w" * 9000)))
    assert preflight(done.letter, done.draft) == []
    assert len(done.letter.content) < 20_000


def test_a_letter_without_items_is_refused() -> None:
    with pytest.raises(Refused, match="no items"):
        written(drafts.draft(selection=replace(drafts.SELECTION, sections=())))


def test_each_item_has_one_link_to_its_readers_page_and_a_test_copy_none() -> None:
    items = [drafts.item(number, f"Title {number}") for number in range(3)]
    draft = drafts.draft(*map(drafts.pick, items))
    letter = opened(written(draft).letter.content)
    links = [
        a for a in BeautifulSoup(letter.html or "", "html.parser").find_all("a") if "/items/" in str(a["href"])
    ]
    assert [a["href"] for a in links] == [f"{drafts.ITEM_PAGES}/{item.id}" for item in items]
    assert len({a["aria-label"] for a in links}) == 3, "no two links sound alike and lead apart"
    assert all((letter.text or "").count(f"{drafts.ITEM_PAGES}/{item.id}\n") == 1 for item in items)
    without = opened(written(replace(draft, item_pages="")).letter.content)
    assert "/items/" not in (without.html or "") + (without.text or "")
    assert without.html
    assert "Log as CPD" not in without.html
