"""Titles made comparable: without what relays add, with the numbers that tell the parts of a series apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aggregator.text import fold, spellings, title_key
from aggregator.text import title as tidy
from aggregator.text import words as words_of

LONGEST_TITLE = 500  # characters of a title that are compared
TELLING_WORDS = 3  # fewer can belong to anything

# What relays put before and after a title. The site's name after a bar or guillemet is not part of the title.
_RELAYED = re.compile(
    r"^\s*(\[?(cross-?post(ed)?|re-?blogged|re-?post(ed)?|guest post|icymi|updated?|via|fwd?|re)\]?\s*(:|\])\s*)+",
    re.IGNORECASE,
)
_SITE_NAME = re.compile(r"\s+[|«»·•]\s+[^|«»·•]{2,40}$|…$")
_SITE_MARKS = frozenset("|«»·•…")
_JOINTS = re.compile(r"\s*[:;|]\s+|\s+[-–—]+\s+")
_CUT = re.compile(r"(…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")

# Twelve to a line, from January on; folded, as titles and texts are when they are compared.
_MONTH_NAMES = """
    january february march april may june july august september october november december
    jan feb mar apr may jun jul aug sep oct nov dec
    jan feb mar apr may jun jul aug sept oct nov dec
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    januar februar marz april mai juni juli august september oktober november dezember
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
    januari februari maart april mei juni juli augustus september oktober november december
    sijecanj veljaca ozujak travanj svibanj lipanj srpanj kolovoz rujan listopad studeni prosinac
    sijecnja veljace ozujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca
    styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik - grudzien
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika - grudnia
"""
MONTHS = {
    name: f"month{number}"
    for line in _MONTH_NAMES.strip().splitlines()
    for number, name in enumerate(line.split(), 1)
    if name != "-"
}
# "Part One" is "Part 1" is "Part I". Words that mostly mean something else (un, once, six, I) are left out; a lone
# I, V or X is a number only as the last word.
_COUNTED = {
    word: str(number)
    for line in (
        "one two three four five six seven eight nine ten eleven twelve",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
        "- ii iii iv - vi vii viii ix - xi xii",
        "uno due tre quattro cinque - sette otto nove dieci undici dodici",
        "primo secondo terzo quarto quinto sesto settimo ottavo nono decimo - -",
        "- deux trois quatre cinq - sept huit - dix onze douze",
        "premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme - -",
        "eins zwei drei vier funf sechs sieben - neun zehn - zwolf",
        "- dos tres cuatro cinco seis siete ocho nueve diez - doce",
    )
    for number, word in enumerate(line.split(), 1)
    if word != "-"
}
_ORDINAL = re.compile(r"\d{1,4}(?:st|nd|rd|th|a)")
_LONE_NUMERALS = {"i": "1", "v": "5", "x": "10"}
_EMPTY_WORDS = """
    a an and as at by for from in is of on or our the this to with you your new news newsletter update updates
    weekly daily monthly links link reading roundup digest issue edition volume vol no number week month year
    post blog il lo la i gli le di da del della e un una per con su les des du de et une pour dans sur der die
    das und von zu im mit fur el los las y en por para notizie noticias nouvelles nachrichten
"""
EMPTY = frozenset(_EMPTY_WORDS.split())
_SAID_EVERY_WEEK = EMPTY | frozenset(MONTHS)


def telling_title(title: str) -> str:
    """The title in comparable form if it can only belong to one story, else ''. Numbers stay: #12 is not #13."""
    plain = comparable(title)
    return plain if weight(plain) >= TELLING_WORDS else ""


@lru_cache(maxsize=4096)
def comparable(title: str) -> str:
    """The title in small letters, without accents, punctuation, and what relays and sites add to it."""
    return title_key(plain_title(title))


def weight(plain: str) -> int:
    """How many different words of a title in comparable form say something."""
    return sum(not word.isdigit() for word in set(plain.split()) - _SAID_EVERY_WEEK)


def plain_title(title: str) -> str:
    """The title without what relays and sites add to it."""
    plain = title = title[:LONGEST_TITLE]
    if found := _RELAYED.match(plain):
        plain = plain[found.end() :]
    if not _SITE_MARKS.isdisjoint(plain) and (found := _SITE_NAME.search(plain)):
        named = spellings(fold(found[0]))
        if not any(map(number, named)):  # "| Part 2" is no site
            plain = plain[: found.start()]
    return plain.strip() or title


def is_cut(title: str) -> bool:
    """Whether the title says itself that it goes on."""
    return bool(_CUT.search(title))


# ------------------------------------------------------------------------------------------------------- numbers
def number(word: str) -> str:
    """A folded word as the number it says (`3`, `month5`), else ''. Leading zeros don't count."""
    if word.isalpha():  # as nearly all are: no digit is a letter
        return MONTHS.get(word) or _COUNTED.get(word, "")
    if word.isdigit() or _ORDINAL.fullmatch(word):
        return word.rstrip("stndrha").lstrip("0") or "0"
    return word if _says_number(word) else ""


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart. `words` in order, numbers in one writing; `numbers` are those of them; `telling` are
    the words that say something, `joints` the places of colons and dashes; `cut`: it says that it goes on."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    telling: frozenset[str]
    joints: frozenset[int]
    cut: bool

    @property
    def is_telling(self) -> bool:
        """Whether it can only belong to one story."""
        return len(self.telling) >= TELLING_WORDS


