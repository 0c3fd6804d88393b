"""Words that can be compared across spellings: cut from a text, folded, stemmed.

Pure, and asked for every word of every item: what can be is done for a whole text in bytes, the rest once a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Literal

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # letters of scripts without spaces
_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# Letters that Unicode does not take apart, and the marks that accents become (Latin, Greek, Cyrillic, Hebrew,
# Arabic). The vowel signs of Indian scripts are marks too, but letters to their readers: they stay.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ŧ": "t", "ħ": "h",
     "’": "'", "‘": "'", "ʼ": "'"}
)  # fmt: skip
_WHOLE_LETTERS = re.compile(f"[{''.join(map(chr, _LETTERS))}]")
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
_NO_SPACES = rf"{CJK}\u0e00-\u0e7f\uac00-\ud7af"
_REMEMBERED = 50_000  # stems of one language
_ELISION = re.compile(r"\b\w{1,2}'(?=\w)|'[sS]\b")
# The vowel signs of Indian scripts are no letters for Python, but letters for their readers.
_SIGNS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(rf"[{_NO_SPACES}]+|(?:[^\W_{_NO_SPACES}]|[{_SIGNS}])+")
_BIGRAMS = re.compile(f"[{_NO_SPACES}]")
_PARTICULAR = re.compile(f"[{_NO_SPACES}{_SIGNS}]")
_LONG = 40  # letters, from where on it pays to fold in octets
_PRINTED = "’‘“”–—…"
_RUNS = {"": re.compile(r"[^\W_]+"), "'": re.compile(r"(?:[^\W_]|')+")}
_BLANKED = {kept: bytes(n if chr(n).isalnum() or chr(n) in kept else 32 for n in range(256)) for kept in _RUNS}


def fold(text: str) -> str:
    """Text for comparing: compatibility forms resolved, lower case, without accents.

    What fits into Windows-1252, as most texts in Latin letters do, is folded as bytes, eight times quicker.
    """
    if text.isascii():
        return text.lower()
    if len(text) < _LONG:
        return _fold(text)
    try:
        octets = text.encode("cp1252")
    except UnicodeEncodeError:
        return _fold(text)
    table, longer, others = _folding()
    if octets.translate(None, others) != octets:
        return _fold(text)
    for octet, several in longer:
        if octet in octets:
            octets = octets.replace(octet, several)
    return octets.translate(table).decode("cp1252")


@cache
def _folding() -> tuple[bytes, Sequence[tuple[bytes, bytes]], bytes]:
    """How to fold Windows-1252: each octet, those that become several, and those that become others."""
    table, longer, others = bytearray(range(256)), [], bytearray()
    for octet in range(256):
        one = bytes([octet])
        try:
            folded = _fold(one.decode("cp1252")).encode("cp1252")
        except UnicodeDecodeError:  # one of the five that mean nothing
            continue
        except UnicodeEncodeError:
            others.append(octet)
            continue
        if len(folded) == 1:
            table[octet] = folded[0]
        else:
            longer.append((one, folded))
    return bytes(table), longer, bytes(others)


def _fold(text: str) -> str:
    lower = unicodedata.normalize("NFKD", text).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", lower))
    if _WHOLE_LETTERS.search(bare):  # translating takes longer than all the rest
        bare = bare.translate(_LETTERS)
    return unicodedata.normalize("NFC", bare)


def words(text: str, language: str | None = None) -> list[str]:
    """The words of `text` in order, stemmed in `language` and folded.

    `language` is a code of two letters; where it is None or has no stemmer nothing is stemmed. Numbers are words;
    elided articles and possessive s are not; scripts without spaces give pairs of characters.
    """
    return [*map(stems(language).__getitem__, spelled(text))]


def spelled(text: str) -> list[str]:
    """The words of `text` in order, as they are written: what `words` gives before it stems and folds."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("’", "'")
        if not _is_plain(text):
            return [piece for token in _TOKEN.findall(_ELISION.sub(" ", text)) for piece in _pairs(token)]
    if "'" not in text:
        return spellings(text)
    if "_" in text:  # a letter to the pattern, but none to us
        return spellings(_ELISION.sub(" ", text))
    runs = spellings(text, kept="'")
    return [one for run in runs for one in (spellings(_ELISION.sub(" ", run)) if "'" in run else (run,))]


def folded(word: str) -> str:
    """A word in small letters without accents, as `words` gives it."""
    return word if word.isascii() else fold(word)


def stem(word: str, language: str | None = None) -> str:
    """One word as `words` would give it."""
    if is_word(word):
        return stems(language)[word]
    found = words(word, language)
    return found[0] if len(found) == 1 else fold(word)


def is_word(text: str) -> bool:
    """Whether `spelled` would give just this text: letters and digits of scripts with spaces."""
    return text.isalnum() and (
        text.isascii() or (unicodedata.is_normalized("NFC", text) and not _PARTICULAR.search(text))
    )


def pieces(text: str) -> list[str]:
    """The words of a text as it stands, scripts without spaces as they are."""
    return spellings(text) if _is_plain(text) else _TOKEN.findall(text)


def spellings(text: str, kept: Literal["", "'"] = "") -> list[str]:
    """The runs of letters and digits (and apostrophes, if they are `kept`) in a text, as they stand.

    What fits into Latin-1 once the marks of print are gone is cut as bytes, five times quicker than by a pattern.
    """
    octets = _octets(text)
    if octets is None:
        return _RUNS[kept].findall(_unprinted(text))
    return octets.translate(_BLANKED[kept]).decode("latin-1").split()


def _octets(text: str) -> bytes | None:
    """A text in Latin-1, blanks for the marks of print; None where it has other letters."""
    try:
        return (text if text.isascii() else _unprinted(text)).encode("latin-1")
    except UnicodeEncodeError:
        return None


def _unprinted(text: str) -> str:
    for mark in _PRINTED:
        text = text.replace(mark, " ")
    return text


def _is_plain(text: str) -> bool:
    """Whether a text has only letters of scripts with spaces, and none that Python takes for something else."""
    return _octets(text) is not None or not _PARTICULAR.search(text)


def _pairs(token: str) -> list[str]:
    if len(token) < 3 or not _BIGRAMS.match(token):
        return [token]
    return [token[at : at + 2] for at in range(len(token) - 1)]


class Stems(dict[str, str]):
    """Word as written -> its stem in one language, folded. Remembers what it met: most words were met before."""

    def __init__(self, algorithm: str | None) -> None:
        super().__init__()
        self._stem: Callable[[str], str] = str
        if algorithm:
            import Stemmer

            self._stem = Stemmer.Stemmer(algorithm, 0).stemWord

    def __missing__(self, token: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[token] = self.of(token)
        return found

    def of(self, token: str) -> str:
        """The same without remembering it, for whoever remembers what follows from it."""
        stemmed = self._stem(token.lower())
        return stemmed if stemmed.isascii() else fold(stemmed)


def stems(language: str | None) -> Stems:
    """Word as written, one that `spelled` gives -> what `words` makes of it. For whoever looks up many."""
    return _stems(language if language in _STEMMERS else None)


@lru_cache(maxsize=64)
def _stems(language: str | None) -> Stems:
    return Stems(_STEMMERS[language] if language else None)
