"""What is done the quick way when items are tagged gives what the plain way gives."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import spelling
from aggregator.config import load, shipped
from aggregator.language import base
from aggregator.model import Item, Source
from aggregator.occasions import note_words, notes
from aggregator.spelling import fold, spellings
from aggregator.topics import Tagger, evidence, kinds
from aggregator.topics.lexicon import WORD, Found, Lexicon, Phrase, bucket, stem, tokens
from aggregator.topics.rules import index_words
from aggregator.topics.rules.index import coded
from aggregator.topics.rules.passages import passages_of
from aggregator.topics.tag import MOST_TOPICS, quote
from aggregator.topics.vocabulary import View

TAGGER = Tagger(load(shipped("feeds.yaml"), {})[0].topics)
VOCABULARY = TAGGER.lexicon._vocabulary
WORDS = (
    "library libraries library's metadata data Metadata open access Open Access OPEN MARC MARCs ALA e-book e-books café "
    "cafe\u0301 Bibliothek Bibliotheken bibliothèque l’accès rock’n’roll d'été it’s IT'S x's s o't s_t _data data_ "
    "Says Says_x Announces Now Available Made 3rd 12 March mars 12:30 10am 3pm v2.0 9 Uhr 12h30 ½ ² ٣ 3ª ﬁne straße "
    "ŒUVRE Åse … “notes from” notes report day one at liveblogging live-blogs fand heute statt sudjelovala bil bila sam "
    "na took place have been held look back comptes rendus j'ai participé s’est tenue workshop conference IFLA 2026 "
    "図書館 книга библиотеки ไทย हिन्दी call for papers register not no only never without mentoring mentors cpd course"
).split()
TEXTS = st.lists(
    st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.text(max_size=4)), max_size=40
).flatmap(
    lambda words: st.sampled_from((" ", "\n", " - ", "'", "’", ", ", "_", ": ", "")).map(lambda by: by.join(words))
)
LANGUAGES = st.sampled_from(("en", "it", "fr", "de", "hr", "pl", "ru", "ja", "en-GB", None))


@given(st.one_of(TEXTS, st.text(st.characters(codec="cp1252")), st.text()))
def test_texts_are_folded_in_octets_as_letter_by_letter(text: str) -> None:
    assert fold(text) == spelling._fold(text)


@given(TEXTS)
def test_words_are_cut_in_octets_as_by_the_pattern(text: str) -> None:
    assert list(tokens(text)) == [found[0] for found in WORD.finditer(text.replace("’", "'"))]


@given(st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=12)), LANGUAGES)
def test_what_is_one_word_is_stemmed_as_a_text_of_one(word: str, language: str | None) -> None:
    if spelling.is_word(word):
        assert spelling.spelled(word) == [word]
    found = spelling.words(word.removesuffix("'s").removesuffix("’s"), language)
    assert stem(word, language or "") == (found[0] if found else "")
    if spelling.is_word(word):
        kept = spelling.stems(language)
        kept.pop(word, None)
        assert kept.of(word) == spelling.words(word, language)[0]
        assert word in kept


@given(TEXTS, st.data())
def test_quotations_are_found_as_by_going_from_word_to_word(text: str, data: st.DataObject) -> None:
    places = list(WORD.finditer(text))
    if places:
        start = data.draw(st.integers(0, len(places) - 1))
        end = data.draw(st.integers(start + 1, min(len(places), start + 4)))
        said = text[places[start].start() : next(islice(places, end - 1, None)).end()]
        assert quote(text, Found(Phrase("", "", ""), start, end)) == " ".join(said.split())


@given(TEXTS, LANGUAGES, st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)), max_size=12))
def test_many_phrases_are_found_as_each_alone(
    text: str, language: str | None, pairs: list[tuple[str, str]]
) -> None:
    sought = [
        Phrase(f"{n % 3}", said, code)
        for n, (one, other) in enumerate(dict.fromkeys(pairs))
        for said in (one, f"{one} {other}", f"{one[:4]}*")
        for code in ("en", "fr")
    ]
    words = tokens(text)
    together = Lexicon([*sought, Phrase("", "and more", language or "hr")])
    alone = [one for phrase in sought for one in Lexicon([phrase, Phrase("", "no", "en")]).find_all(words, "fr")]
    found = [one for one in together.find_all(words, "fr") if one.phrase.owner]
    assert sorted(found) == sorted(one for one in alone if one.phrase.owner)
    others, of_kinds = together.found(words, "fr")
    assert [*others, *of_kinds] == together.find_all(words, "fr")


class _Any(frozenset[str]):
    """Openings among which there is every one."""

    def __contains__(self, opening: object) -> bool:
        return True


ENDINGS = ("", "s", "ed", "ing", "ings", "ied", "e", "en", "ern", "ima", "'s", "zzzz")


@pytest.mark.parametrize("language", ["en", "it", "de", "hr"])
def test_no_form_is_passed_over_by_how_it_begins(language: str) -> None:
    quick, plain = View(VOCABULARY, {language, "en"}), View(VOCABULARY, {language, "en"})
    plain._forms = [(name, by, _Any(), ending, stemmed) for name, by, _, ending, stemmed in plain._forms]
    for word in VOCABULARY.languages[language]:
        for letters in range(max(1, len(word) - 4), len(word) + 1):
            for ending in ENDINGS:
                assert quick[word[:letters] + ending] == plain[word[:letters] + ending]
    assert quick.terms == plain.terms


@given(TEXTS, TEXTS, LANGUAGES)
def test_the_index_keeps_of_each_word_its_spelling_stem_and_what_forms_share(
    title: str, text: str, language: str | None
) -> None:
    item = Item("i", title=title, text=text, tags=("a tag",), language=language)
    code = base(language) or "en"
    plainly = dict.fromkeys(
        coded(one)
        for passage in passages_of(item)
        for word in passage
        for one in (fold(word.lower()), stem(word, code), bucket(word, code), bucket(word, "en"))
        if one
    )
    assert list(index_words(item)) == list(plainly)


@given(st.one_of(TEXTS, st.text()), st.text(max_size=5))
def test_phrases_of_notes_are_found_as_without_asking_for_their_marks(text: str, more: str) -> None:
    folded = fold(text)
    for phrases in (note_words.SURE, note_words.LEANING, note_words.THERE, note_words.FORWARD):
        words = frozenset(spellings(f"{folded}\n{more}"))
        assert phrases.search(folded, words) == bool(phrases._pattern.search(folded))


@given(st.one_of(TEXTS, st.text()))
def test_no_pattern_of_kinds_is_kept_from_a_text_in_which_it_is(text: str) -> None:
    if kinds._DEEDS.search(text):
        assert not kinds._OF_DEEDS.isdisjoint(spellings(text))
    if kinds._HOUR.search(text):
        assert any(word[0].isdecimal() for word in kinds._figures(set(tokens(text))))
    assert bool(kinds._RELAYED.match(text)) == bool(kinds._RELAYED.search(text))
    assert bool(kinds._QUOTED_AFTER_COLON.match(text)) == bool(kinds._QUOTED_AFTER_COLON.search(text))


@pytest.mark.parametrize("scheme", ["http://", "https://", "HTTP://", "ftp://", "//", "", "https:/"])
@given(st.text("abAB.-:@/?#[]%_ \n\tü1", max_size=20))
def test_hosts_are_read_as_by_the_library(scheme: str, rest: str) -> None:
    url = scheme + rest
    if plain := evidence._PLAIN_HOST.match(url):
        assert plain[1] == (urlsplit(url).hostname or "")


@given(TEXTS, TEXTS, LANGUAGES, st.sets(st.sampled_from(("open-access", "metadata", "mentoring", "cpd"))))
def test_topics_are_those_that_are_likely_enough(
    title: str, text: str, language: str | None, about: set[str]
) -> None:
    item = Item("i", "s", title=title, text=text, language=language)
    weighed = TAGGER.weigh(item, about).topics
    enough = TAGGER._weights.enough
    likely = sorted((-one.chance, topic) for topic, one in weighed.items() if one.chance >= enough)
    given_to = TAGGER.tag(item, Source("s", "https://s.example", about=tuple(about)))
    assert [tag.id for tag in given_to] == [topic for _, topic in likely[:MOST_TOPICS]]


def test_the_forms_of_patterns_are_all_there() -> None:
    for pattern in ("comptes?", "svolt[oa]", "learn(?:ed|t)", "inscripcion(?:es)?", "odrzan[oa]?", "notes"):
        forms = note_words._forms(pattern)
        assert forms
        assert all(re.fullmatch(pattern, form) for form in forms)
    assert set(note_words._forms("odrzan[oa]?")) == {"odrzan", "odrzana", "odrzano"}
    assert note_words._forms(r"liveblog\w*") == []


@given(TEXTS, TEXTS)
def test_notes_are_known_as_by_looking_for_everything(title: str, text: str) -> None:
    folded, lead = fold(title), fold("\n".join((title, text[: notes.LEAD])))
    sure = note_words.SURE._pattern.search(folded)
    told = sure or (
        not note_words.EVENT_WORDS.isdisjoint(spellings(lead))
        and (
            note_words.LEANING._pattern.search(folded)
            or note_words.SURE._pattern.search(lead)
            or note_words.THERE._pattern.search(lead)
        )
    )
    expected = told and not note_words.FORWARD._pattern.search(folded)
    assert notes.looks_back(Item("i", title=title, text=text)) == bool(expected)
