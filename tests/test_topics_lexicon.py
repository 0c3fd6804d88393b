"""Phrases are found as whole words in any inflection, never as parts of words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.topics.lexicon import Lexicon, Phrase, same_word, stem, tokens


def found(phrase: str, text: str, language: str = "en", text_language: str | None = None) -> bool:
    lexicon = Lexicon([Phrase("topic", phrase, language)])
    return bool(lexicon.find(tokens(text), text_language or language))


@pytest.mark.parametrize(
    ("phrase", "text", "language"),
    [
        ("mentoring programme", "Two mentoring programmes begin in May", "en"),
        ("Mentoring Programme", "the MENTORING PROGRAMME", "en"),
        ("library", "Libraries, again", "en"),
        ("library", "the library's budget", "en"),
        ("hiring", "We hire two archivists", "en"),
        ("cataloguing", "how we catalogued it", "en"),
        ("teacher-librarian", "a teacher librarian in Cork", "en"),
        ("e-books", "what an e-book costs", "en"),
        ("MOOC", "three new MOOCs", "en"),
        ("ALA", "ALA’s annual report", "en"),
        ("Bibliothek", "Neues aus den Bibliotheken", "de"),
        ("biblioteca pubblica", "Le biblioteche pubbliche lombarde", "it"),
        ("accès ouvert", "l’accès ouvert en 2026", "fr"),
        ("journée d'étude", "Journées d’étude à Lyon", "fr"),
        ("narodna knjižnica", "u narodnim knjižnicama", "hr"),
        ("školska knjižnica", "Školske knjižnice danas", "hr"),
        ("librar*", "librarians and librarianship", "en"),
        ("data librar*", "our data libraries", "en"),
    ],
)
def test_other_forms_of_the_same_words_are_found(phrase: str, text: str, language: str) -> None:
    assert found(phrase, text, language)


@pytest.mark.parametrize(
    ("phrase", "text", "language"),
    [
        ("art", "an article on cartography", "en"),
        ("journal", "local journalism", "en"),
        ("publisher", "published in May", "en"),
        ("university", "the universe", "en"),
        ("mentor", "a commentor wrote", "en"),
        ("open access", "open and free access", "en"),
        ("AI", "ai, said the sloth", "en"),
        ("MARC", "Marc wrote this", "en"),
        ("RDA", "the card", "en"),
        ("librar*", "a calibrary", "en"),
        ("mentoring programme", "mentoring", "en"),
        ("formation continue", "le format continue", "fr"),
    ],
)
def test_parts_of_words_and_other_words_are_not(phrase: str, text: str, language: str) -> None:
    assert not found(phrase, text, language)


def test_the_longest_phrase_wins_and_both_owners_of_one_phrase_are_found() -> None:
    lexicon = Lexicon(
        [
            Phrase("management", "library management", "en"),
            Phrase("systems", "library management system", "en"),
            Phrase("ai", "AI literacy", "en"),
            Phrase("literacy", "AI literacy", "en"),
        ]
    )
    words = tokens("A library management system, and AI literacy")
    assert [f.phrase.owner for f in lexicon.find(words, "en")] == ["systems", "ai", "literacy"]
    assert [f.phrase.owner for f in lexicon.find_all(words, "en")] == ["management", "systems", "ai", "literacy"]
    # Side by side or overlapping, both stand.
    assert len(lexicon.find(tokens("library management: library management system"), "en")) == 2


@pytest.mark.parametrize(
    ("language", "expected"), [("it", True), ("it-IT", True), ("en", True), ("de", False), (None, True)]
)
def test_english_and_the_texts_own_language_are_looked_for(language: str | None, expected: bool) -> None:
    lexicon = Lexicon(
        [Phrase("a", "webinar", "it"), Phrase("b", "prestito", "it"), Phrase("c", "open access", "en")]
    )
    assert [f.phrase.owner for f in lexicon.find(["open", "access"], language)] == ["c"]
    assert bool(lexicon.find(["prestito"], language)) is (expected and language != "en")


def test_a_language_without_words_is_read_with_the_english_ones() -> None:
    assert found("open access", "sobre open access em 2026", "en", "pt")


def test_phrases_without_words_match_nothing() -> None:
    assert not Lexicon([Phrase("a", "", "en"), Phrase("b", "…", "en"), Phrase("c", "*", "en")]).find(
        ["x", ""], "en"
    )


@given(st.text(max_size=200), st.text(min_size=1, max_size=30))
def test_any_text_can_be_searched_for_anything(text: str, phrase: str) -> None:
    words = tokens(text)
    for one in Lexicon([Phrase("t", phrase, "en"), Phrase("t", phrase, "hr")]).find(words, None):
        assert 0 <= one.start < one.end <= len(words)


@given(st.lists(st.sampled_from(["open", "access", "data", "library", "in", "RDA"]), max_size=30))
def test_a_phrase_is_found_exactly_where_its_words_stand_in_order(words: list[str]) -> None:
    lexicon = Lexicon([Phrase("oa", "open access", "en")])
    places = [n for n in range(len(words) - 1) if words[n : n + 2] == ["open", "access"]]
    assert [one.start for one in lexicon.find(words, "en")] == places


@given(st.text(alphabet="abcdeinrst", max_size=12), st.text(alphabet="abcdeinrst", max_size=12))
def test_being_one_word_is_mutual(one: str, other: str) -> None:
    for language in ("en", "it"):
        assert same_word(one, other, language) == same_word(other, one, language)
        assert same_word(one, one, language)


SPELLINGS = st.text(alphabet="abdegilnrsty", min_size=1, max_size=9)
ENDINGS = st.sampled_from(["", "s", "es", "ing", "ed", "e", "ies", "ings", "n", "en", "i", "ment", "y", "'s"])


@given(SPELLINGS, ENDINGS, st.sampled_from(["en", "it", "de", "hr"]))
def test_no_form_of_a_word_is_overlooked(word: str, ending: str, language: str) -> None:
    """The quick look at trunks lets through whatever stems and endings would."""

    def shared(word: str) -> str:
        return word[:4] if language == "hr" and len(word) > 4 else stem(word, language)

    bare = (word + ending).removesuffix("'s")
    expected = shared(word) == shared(bare) and same_word(word, bare, language)
    assert bool(Lexicon([Phrase("t", word, language)]).find([word + ending], language)) == expected


def test_each_owner_is_found_once_a_place_however_many_share_it() -> None:
    owners = [f"owner-{number}" for number in range(12)]
    lexicon = Lexicon([Phrase(owner, word, "en") for word in ("library", "libraries") for owner in owners])
    assert [found.phrase.owner for found in lexicon.find(tokens("Libraries, again"), "en")] == owners


@given(st.text(max_size=60))
def test_words_with_and_without_a_genitive_are_cut_alike(text: str) -> None:
    assert tokens(f"{text} 'x") == (*tokens(text), "x")


def test_forgetting_the_words_that_were_met_changes_nothing_but_memory() -> None:
    lexicon = Lexicon([Phrase("mentoring", "mentoring programme", "en"), Phrase("biblioteca", "biblioteca", "it")])
    texts = [
        (tokens("Two mentoring programmes"), "en"),
        (tokens("Le biblioteche, two mentoring programmes"), None),
    ]
    before = [lexicon.find(*text) for text in texts]
    lexicon.forget()
    assert not any(lexicon._views.values())
    assert [lexicon.find(*text) for text in texts] == before
    assert all(before)
