"""The letter in the reader's language: no string missing, dates and plurals by locale, right to left mirrored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import drafts
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Tag
from messages import of_letters, of_pages

from aggregator.compose import Composer, opened, pages, preflight
from aggregator.compose.languages import known
from aggregator.compose.languages import phrases as words_for
from aggregator.compose.phrases import ENGLISH
from aggregator.compose.reasons import in_words_of
from aggregator.errors import ConfigError
from aggregator.model import Draft, Profile
from aggregator.rank import Ranker
from aggregator.web.words import languages

COMPOSER = Composer()
FOLDER = pages.shipped().parent / "languages"
CATALOGUES = sorted(FOLDER.glob("*.po"))


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as stream:
        return read_po(stream, locale=path.stem, abort_invalid=True)


def draft_in(language: str, **fields: object) -> Draft:
    return drafts.draft(reader=replace(drafts.READER, language=language), **fields)  # type: ignore[arg-type]


def text_of(draft: Draft) -> str:
    return " ".join((opened(COMPOSER.compose(draft).content).text or "").split())


def soup_of(draft: Draft) -> BeautifulSoup:
    return BeautifulSoup(opened(COMPOSER.compose(draft).content).html or "", "html.parser")


# ----------------------------------------------------------------------------------------------------- catalogues
@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_no_catalogue_lacks_a_string_or_has_one_too_many(path: Path) -> None:
    held = {message.id: message for message in catalogue(path) if message.id}
    letters, web = of_letters(), of_pages()
    assert len(letters) > 100, "the collector finds what there is"
    assert len(web) > 40, "the collector finds what there is"
    # A catalogue may know the letter alone; one that has begun with the pages knows all of them.
    wanted = letters | web if held.keys() & (web - letters) else letters
    assert wanted - held.keys() == set(), "to be translated"
    assert held.keys() - wanted == set(), "nobody says this any more"
    for message in held.values():
        forms = message.string if isinstance(message.string, tuple | list) else [message.string]
        # A form for none may be empty where "and 0 more" is never said.
        assert any(forms) if len(forms) > 1 else forms[0], f"{message.id!r} has no translation"
        assert not message.fuzzy


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_keeps_the_blanks_around_what_is_joined(path: Path) -> None:
    for message in catalogue(path):
        if isinstance(message.id, str) and message.id.endswith(" "):
            assert str(message.string).endswith(" "), message.id


def test_english_and_italian_at_least() -> None:
    assert {"en", "it"} <= set(known())
    assert {"en", "it"} <= set(languages([pages.shipped().parent]))


def test_a_language_that_nobody_has_translated_is_english() -> None:
    for language in ("tlh", "", "../it", "x" * 50, "en-GB"):
        assert words_for(language) is ENGLISH
    assert words_for("it-CH") is words_for("it"), "a region falls back to its language"
    assert "Closing soon" in text_of(draft_in("tlh"))


def test_an_operators_catalogue_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "languages").mkdir()
    own = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Reading"\nmsgstr "Lesestoff"\n'
    (tmp_path / "languages" / "lb.po").write_text(own, encoding="utf-8")
    letter = opened(Composer([tmp_path / "mail"]).compose(draft_in("lb")).content).text or ""
    assert "Lesestoff" in letter
    assert "Closing soon" in letter, "what it lacks is said in English"


@pytest.mark.parametrize(
    "text", ['msgid "for {name}"\nmsgstr "für {naem}"', 'msgid "for {name}"\nmsgstr "für {name"', 'msgid "x']
)
def test_a_catalogue_that_would_break_a_letter_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "languages").mkdir()
    path = tmp_path / "languages" / "de.po"
    path.write_text(f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n{text}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"de\.po"):
        Composer([tmp_path / "mail"]).compose(draft_in("de"))


# --------------------------------------------------------------------------------------------------------- Italian
def test_a_whole_letter_in_italian() -> None:
    held = tuple(drafts.pick(drafts.item(100 + number)) for number in range(2))
    draft = draft_in("it", selection=replace(drafts.SELECTION, held_back=held))
    letter = COMPOSER.compose(draft)
    text, soup = text_of(draft), soup_of(draft)
    assert letter.subject == "1 scadenza questa settimana, Webinar: clean data without tears, e altri 2"
    assert preflight(letter, draft) == []
    html = soup.find("html")
    assert isinstance(html, Tag)
    assert (html["lang"], html["dir"]) == ("it", "ltr")
    for words in (
        "lunedì 23 novembre 2026 · 4 elementi · per Anna Rossi", "In scadenza", "Corso · The Book Room · 20 nov 2026",
        "Scadenza ven 27 nov 2026", "Perché: Argomento: Rare books — “rare books” nel titolo",
        "gio 26 nov 2026, 15:00–16:30 ora di Roma", "Perché: Parola chiave: “data”", "senza data",
        "Anche in: Northern Libraries", "Altri 2 elementi aspettano la prossima lettera",
        "Riceve questa lettera perché ha chiesto Library digest ogni settimana.",
    ):  # fmt: skip
        assert words in text
    for english in ("Closes", "Why", "Topic:", "waits", "Unsubscribe", "You get"):
        assert english not in text, "no word of ours is left in English"
    headings = soup.find_all("h3")
    assert [h.get("lang") for h in headings] == ["en", "en", None, "en"], "what is not Italian says so"


def test_spans_and_numbers_by_locale() -> None:
    say = words_for("it")
    assert say.days(date(2026, 11, 24), date(2026, 11, 26)) == "24–26 nov 2026"
    assert " ".join(say.days(date(2026, 12, 8), date(2027, 1, 3)).split()) == "8 dic 2026 – 3 gen 2027"
    assert say.money(1200.5, "EUR") == "1.200,50 EUR"
    assert say.hours(2.5, 3) == "2,5–3 ore"
    assert say.in_language("de") == "in tedesco"
    assert words_for("ar").items(2) == "عنصران"
    assert words_for("ar").items(11) == "11 عنصرًا"


# --------------------------------------------------------------------------------------------------------- reasons
def test_every_reason_that_ranking_gives_is_said_in_italian() -> None:
    item = replace(drafts.COURSE, title="Codex and catalogue", author="Ada")
    profile = Profile(
        topics={"rare-books": 3}, keywords=("codex",), searches=("codex AND catalogue",), follow=("author:Ada",)
    )
    [[pick]] = Ranker({"rare-books": "Rare books"}).rank([item], [profile])
    assert in_words_of(words_for("it"), pick.why) == (
        "Argomento: Rare books — “rare books” nel titolo; Ricerca: “codex AND catalogue”; "
        "Parola chiave: “codex”; Lei segue Ada"
    )
    assert in_words_of(ENGLISH, pick.why) == pick.why


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Like what you marked: MOOCs — “MOOC” 3 times in the text",
         "Simile a ciò che ha segnato: MOOCs — “MOOC” 3 volte nel testo"),
        ("Topic: A; B — “x” in the title, “y” among the source's own categories",
         "Argomento: A; B — “x” nel titolo, “y” tra le categorie della fonte"),
        ("Topic: A — “x” in the address, “y” in the text", "Argomento: A — “x” nell'indirizzo, “y” nel testo"),
        ("Outside your topics: A, often beside B", "Fuori dai Suoi argomenti: A, spesso accanto a B"),
        ("Topic: A — “in the title” at the start of the text", "Argomento: A — “in the title” all'inizio del testo"),
        ("Topic: A — given to every item of The Desk by the curator",
         "Argomento: A — assegnato da chi cura la lettera a tutto ciò che viene da The Desk"),
        ("a reason of tomorrow", "a reason of tomorrow"),
        ("", ""),
    ],
)  # fmt: skip
def test_reasons_are_known_by_their_form(reason: str, expected: str) -> None:
    assert in_words_of(words_for("it"), reason) == expected


# --------------------------------------------------------------------------------------------------- right to left
def test_an_arabic_letter_runs_from_right_to_left_and_is_mirrored() -> None:
    arabic = drafts.item(7, "دورة في فهرسة المخطوطات", language="ar", text="تبدأ الدورة في الشهر القادم.")
    notes = [drafts.item(20 + n, f"Notes {n}", kind="notes", event="HLC 2026") for n in range(2)]
    picks = [drafts.pick(one) for one in (arabic, *notes)]
    draft = drafts.draft(*picks, reader=replace(drafts.READER, language="ar"))
    soup = soup_of(draft)
    html, article = soup.find("html"), soup.find("article")
    assert isinstance(html, Tag)
    assert isinstance(article, Tag)
    assert (html["lang"], html["dir"]) == (article["lang"], article["dir"]) == ("ar", "rtl")
    first, second = soup.find_all("h3")[:2]
    assert (first.get("lang"), first.get("dir")) == (None, None)
    assert (second["lang"], second["dir"]) == ("en", "ltr")
    block = soup.find("p", class_="block")
    assert isinstance(block, Tag)
    assert "border-right:" in str(block["style"])
    assert "left" not in str(block["style"])
    assert preflight(COMPOSER.compose(draft), draft) == []
