"""The letter in other languages: one gettext catalogue each, and dates, numbers and names by the Unicode CLDR.

A catalogue is a file `languages/CODE.po` beside the folder `mail` of the templates; nothing is compiled or
registered. Babel, which reads it and knows the locales, is imported with the first letter that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.compose import pages
from aggregator.compose.phrases import ENGLISH, English
from aggregator.compose.plain import kept_apart
from aggregator.errors import ConfigError, Problem
from aggregator.text import fold

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_CODE = re.compile(r"[a-z]{2,3}(?:_[a-z0-9]{2,8})*\Z")
_BLANK = re.compile(r"\{(\w*)[^}]*\}")
_REMEDY = "compare it with languages/it.po, which ships with the program"


@lru_cache(maxsize=256)
def phrases(language: str, templates: tuple[Path, ...] = ()) -> English:
    """The words for readers of `language` (BCP 47): `pt-BR` falls back to `pt`, what nobody has translated to
    English. `templates`: folders with letter templates, as for `Composer`. Raises ConfigError for a catalogue that
    can't be used."""
    code = language.strip().lower().replace("-", "_")
    for name in dict.fromkeys((code, code.partition("_")[0])):
        if name == "en" or not _CODE.match(name):
            break
        for folder in (*templates, pages.shipped()):
            path = folder.parent / "languages" / f"{name}.po"
            if path.is_file():
                return _translated(name, path)
    return ENGLISH


def known(templates: Sequence[Path] = ()) -> tuple[str, ...]:
    """The codes of the languages that letters can be written in, English first."""
    folders = [folder.parent / "languages" for folder in (*templates, pages.shipped())]
    return ("en", *sorted({path.stem for folder in folders for path in folder.glob("*.po")} - {"en"}))


@lru_cache(maxsize=256)
def _translated(code: str, path: Path) -> English:
    return Translated(code, _messages(code, path))


class Translated(English):
    """The letter in the language of one catalogue; what that lacks is said in English."""

    def __init__(self, code: str, messages: GNUTranslations) -> None:
        from babel import Locale

        self._messages, self._locale = messages, Locale.parse(code)
        self.code = code.replace("_", "-")
        self.direction = "rtl" if self._locale.text_direction == "rtl" else "ltr"
        for name, text in plain_words().items():
            setattr(self, name, self._t(text))

    def _t(self, text: str) -> str:
        return self._messages.gettext(text)

    def _n(self, one: str, many: str, count: int) -> str:
        return self._messages.ngettext(one, many, count)

    def filled(self, form: str, **values: str) -> str:
        return super().filled(form, **{name: kept_apart(value, self.direction) for name, value in values.items()})

    def language(self, code: str) -> str:
        return str(self._locale.languages.get(code, ""))

    def number(self, value: float) -> str:
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self._locale)

    def money(self, amount: float, currency: str) -> str:
        from babel.numbers import format_decimal

        pattern = "#,##0" if float(amount).is_integer() else "#,##0.00"
        return f"{format_decimal(amount, pattern, locale=self._locale)} {currency}".strip()

    def month(self, day: date) -> str:
        return _dated("yMMMM", day, str(self._locale))

    def day(self, day: date) -> str:
        return _dated("yMMMd", day, str(self._locale))

    def weekday(self, day: date) -> str:
        return _dated("yMMMEd", day, str(self._locale))

    def long_day(self, day: date) -> str:
        return _dated("full", day, str(self._locale))

    def days(self, first: date, last: date) -> str:
        return self.weekday(first) if first == last else _spanned(first, last, str(self._locale))

    def city(self, zone: str) -> str:
        return _city(zone, str(self._locale)) if "/" in zone else super().city(zone)


@lru_cache(maxsize=64)
def country_names(language: str, codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(code, name in that language) of each of these countries (ISO 3166), in the order of the alphabet."""
    from babel import Locale

    territories = Locale.parse(language.replace("-", "_")).territories
    named = [(code, str(territories.get(code) or code)) for code in codes]
    return tuple(sorted(named, key=lambda pair: fold(pair[1])))


def plain_words() -> dict[str, str]:
    """The messages that are plain texts of the class, by name."""
    fixed = ("code", "direction")
    return {k: v for k, v in vars(English).items() if isinstance(v, str) and k[0] != "_" and k not in fixed}


# -------------------------------------------------------------------------------------------------------- locales
@lru_cache(maxsize=16_384)
def _dated(pattern: str, day: date, locale: str) -> str:
    from babel.dates import format_date, format_skeleton

    if pattern == "full":
        return format_date(day, "full", locale=locale)
    return format_skeleton(pattern, day, locale=locale)


@lru_cache(maxsize=4096)
def _spanned(first: date, last: date, locale: str) -> str:
    from babel.dates import format_interval

    # Some locales write days of spans with two digits, and single days with one (Italian: 08–28 dic, 8 dic).
    return re.sub(r"(?<!\d)0(?=\d(?!\d))", "", format_interval(first, last, "yMMMd", locale=locale))


@lru_cache(maxsize=1024)
def _city(zone: str, locale: str) -> str:
    from babel.dates import get_timezone_location

    try:
        return get_timezone_location(zone, locale=locale, return_city=True)
    except LookupError:
        return ENGLISH.city(zone)


# ----------------------------------------------------------------------------------------------------- catalogues
def _messages(code: str, path: Path) -> GNUTranslations:
    from babel import UnknownLocaleError
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=code, abort_invalid=True)
    except (OSError, UnicodeError, ValueError, PoFileError, UnknownLocaleError) as error:
        raise ConfigError([Problem(str(path), None, f"can't be read: {error}", _REMEDY)]) from error
    wrong = [Problem(str(path), line, what, "write the names in braces as they stand in the English text")
             for line, what in _faults(catalogue)]  # fmt: skip
    if wrong:
        raise ConfigError(wrong)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _faults(catalogue: Catalog) -> Iterator[tuple[int | None, str]]:
    """Braces that name something the English text does not: a letter would fail over them."""
    for message in catalogue:
        if not message.id:
            continue
        allowed = {name for text in _forms(message.id) for name in _BLANK.findall(text)}
        for text in _forms(message.string):
            unknown = sorted(set(_BLANK.findall(text)) - allowed)
            if unknown or "{" in _BLANK.sub("", text) or "}" in _BLANK.sub("", text):
                yield message.lineno, f"the translation {text!r} has braces that the English text has not"


def _forms(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(map(str, text)) if isinstance(text, tuple | list) else ()
