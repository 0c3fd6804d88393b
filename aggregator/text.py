"""Text: HTML made safe, HTML made plain, excerpts, and words that can be compared across spellings.

Everything here is pure and quick: a collection of 20,000 items is sanitised, read and split in seconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from html.entities import html5

from aggregator.nesting import bounded, shallow
from aggregator.spelling import CJK, pieces
from aggregator.spelling import fold as fold
from aggregator.spelling import folded as folded
from aggregator.spelling import spelled as spelled
from aggregator.spelling import spellings as spellings
from aggregator.spelling import stem as stem
from aggregator.spelling import words as words

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
    from aggregator.safe import safe  # parsers of HTML are for who reads: letters hold 4 MB less without them

    return safe(bounded(html), base).strip()


def plain(html: str) -> str:
    """The text of HTML: entities decoded, blanks made one, a blank line between paragraphs, a line per item."""
    html = " ".join(clean(html).split())
    if not ("<" in html or "&" in html):
        return html
    from selectolax.lexbor import LexborHTMLParser

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
_EXCERPT_WORD = re.compile(rf"[{CJK}]{{1,2}}|[^\s{CJK}]+")


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


def title_key(text: str) -> str:
    """A key that titles share which differ only in case, accents, punctuation or blanks."""
    folded = fold(title(text))
    return " ".join(pieces(folded))
