"""Which language: codes, scripts, stop words, and the stated language checked against the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.language import base, language_of

SAMPLES = {
    "en": "The library is open from nine to five, and this is what you will find in the reading room.",
    "it": "La biblioteca è aperta dalle nove alle diciassette e questo è quello che si trova nella sala di lettura.",
    "fr": "La bibliothèque est ouverte de neuf heures à dix-sept heures et vous y trouverez des livres pour tous.",
    "es": "La biblioteca está abierta de nueve a cinco y esto es lo que se puede encontrar en la sala de lectura.",
    "de": "Die Bibliothek ist von neun bis fünf geöffnet und das ist es, was man im Lesesaal finden kann.",
    "pt": "A biblioteca está aberta das nove às cinco e isto é o que não se encontra na sala de leitura dos livros.",
    "nl": "De bibliotheek is open van negen tot vijf en dit is wat je in de leeszaal kan vinden met een pas.",
    "hr": "Knjižnica je otvorena od devet do pet i to je ono što se može naći u čitaonici, ali nije sve na jednom mjestu.",
    "pl": "Biblioteka jest otwarta od dziewiątej do piątej i to jest to, co można znaleźć w czytelni, ale nie wszystko się da.",
    "sv": "Biblioteket är öppet från nio till fem och det här är vad som inte finns i läsesalen för dig att läsa.",
    "fi": "Kirjasto on avoinna yhdeksästä viiteen ja tämä on se, mitä lukusalista voi löytää, mutta ei kaikkea.",
    "hu": "A könyvtár kilenctől ötig van nyitva, és ez az, amit az olvasóteremben lehet találni, de nem minden.",
    "ru": "Библиотека открыта с девяти до пяти, и вы найдёте здесь книги.",
    "uk": "Бібліотека відкрита з дев'ятої до п'ятої, і ви знайдете тут книги.",
    "el": "Η βιβλιοθήκη είναι ανοιχτή από τις εννέα έως τις πέντε.",
    "he": "הספרייה פתוחה מתשע עד חמש.",
    "ar": "المكتبة مفتوحة من التاسعة إلى الخامسة.",
    "fa": "کتابخانه از ساعت نه تا پنج باز است و پژوهشگران می‌توانند کتاب‌های گوناگون بخوانند",
    "hi": "पुस्तकालय नौ बजे से पांच बजे तक खुला है।",
    "ja": "図書館は九時から五時まで開いています。",
    "zh": "图书馆从九点到五点开放。",
    "ko": "도서관은 아홉 시부터 다섯 시까지 엽니다.",
}


@pytest.mark.parametrize(("code", "text"), SAMPLES.items())
def test_each_language_is_known_unasked(code: str, text: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(("code", "text"), SAMPLES.items())
def test_american_english_by_default_is_not_believed(code: str, text: str) -> None:
    assert language_of(text, "en-US") == code


@pytest.mark.parametrize(("code", "text"), SAMPLES.items())
def test_a_right_statement_stands(code: str, text: str) -> None:
    assert language_of(text, code) == code


def test_a_statement_stands_where_there_is_little_to_go_by() -> None:
    assert language_of("Zotero 7.1", "it") == "it"
    assert language_of("Workshop", "en-GB") == "en"
    assert language_of("", "fr") == "fr"


@pytest.mark.parametrize("text", ["", "Zotero", "2026", "OPAC XML AI IT", "¿?", "ok ok ok"])
def test_what_nobody_can_tell_is_none(text: str) -> None:
    assert language_of(text) is None


def test_acronyms_are_no_stop_words() -> None:
    assert language_of("AI, AI and AI: what IT means", "en-US") == "en"


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("en-US", "en"),
        ("EN_gb", "en"),
        ("English", "en"),
        ("italiano", "it"),
        ("hrv", "hr"),
        ("iw", "he"),
        ("nb-NO", "no"),
        ("jp", "ja"),
        (" fr ", "fr"),
        ("utf-8", None),
        ("xx", None),
        ("", None),
        (None, None),
    ],
)
def test_base(stated: str | None, code: str | None) -> None:
    assert base(stated) == code


def test_scripts_of_several_languages_follow_the_statement() -> None:
    assert language_of("Библиотеката е отворена от девет", "bg") == "bg"
    assert language_of("वाचनालय उघडे आहे", "mr") == "mr"


@settings(deadline=None)
@given(st.text(max_size=200), st.none() | st.sampled_from(["en", "it", "zz", "English"]))
def test_the_answer_is_a_code_or_none(text: str, stated: str | None) -> None:
    answer = language_of(text, stated)
    assert answer is None or (len(answer) == 2 and base(answer) == answer)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["The", "the", "la", "der", "und", "AI", "della", "è", "pour", "l’una", "don't", "2026", "Год", "и"]
        ),
        max_size=40,
    )
)
def test_an_apostrophe_at_the_end_changes_nothing(words: list[str]) -> None:
    """Texts with and without one are cut into words in different ways."""
    text = " ".join(words)
    assert language_of(f"{text} '", "en") == language_of(text, "en")
