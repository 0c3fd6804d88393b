"""What mails say of people and must not be kept: addresses in every disguise, telephone numbers.

An address that is left in is worse than a word that is lost: where both are possible, it goes.
"""

from __future__ import annotations

import re

from aggregator.text import one_line, visible

GONE = "[…]"
READ = 40_000  # characters of a text that are worth looking through: twice what is held
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,6}[a-z]{2,24}"
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.I)
_ADDRESS = re.compile(
    rf"(?<![\w@./])<?(?:mailto:)?[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}\s?@\s?{_HOST}>?(?![\w-])", re.I
)
# Local names of one mail system, and what a mailbox's name looks like when it stands alone in angle brackets.
_BARE = re.compile(r"<[\w.+-]{1,64}@[\w.-]{1,100}>|(?<![\w@/.])[\w.+-]{1,64}@[\w-]{2,60}(?![\w.@-])", re.I)
_AT = (
    r"(?:\s*[\[({<]\s*(?:at|ät|@|chiocciola|arroba|arobase|klammeraffe)\s*[\])}>]\s*"
    r"|\s+(?:ät|chiocciola|arroba|arobase|klammeraffe)\s+|\s*&#0*64;\s*|\s*%40\s*)"
)
_DOT = r"(?:\s*[\[({<]\s*(?:dot|punkt|punto|point|\.)\s*[\])}>]\s*|\s+(?:dot|punkt|punto|point)\s+|\.)"
_HIDDEN = re.compile(
    rf"(?<![\w@/])[\w.+-]{{1,64}}{_AT}[a-z0-9-]{{1,63}}(?:{_DOT}[a-z0-9-]{{1,63}}){{1,5}}(?![\w-])", re.I
)
_SIGN = re.compile(r"@|[\[({<]\s*(?:at|ät)\b|ät |chiocciola|arroba|arobase|klammeraffe|&#0*64;|%40", re.I)
# Most texts have nothing of all this, and looking for it at once is ten times quicker.
_PERHAPS = re.compile(r"[@\d%]|\s[Aa][Tt]\s|[\[({<] ?(?:at|ät|AT)\b|chiocciola|arroba|arobase|klammeraffe", re.I)
_SPOKEN = re.compile(
    r"(?<![\w@/])(?P<name>[\w.+-]{1,64})(?P<at>\s+at\s+)(?P<host>[a-z0-9-]{1,63}"
    r"(?:(?:\.|\s+dot\s+)[a-z0-9-]{1,63}){1,5})(?![\w-])",
    re.I,
)
# Before "at" a host's name these are words and no mailbox: "more at example.org".
_NO_MAILBOX = frozenset(
    """
    a about account all also and any are article articles available be blog book booking browse call catalogue
    check click conference contact course courses data details document documents download event events file files
    find form found full guide held here hosted in info-page information is it join library link links list listed
    live look material materials me meet more network now of on online open or order out outline page pages paper
    papers pdf podcast portal post posted posts price programme program project published read recording
    recordings register registration report reports repository resource resources results see service session
    sessions shop sign site slides start stream survey text that them there this tickets today up us version video
    videos view visit was webinar website week which work workshop you
    """.split()
)
_CUE = (
    r"(?:tel(?:ephone|efon|efono|éphone|\.|:)?|phone|ph\.|mob(?:ile|il|iltelefon|\.)?|cell(?:ulare|phone)?|fax|handy"
    r"|t[ée]l|m[óo]vil|mobitel|whatsapp|durchwahl|call us(?: on| at)?|telefonnummer)"
)
_SEP = r"[ \u00a0./()\-–]{0,3}"
_CUED = re.compile(
    rf"\b{_CUE}[\s.:]*(?:\([^)\d]{{1,20}}\)\s*)?(?:no\.?|nr\.?)?\s*\+?\(?\d(?:{_SEP}\d){{4,15}}", re.I
)
_PHONES = (
    re.compile(rf"(?<![\w/])\+\d{{1,3}}(?:{_SEP}\d){{6,13}}(?!\w)"),
    re.compile(rf"(?<![\w./+-])00[1-9]\d(?:{_SEP}\d){{7,12}}(?![\w])"),
    re.compile(r"(?<![\w./-])(?:1[-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])"),
    re.compile(r"(?<![\w.,/:+-])\(?0\d{1,4}\)?(?:[ /\u00a0-]{1,3}\d{2,8}){1,5}(?![\w.:/-]\d|\w)"),
    re.compile(r"(?<![\w./-])3[2-9]\d[ .-]\d{3}[ .-]?\d{3,4}(?![\w-])"),
)
_DATE_LIKE = re.compile(r"^0?\d[ /-]\d{1,2}[ /-](?:19|20)?\d\d$|^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}$")
_VIA = re.compile(r"\s+(?:via|über|per|par|tramite)\s+\S.{0,80}$|\s*\[[^\]]{1,40}\]$", re.I)


def scrubbed(text: str) -> str:
    """The text with addresses and telephone numbers replaced by `[…]`; web addresses stay as they are, unless
    one holds an address."""
    if not _PERHAPS.search(text):
        return text
    pieces, at = [], 0
    for url in _URL.finditer(text):
        pieces += [_plain(text[at : url.start()]), "" if has_address(url[0]) else url[0]]
        at = url.end()
    return "".join([*pieces, _plain(text[at:])])


def _plain(text: str) -> str:
    for pattern in (_ADDRESS, _HIDDEN, _BARE) if _SIGN.search(text) else ():
        text = pattern.sub(GONE, text)
    text = _without_spoken(text)
    text = _CUED.sub(GONE, text)
    for pattern in _PHONES:
        text = pattern.sub(_unless_a_date, text)
    return text


def _without_spoken(text: str) -> str:
    """The text without `name at host.example`; what is prose stays ("more at example.org")."""
    pieces, at = [], 0
    while found := _SPOKEN.search(text, at):
        host = found["host"].lower()
        domain = re.split(r"\.|\s+dot\s+", host)[-1]
        # "at 9.30", "at St. Mary's" and the like end in no domain.
        prose = found["name"].lower() in _NO_MAILBOX or host.startswith("www.") or not domain.isalpha()
        # What stands behind the "at" may itself be a name: "write to me at ann at univ.example.org".
        pieces.append(text[at : found.end("at")] if prose else text[at : found.start()] + GONE)
        at = found.end("at" if prose else "host")
    return "".join([*pieces, text[at:]])


def _unless_a_date(found: re.Match[str]) -> str:
    digits = sum(char.isdigit() for char in found[0])
    few = 8 if found[0].startswith("+") else 9
    return found[0] if not few <= digits <= 15 or _DATE_LIKE.match(found[0].strip()) else GONE


def has_address(url: str) -> bool:
    """Whether a web address carries somebody's mail address, in whatever writing. A name behind a slash
    (`/@name`) is none, and neither is the list that an archive is about."""
    rest = re.sub(r"/list/[^/@]+@[^/]+", "/list/", url.partition("://")[2], flags=re.I)
    return re.search(r"[\w.+-]+(?:@|%40|%2540)[\w-]+(?:\.|%2e)[a-z]", rest, re.I) is not None


def name_only(name: str) -> str:
    """A name without what lists add to it; empty where it is an address or a number."""
    name = _VIA.sub("", one_line(visible(name))).strip(" \"',;")[:100]
    return "" if scrubbed(name) != name or any(char in name for char in "@<>") else name
