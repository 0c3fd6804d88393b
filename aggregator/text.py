"""Text: HTML made safe, HTML made plain, excerpts, and words that can be compared across spellings.

Everything here is pure and quick: a collection of 20,000 items is sanitised, read and split in seconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import Literal

from selectolax.lexbor import LexborHTMLParser

from aggregator.nesting import bounded, shallow
from aggregator.safe import safe

# ------------------------------------------------------------------------------------------------------ HTML
# Marks for the end of a paragraph and of a line, set before the tags are taken away. Tables are made blocks first:
# text between their tags would be moved out of them (HTML, 13.2.6.4.9).
_PARAGRAPH = re.compile(
    r"<(?=/?(?:p|div|h[1-6]|ul|ol|dl|table|blockquote|pre|figure|article|section|header|footer|hr|form)\b)", re.I
)
_LINE = re.compile(r"<(?=(?:br|li|tr|dt|dd|figcaption|caption)\b)", re.I)
_CELL = re.compile(r"<(?=(?:td|th|img)\b)", re.I)
_TABLE = re.compile(r"<(/?)(?:table|caption|colgroup|col|thead|tbody|tfoot|tr|td|th)\b", re.I)
_DROPPED_TEXT = ["script", "style", "template", "head", "textarea", "select", "svg", "object", "noscript"]
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_UNSEEN = re.compile("[\x80-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HARMFUL = re.compile("|".join(one.pattern for one in (_UNWANTED, _UNSEEN, _SURROGATE)))
_MARKED = bytes((1, 2, *range(32, 127)))
_HARMLESS = bytes(code for code in range(128) if not _UNWANTED.match(chr(code)))


def clean(text: str) -> str:
    """Text that every store and every mail can hold: no NUL, no control characters, no half surrogates."""
    if _is_print(text):
        return text
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNWANTED.sub("", text)


def _is_print(text: str) -> bool:
    """Whether there is surely nothing harmful in a text; asked first, since it takes a tenth of the time."""
    if text.isascii():
        return not text.encode().translate(None, _HARMLESS)
    return text.replace("\n", " ").isprintable()


def visible(text: str) -> str:
    """Clean text without what is never seen but does harm: C1 controls, blanks of no width, marks that turn the
    direction of what follows (what is written from right to left shows so without them)."""
    if _is_print(text) or text.isascii():
        return clean(text)
    return _UNSEEN.sub("", clean(text)) if _HARMFUL.search(text) else text


def one_line(text: str) -> str:
    """Clean text with every run of blanks made one space."""
    return " ".join(clean(text).split())


def sanitise(html: str, base: str = "") -> str:
    """HTML with nothing in it that acts: fixed tags and attributes, links to http, https and mailto only.

    Relative addresses are resolved against `base`; without a usable base they are dropped. Images without an
    http(s) address and counting pixels go. What is nested too deep to be text is given back as plain text.
    """
    html = clean(html)
    if not ("<" in html or "&" in html):
        return html
    return safe(bounded(html), base).strip()


def plain(html: str) -> str:
    """The text of HTML: entities decoded, blanks made one, a blank line between paragraphs, a line per item."""
    html = " ".join(clean(html).split())
    if not ("<" in html or "&" in html):
        return html
    marked = _CELL.sub(" <", _LINE.sub("\x02<", _PARAGRAPH.sub("\x01<", shallow(html))))
    tree = LexborHTMLParser(_TABLE.sub(r"<\1span", marked))
    tree.strip_tags(_DROPPED_TEXT)
    return broken(tree.body.text() if tree.body else "")


def broken(text: str) -> str:
    """Text with every run of blanks made one, and the ends of paragraphs (marked by 01) and of lines (02) made of
    their marks."""
    even = _evened(text)
    if even is None:
        paragraphs = [_lines(" ".join(text.split()).split("\x02")) for text in text.split("\x01")]
        return clean("\n\n".join(filter(None, paragraphs))).strip()
    paragraphs = [_lines(part.split("\x02")) if "\x02" in part else part.strip(" ") for part in even.split("\x01")]
    return "\n\n".join(filter(None, paragraphs))


def _lines(lines: list[str]) -> str:
    return "\n".join(filter(None, (line.strip() for line in lines)))


def _evened(text: str) -> str | None:
    """Text with every run of blanks made one, where nothing else is to be done to it; else None."""
    text = text.replace("\n", " ")
    if text.isascii():
        if text.encode().translate(None, _MARKED):
            return None
    elif not text.replace("\x01", "").replace("\x02", "").isprintable():
        return None
    while "  " in text:
        text = text.replace("  ", " ")
    return text


# -------------------------------------------------------------------------------------------------- excerpts
# What blog software appends to an excerpt, in the languages it speaks. Only ever taken from the end.
_APPENDED = re.compile(
    r"""\s*(?:
      (?:The\ post|L['’]articolo|L['’]article|Der\ Beitrag|La\ entrada|L['’]entrada|O\ post|O\ conteúdo|
         Het\ bericht|Artykuł|Wpis|Objava|Članak|Inlägget|Indlægget|Innlegget|Příspěvek|A\(z\))
      \ [^\n]{1,300}?\ (?:(?:first\ )?appeared\ (?:first\ )?(?:on|in)|proviene\ da|sembra\ essere\ il\ primo\ su|
         è\ stato\ pubblicato\ (?:per\ primo|originariamente)\ su|est\ apparu\ en\ premier\ sur|
         erschien\ (?:zuerst|als\ erstes)\ auf|(?:se\ publicó|apareció|aparece)\ primero\ en|
         apareceu\ primeiro\ em|
         verscheen\ eerst\ op|pochodzi\ z\ serwisu|pojavi(?:la|o)\ se\ prvi\ puta?\ na|dök\ först\ upp\ på|
         blev\ først\ udgivet\ på|dukket\ først\ opp\ på)\ [^\n]{1,200}
    | (?<!\w)[\[(]?\ ?(?:Continue\ reading|Read\ (?:the\ )?(?:more|rest|full\ (?:post|article|story))|
         Keep\ reading|
         Leggi\ (?:tutto|di\ più|l['’]articolo)|Continua\ a\ leggere|Continua|Lire\ (?:la\ suite|plus)|
         Weiterlesen|Mehr\ lesen|Seguir\ leyendo|Leer\ más|Sigue\ leyendo|Continue\ lendo|Leia\ mais|
         Lees\ (?:verder|meer)|Czytaj\ (?:dalej|więcej)|Pročitaj(?:te)?\ više|Läs\ mer|Læs\ mere|Les\ mer)
      (?:\b[^\n.]{0,150}(?:→|»|&raquo;|>>|…|\.\.\.)|\ ?\.?)[\])]?
    | [\[(]\ ?(?:…|\.\.\.|more|more…|&hellip;)\ ?[\])]
    | →|»|&raquo;|\[link\]\s*\[comments\]
    )\s*\Z""",
    re.X | re.I,
)
# What _APPENDED finds stands in the last line. It names another site, or ends in one of these (before brackets and
# full stops) and then is short. To look for that first is ten times quicker.
_ELSEWHERE = (
    "appeared", "proviene da", "primo su", "originariamente", "apparu", "erschien", "primero en", "primeiro em",
    "verscheen", "pochodzi", "prvi put", "först upp", "udgivet", "først opp",
)  # fmt: skip
_INVITING = re.compile(
    r"(?<!\w)[\[(]?\ ?(?:Continu[ae]|Read|Keep|Leggi|Lire|Weiterlesen|Mehr|Seguir|Leer|Sigue|Leia|Lees|Czytaj|"
    r"Pročitaj|Läs|Læs|Les)|[\[(]\ ?more",
    re.I,
)  # how invitations begin
_ARROWS = ("…", "...", "→", "»", ">>", "&raquo;", "&hellip;")
_INVITATIONS = (
    "reading", "more", "rest", "post", "article", "story", "tutto", "più", "articolo", "leggere", "continua",
    "suite", "plus", "lesen", "leyendo", "más", "lendo", "mais", "verder", "meer", "dalej", "więcej", "više",
    "mer", "mere",
)  # fmt: skip
_TAIL, _TO_ARROW, _INVITATION = 700, 190, 40  # characters that these may take
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'»”’)\]]*(?=\s)|(?<=[。！？])")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_EXCERPT_WORD = re.compile(rf"[{_CJK}]{{1,2}}|[^\s{_CJK}]+")


def without_boilerplate(text: str) -> str:
    """Text without what blog software puts at its end ("The post ... appeared first on ...", "Read more »")."""
    for _ in range(4):
        begin = _appended_from(text)
        found = _APPENDED.search(text, begin) if begin is not None else None
        if not found:
            break
        text = text[: found.start()].rstrip()
    return text


def _appended_from(text: str) -> int | None:
    """Where to begin to look for something appended; None where there can be nothing."""
    begin = max(0, len(text) - _TAIL)
    tail = text[begin:].rstrip()
    line = tail.rfind("\n") + 1
    last = tail[line:].lower()
    if any(map(last.__contains__, _ELSEWHERE)):
        return begin + line
    end = last.rstrip("]) ")
    if end.endswith("[comments"):  # the one thing that may go over two lines
        return begin
    if end.endswith(_ARROWS):
        return begin + max(line, len(tail) - _TO_ARROW)
    if end.rstrip(". ").endswith(_INVITATIONS):
        begin += max(line, len(tail) - _INVITATION)
        return begin if _INVITING.search(text, begin) else None
    return None


def excerpt(text: str, words: int = 60) -> str:
    """The beginning of `text` in at most `words` words, on one line.

    Cut after a whole sentence where that keeps at least half of the room, else after a word and marked with `…`.
    Two characters of a script without spaces count as one word.
    """
    line = one_line(without_boilerplate(text))
    found = list(_limited(_EXCERPT_WORD.finditer(line), words + 1))
    if len(found) <= words:
        return line
    room = line[: found[words - 1].end() + 1]
    ends = [end.end() for end in _SENTENCE_END.finditer(room)]
    if ends and ends[-1] * 2 >= len(room):
        return room[: ends[-1]].strip()
    return room.rstrip(" ,;:–—-.([") + " …"


def first_sentence(text: str, longest: int = 100) -> str:
    """The first sentence of `text`, or as many of its whole words as `longest` characters hold."""
    line = one_line(text.split("\n", 1)[0] if text.strip() else "")
    end = _SENTENCE_END.search(line)
    line = line[: end.end()] if end else line
    if len(line) <= longest:
        return line
    return (line[:longest].rsplit(" ", 1)[0]).rstrip(" ,;:–—-") + " …"


def _limited(found: Iterator[re.Match[str]], most: int) -> Iterator[re.Match[str]]:
    for _, match in zip(range(most), found, strict=False):
        yield match


# ---------------------------------------------------------------------------------------------------- titles
_TITLE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|mark|p|q|s|small|span|strike|strong|sub|sup|"
    r"time|tt|u|wbr)(?:\s[^<>]*)?/?>",
    re.I,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def title(text: str) -> str:
    """A title as plain text on one line: HTML tags gone (other `<...>` stay), entities decoded, at most twice."""
    if "<" in text:
        text = _TITLE_TAG.sub("", _uncommented(text))
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(_decoded, text)
    return unicodedata.normalize("NFC", one_line(text))


def _uncommented(text: str) -> str:
    """Text without comments of HTML; a comment that nothing ends is none."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join(kept) + text[at:] if kept else text


def _decoded(entity: re.Match[str]) -> str:
    return unescape(entity[0]) if entity[0][1] == "#" or entity[0][1:] in html5 else entity[0]


# ----------------------------------------------------------------------------------------------------- words
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
_NO_SPACES = rf"{_CJK}\u0e00-\u0e7f\uac00-\ud7af"
_REMEMBERED = 50_000  # stems of one language
_ELISION = re.compile(r"\b\w{1,2}'(?=\w)|'[sS]\b")
# The vowel signs of Indian scripts are no letters for Python, but letters for their readers.
_SIGNS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(rf"[{_NO_SPACES}]+|(?:[^\W_{_NO_SPACES}]|[{_SIGNS}])+")
_BIGRAMS = re.compile(f"[{_NO_SPACES}]")
_PARTICULAR = re.compile(f"[{_NO_SPACES}{_SIGNS}]")
_PRINTED = "’‘“”–—…"
_RUNS = {"": re.compile(r"[^\W_]+"), "'": re.compile(r"(?:[^\W_]|')+")}
_BLANKED = {kept: bytes(n if chr(n).isalnum() or chr(n) in kept else 32 for n in range(256)) for kept in _RUNS}


def fold(text: str) -> str:
    """Text for comparing: compatibility forms resolved, lower case, without accents."""
    if text.isascii():
        return text.lower()
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
    stems = _stems(language if language in _STEMMERS else None)
    return [stems[token] for token in spelled(text)]


def spelled(text: str) -> list[str]:
    """The words of `text` in order, as they are written: what `words` gives before it stems and folds."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    if not _is_plain(text):
        return [piece for token in _TOKEN.findall(_ELISION.sub(" ", text)) for piece in _pieces(token)]
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
    found = words(word, language)
    return found[0] if len(found) == 1 else fold(word)


def title_key(text: str) -> str:
    """A key that titles share which differ only in case, accents, punctuation or blanks."""
    folded = fold(title(text))
    return " ".join(spellings(folded) if _is_plain(folded) else _TOKEN.findall(folded))


def spellings(text: str, kept: Literal["", "'"] = "") -> list[str]:
    """The runs of letters and digits (and apostrophes, if they are `kept`) in a text, as they stand.

    What fits into Latin-1 once the marks of print are gone is cut as bytes, five times quicker than by a pattern.
    """
    if not text.isascii():
        for mark in _PRINTED:
            text = text.replace(mark, " ")
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        return _RUNS[kept].findall(text)
    return octets.translate(_BLANKED[kept]).decode("latin-1").split()


def _is_plain(text: str) -> bool:
    """Whether a text has only letters of scripts with spaces, and none that Python takes for something else."""
    return text.isascii() or not _PARTICULAR.search(text)


def _pieces(token: str) -> list[str]:
    if len(token) < 3 or not _BIGRAMS.match(token):
        return [token]
    return [token[at : at + 2] for at in range(len(token) - 1)]


class _Stems(dict[str, str]):
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
        found = self[token] = folded(self._stem(token.lower()))
        return found


@lru_cache(maxsize=64)
def _stems(language: str | None) -> _Stems:
    return _Stems(_STEMMERS[language] if language else None)