@lru_cache(maxsize=4096)
def read_title(title: str) -> Title:
    """A title taken apart for comparing, without what relays and sites add to it."""
    plain = plain_title(tidy(title))
    found = [number(word) or word for word in words_of(plain)]
    if found and found[-1] in _LONE_NUMERALS:
        found[-1] = _LONE_NUMERALS[found[-1]]
    numbers = tuple(word for word in found if _says_number(word))
    joints = frozenset(len(words_of(plain[: joint.start()])) for joint in _JOINTS.finditer(plain))
    return Title(tuple(found), numbers, frozenset(found) - set(numbers) - EMPTY, joints, is_cut(title))


def _says_number(word: str) -> bool:
    return any(map(str.isdigit, word))


Relation = Literal["none", "same", "cut", "part", "near", "other"]


def relation(one: Title, other: Title) -> Relation:
    """How two titles stand to each other.

    none: one is missing. same: word for word. cut: one goes on where the other ends. part: the whole of one
    stands within the other. near: at least half of their telling words are shared.
    """
    if not one.words or not other.words:
        return "none"
    if one.words == other.words:
        return "same"
    short, long = sorted((one, other), key=lambda title: len(title.words))
    length, rest = len(short.words), len(long.words) - len(short.words)
    if long.words[:length] == short.words and (short.cut or short.is_telling or length in long.joints):
        return "cut"
    if long.words[rest:] == short.words and rest in long.joints:
        return "part"
    if short.is_telling and f" {' '.join(short.words)} " in f" {' '.join(long.words)} ":
        return "part"
    shared, both = len(one.telling & other.telling), len(one.telling | other.telling)
    return "near" if shared and 2 * shared >= both else "other"


def title_pieces(title: str) -> set[tuple[str, ...]]:
    """What a title is looked up by: the whole, its first four words, and what stands between colons and dashes."""
    words = read_title(title).words
    pieces = {words, words[:4]} | {read_title(piece).words for piece in _JOINTS.split(title)}
    pieces.add(read_title(unmarked(title)).words)
    return {piece for piece in pieces if len(set(piece) - EMPTY) >= 2}


def similar(one: str, other: str) -> bool:
    """Whether two titles can be one story's: the same numbers, and most words of the shorter in the longer."""
    if one == other:
        return True
    words = [set(spellings(fold(plain_title(title)))) for title in (one, other)]
    if not words[0] or not words[1]:
        return True
    if _numbers(words[0]) != _numbers(words[1]):
        return False
    return 2 * len(words[0] & words[1]) > min(map(len, words))


def _numbers(words: set[str]) -> set[str]:
    """What tells the parts of a series apart."""
    return {MONTHS.get(word, word) for word in words if word in MONTHS or _says_number(word)}


# ------------------------------------------------------------------------------------------------------- updates
_CALL = r"call(?=\s+for\b)|appel\b|aufruf\b|convocatoria\b|poziv\b"
_LATER = re.compile(
    rf"""^\s*[\[(]?\s*(?:
      (?:updated?|correction|corrected|corrigend(?:um|a)|errat(?:um|a)(?:\s+corrige)?|retract(?:ion|ed)|
         clarification|(?:submission\s+)?(?:deadline\s+)?exten(?:ded|sion)(?:\s+of)?(?:\s+the)?
         (?:\s+(?:submission\s+)?deadline)?|
         aggiornamento|rettifica|proroga(?:\s+scadenza)?|scadenza\s+prorogata|
         mise\s+à\s+jour|rectificatif|prolongation|report\s+de\s+(?:la\s+)?date|
         aktualisierung|korrektur|berichtigung|fristverlängerung|frist\s+verlängert|
         actualización|corrección|fe\s+de\s+erratas|plazo\s+ampliado|ampliación\s+de\s+plazo|
         ažuriranje|ispravak|produ[žl]je?n\s+rok|aktualizacja|sprostowanie|przedłużony\s+termin)\s*[\])]?\s*[:–—\]-]
    | (?:second|2nd|third|3rd|final|last|deuxième|dernier|zweiter|letzter|segunda|última|drugi|posljednji)\s+
      (?={_CALL})
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_EXTENDED = re.compile(r"exten|prorog|prolong|report|verläng|ampli|produ[žl]|przedłuż", re.IGNORECASE)
_LATER_AT_END = re.compile(
    r"""\s*(?:[\[(–—:-]\s*)(?:updated?|correct(?:ed|ion)|retracted|(?:deadline\s+|new\s+)?extended(?:\s+deadline)?|
      deadline\s+extended(?:\s+(?:to|until)\s[^\])]*)?|extension|aggiornat[oa]|prorogat[oa]|
      scadenza\s+prorogata|mis\s+à\s+jour|
      prolongé|aktualisiert|verlängert|actualizado|ampliado|ažurirano|produženo)\s*[\])]?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)


def is_update(title: str) -> bool:
    """Whether a title says itself that it is later news: an update, a correction, a second call."""
    return unmarked(title) != title[:LONGEST_TITLE].strip()


@lru_cache(maxsize=4096)
def unmarked(title: str) -> str:
    """The title of the story that later news belongs to; the title itself where it is no later news."""
    title = title[:LONGEST_TITLE]
    base = _LATER_AT_END.sub("", _LATER.sub("", title, count=1), count=1).strip()
    return base or title.strip()


def is_extension(title: str) -> bool:
    """Whether later news is a later deadline: then it names another day than the story did."""
    return is_update(title) and bool(_EXTENDED.search(title))
