"""A letter judged from outside: the rules that big receivers and readers have, read off finished bytes.

It knows nothing of how letters are made: the message is taken apart by the standard library's `email`, the page by
its `html.parser`. `faults(content, recipient)` gives a sentence for each rule that is broken.
"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import quopri
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from itertools import pairwise
from unicodedata import east_asian_width
from urllib.parse import unquote, urlsplit

ONCE = (
    "From To Subject Date Message-ID MIME-Version Content-Type List-Id List-Unsubscribe List-Unsubscribe-Post "
    "Auto-Submitted Precedence X-Auto-Response-Suppress Feedback-ID"
).split()
NEVER = ("Cc", "Bcc", "Return-Path", "Received", "Authentication-Results", "Sender")
ADDRESSES = ("List-Unsubscribe", "Message-ID", "List-Unsubscribe-Post", "Feedback-ID")  # no encoded-words in these
VAGUE = frozenset(
    "here|click here|more|read more|learn more|link|this|details|leggi|qui|clicca qui|هنا".split("|")
)
FORBIDDEN = (
    "script form input button iframe frame object embed svg video audio img link base canvas math picture".split()
)
VOID = frozenset("meta br hr img link input col base".split())
TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
WORD = re.compile(r"[^\W_]{2,}")


# ------------------------------------------------------------------------------------------------------ the page
@dataclass
class Element:
    """One element, with what stands in it: texts and elements."""

    name: str
    attributes: dict[str, str]
    parent: Element | None = None
    inside: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for one in self.inside:
            if isinstance(one, Element):
                yield from one.walk()

    def above(self) -> Iterator[Element]:
        """Itself and what it stands in."""
        yield self
        if self.parent:
            yield from self.parent.above()

    def text(self) -> str:
        return " ".join("".join(self._pieces()).split())

    def own_text(self) -> str:
        return "".join(one for one in self.inside if isinstance(one, str)).strip()

    def _pieces(self) -> Iterator[str]:
        for one in self.inside:
            if isinstance(one, str):
                yield one
            elif one.name not in ("style", "title"):
                yield from one._pieces()
        if self.name in ("p", "h1", "h2", "h3", "td", "div", "br"):
            yield " "

    @property
    def style(self) -> dict[str, str]:
        pairs = (pair.partition(":") for pair in self.attributes.get("style", "").split(";"))
        return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


class Page(HTMLParser):
    """A page as a tree; `errors`: tags that do not match, attributes that stand twice, comments."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self._here = Element("", {})
        self.errors: list[str] = []
        self.doctype = ""
        self.feed(text)
        self.close()
        if self._here is not self.root:
            self.errors.append(f"<{self._here.name}> is never closed")

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl

    def handle_comment(self, data: str) -> None:
        self.errors.append(f"a comment: {data[:40]!r}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) != len(attrs):
            self.errors.append(f"<{tag}> has an attribute twice")
        made = Element(tag, {name: value or "" for name, value in attrs}, self._here)
        self._here.inside.append(made)
        if tag not in VOID:
            self._here = made

    def handle_endtag(self, tag: str) -> None:
        if tag != self._here.name:
            self.errors.append(f"</{tag}> closes <{self._here.name}>")
        elif self._here.parent:
            self._here = self._here.parent

    def handle_data(self, data: str) -> None:
        self._here.inside.append(data)

    def all(self, *names: str) -> list[Element]:
        return [one for one in self.root.walk() if one.name in names]


# ------------------------------------------------------------------------------------------------------ the whole
def faults(content: bytes, recipient: str) -> list[str]:
    """Every rule that the letter breaks."""
    message = email.message_from_bytes(content)
    kinds = [part.get_content_type() for part in message.walk()]
    if kinds != ["multipart/alternative", "text/plain", "text/html"]:
        return [f"the parts are {kinds}"]
    plain, rich = (part for part in message.walk() if not part.is_multipart())
    text, html = _decoded(plain), _decoded(rich)
    page = Page(html)
    return [
        *_bytes(content),
        *_header(content, message, recipient),
        *_mime(message, plain, rich, html),
        *_text(text, page),
        *_structure(page, html),
        *_links(page, text),
        *_looks(page, html),
        *_content(text, html, page),
        *_privacy(message, text, page, recipient),
    ]


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


def _bytes(content: bytes) -> Iterator[str]:
    if b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b""):
        yield "a line ends in something else than CRLF"
    if any(len(line) > 998 for line in content.split(b"\r\n")):
        yield "a line of more than 998 bytes"
    if not content.isascii() or CONTROL.search(content.decode("ascii", "replace")):
        yield "bytes that are not 7-bit text"
    head, _, _ = content.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if not line.strip():
            yield "a blank fold"
        if len(line) > 78 and not line.startswith(b"List-Unsubscribe: <") and b" <mailto:" not in line:
            yield f"a header line of {len(line)} bytes"


def _header(content: bytes, message: Message, recipient: str) -> Iterator[str]:
    names = Counter(name.lower() for name in message.keys())  # noqa: SIM118 - fields repeat
    for name in ONCE:
        if names[name.lower()] != 1:
            yield f"{name} stands {names[name.lower()]} times"
    yield from (f"{name} stands twice" for name, count in names.items() if count > 1)
    yield from (f"a field {name}" for name in NEVER if names[name.lower()])
    said = {name: " ".join(str(message[name]).split()) for name in ONCE}
    yield from _addresses(said, recipient)
    if parsedate_to_datetime(said["Date"]).strftime("%a") != said["Date"][:3]:
        yield "the Date's weekday is wrong"
    yield from _subject(said["Subject"])
    yield from _lists(said)
    yield from _words(content)
    yield from (f"an encoded-word in {name}" for name in ADDRESSES if "=?" in said[name])


def _addresses(said: dict[str, str], recipient: str) -> Iterator[str]:
    [(name, sender)] = getaddresses([said["From"]])
    if not re.fullmatch(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+", sender) or not name:
        yield f"From is {said['From']}"
    if "noreply" in sender.replace("-", "") and "Reply-To" not in said:
        yield "nobody can answer"
    if said["To"] != recipient:
        yield f"To is {said['To']}"
    found = re.fullmatch(r"<[^<>@\s]+@([^<>@\s]+)>", said["Message-ID"])
    if not found or found[1] != sender.rpartition("@")[2]:
        yield f"Message-ID is {said['Message-ID']}"


def _subject(value: str) -> Iterator[str]:
    subject = str(make_header(decode_header(value)))
    if not subject.strip() or len(subject) > 78 or "\ufffd" in subject:
        yield f"Subject is {subject!r}"
    letters = [one for one in subject if one.isalpha()]
    if len(letters) > 8 and all(one.isupper() for one in letters):
        yield "Subject shouts"


def _lists(said: dict[str, str]) -> Iterator[str]:
    targets = re.findall(r"<([^<>]*)>", said["List-Unsubscribe"])
    web = [one for one in targets if one.startswith("https://")]
    if len(web) != 1 or targets[0] != web[0] or any(not one.startswith("mailto:") for one in targets[1:]):
        yield f"List-Unsubscribe is {said['List-Unsubscribe']}"
    elif not re.search(r"[A-Za-z0-9_-]{16,}$", web[0]):
        yield "List-Unsubscribe has no opaque token"
    if said["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is wrong"
    if not re.search(r"^\S.* <[a-z0-9-]+(\.[a-z0-9-]+)+>$", said["List-Id"]) or len(said["List-Id"]) > 998:
        yield f"List-Id is {said['List-Id']}"
    if said["Auto-Submitted"] != "auto-generated" or said["Precedence"] != "bulk":
        yield "not marked as automatic"
    parts = said["Feedback-ID"].split(":")
    filled = [part for part in parts if part]
    if len(parts) != 4 or not 5 <= len(parts[-1]) <= 15 or len(set(filled)) != len(filled):
        yield f"Feedback-ID is {said['Feedback-ID']}"


def _words(content: bytes) -> Iterator[str]:
    """RFC 2047, section 2 and 5: lengths, whole characters, never inside quotes."""
    for line in content.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
        for word in re.findall(r"=\?[^?\s]+\?[^?\s]+\?[^?\s]*\?=", line):
            if len(word) > 75 or len(line) > 76:
                yield f"an encoded-word or its line is too long: {line}"
            form, data = word[2:-2].split("?")[1:]
            raw = base64.b64decode(data) if form in "bB" else quopri.decodestring(data.replace("_", " ").encode())
            raw.decode("utf-8")  # raises where a character is torn
        if re.search(r'"[^"]*=\?[^"]*"', line):
            yield "an encoded-word in quotes"


def _mime(message: Message, plain: Message, rich: Message, html: str) -> Iterator[str]:
    if len(message.get_boundary() or "") > 70:
        yield "the boundary is too long"
    for part in (plain, rich):
        if str(part.get_content_charset()) != "utf-8" or part.get_filename() or part["Content-Disposition"]:
            yield "a part is not plain UTF-8 text"
        payload = str(part.get_payload())
        if any(len(line) > 76 or line != line.rstrip(" \t") for line in payload.splitlines()):
            yield "a line of an encoded body is too long or ends in a blank"
        if part["Content-Transfer-Encoding"] == "quoted-printable" and re.search(
            r"=(?![0-9A-F]{2}|\r?\n|$)", payload
        ):
            yield "quoted-printable with something else than upper-case numbers"
        if len(payload) > 102_400:
            yield f"{len(payload)} bytes of an encoded part"
    if len(html.encode()) > 102_400:
        yield f"{len(html.encode())} bytes of HTML"


# ------------------------------------------------------------------------------------------------------- the text
def _text(text: str, page: Page) -> Iterator[str]:
    hidden = [one.text() for one in page.root.walk() if one.style.get("display") == "none"]
    theirs, ours = _bag(page.all("body")[0].text()), _bag(text)
    theirs -= _bag(" ".join(hidden))
    both = sum((theirs & ours).values())
    if both < 0.85 * sum(theirs.values()):
        yield f"the text has {both} of {sum(theirs.values())} words: it lacks {(theirs - ours).most_common(8)}"
    for line in text.splitlines():
        wide = len(line) + sum(east_asian_width(one) in "WF" for one in line)
        if wide > 78 and "://" not in line:
            yield f"a line of {wide} columns: {line!r}"


def _bag(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in WORD.findall(text))


# ------------------------------------------------------------------------------------------------------- the HTML
def _structure(page: Page, html: str) -> Iterator[str]:
    yield from page.errors
    if page.doctype.lower() != "doctype html":
        yield "no doctype"
    [root], [body], [head] = page.all("html"), page.all("body"), page.all("head")
    if not root.attributes.get("lang") or root.attributes.get("dir") not in ("ltr", "rtl"):
        yield "<html> has no lang or dir"
    inner = [one for one in body.walk() if one is not body and {"lang", "dir"} <= one.attributes.keys()]
    if not any(one.text() == body.text() for one in inner):
        yield "no wrapper repeats lang and dir"
    if not 0 < html.encode().find(b'charset="utf-8"') < 1024:
        yield "the charset comes late"
    if len(page.all("title")) != 1 or not "".join(map(str, page.all("title")[0].inside)).strip():
        yield "no title"
    if any(page.all(name) for name in FORBIDDEN):
        yield f"forbidden elements: {[name for name in FORBIDDEN if page.all(name)]}"
    metas = {one.attributes.get("name") for one in page.all("meta")}
    if not {"viewport", "color-scheme"} <= metas:
        yield "no viewport or color-scheme"
    if any(not _within(one, head) for one in page.all("style")):
        yield "style outside the head"
    if any(one.attributes.get("role") != "presentation" for one in page.all("table")):
        yield "a table that is no presentation"
    levels = [int(one.name[1]) for one in page.all("h1", "h2", "h3", "h4")]
    if levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in pairwise(levels)):
        yield f"headings are {levels}"
    if any(not one.text() for one in page.all("h1", "h2", "h3", "p", "strong")):
        yield "an empty element"


def _within(one: Element, outer: Element) -> bool:
    return any(each is outer for each in one.above())


def _links(page: Page, text: str) -> Iterator[str]:
    targets: dict[str, set[str]] = defaultdict(set)
    for link in page.all("a"):
        href, words = link.attributes.get("href", ""), link.text()
        name = link.attributes.get("aria-label") or words
        if not re.match(r"https?://[^\s/]+", href, re.IGNORECASE):
            yield f"a link to {href!r}"
        if href not in text:
            yield f"{href} is not in the text"
        if not words or words.casefold().strip(" .…") in VAGUE:
            yield f"a link called {words!r}"
        targets[name.casefold()].add(href)
        if shown := re.match(r"(?:https?://|www\.)\S+", words):
            host = urlsplit(shown[0] if "://" in shown[0] else f"http://{shown[0]}").hostname or ""
            if host.removeprefix("www.") != (urlsplit(href).hostname or "").removeprefix("www."):
                yield f"{words!r} leads to {href}"
    yield from (f"{name!r} leads to {len(found)} pages" for name, found in targets.items() if len(found) > 1)


# ----------------------------------------------------------------------------------------------------- the looks
def _looks(page: Page, html: str) -> Iterator[str]:
    sheet = "".join(str(text) for one in page.all("style") for text in one.inside)
    if (
        len(sheet.encode()) > 16_000
        or sheet.count("{") != sheet.count("}")
        or "@import" in sheet
        or "url(" in html
    ):
        yield "the style sheet is too long, torn, or loads something"
    hidden = [one for one in page.root.walk() if one.style.get("display") == "none"]
    length = sum(len(one.text()) for one in hidden)
    if length > 250 or not 30 <= len(hidden[0].text()) <= 160:
        yield f"{length} hidden characters, the preheader has {len(hidden[0].text())}"
    dark = _dark_rules(sheet)
    for one in page.all("body")[0].walk():
        if not one.own_text():
            continue
        if (size := _size(one)) < 14:
            yield f"{size} px: {one.own_text()[:30]}"
        for rules in ({}, dark):
            colour, ground = _shown(one, "color", rules), _shown(one, "background-color", rules)
            if _contrast(colour, ground) < 4.5:
                yield f"{colour} on {ground}{' in the dark' if rules else ''}: {one.own_text()[:30]!r}"


def _size(one: Element) -> float:
    for each in one.above():
        found = re.search(r"(?:^|[\s:])([\d.]+)px", each.style.get("font-size", "") or each.style.get("font", ""))
        if found:
            return float(found[1])
    return 16.0


def _dark_rules(sheet: str) -> dict[str, dict[str, str]]:
    """Selector -> what it sets, of the dark half of the style sheet."""
    inside = re.search(r"prefers-color-scheme: ?dark\)\s*\{(.*)\}", sheet, re.DOTALL)
    found: dict[str, dict[str, str]] = {}
    for selectors, block in re.findall(r"([^{}]+)\{([^{}]*)\}", inside[1] if inside else ""):
        set_ = {
            n.strip(): v.replace("!important", "").strip()
            for n, _, v in (p.partition(":") for p in block.split(";"))
        }
        for selector in selectors.split(","):
            found[selector.strip()] = found.get(selector.strip(), {}) | set_
    return found


def _shown(one: Element, name: str, rules: dict[str, dict[str, str]]) -> str:
    """What colour is seen: of the nearest element that says so, by the rules before its own style."""
    for each in one.above():
        strong = [set_[name] for selector, set_ in rules.items() if name in set_ and _matches(each, selector)]
        if strong:
            return strong[-1]
        if name in each.style:
            return each.style[name]
    raise AssertionError(f"no {name} in reach of {one.own_text()[:40]!r}")


def _matches(one: Element, selector: str) -> bool:
    *outer, last = selector.split()
    if not _is(one, last):
        return False
    return not outer or any(_is(each, outer[-1]) for each in one.above() if each is not one)


def _is(one: Element, simple: str) -> bool:
    if simple.startswith("."):
        return simple[1:] in one.attributes.get("class", "").split()
    return one.name == simple


def _contrast(colour: str, ground: str) -> float:
    """WCAG 2.1, contrast ratio."""
    light, dark = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(one * 2 for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# --------------------------------------------------------------------------------------------- words and privacy
def _content(text: str, html: str, page: Page) -> Iterator[str]:
    for name, part in (("text", text), ("HTML", html)):
        if TURNED.search(part) or CONTROL.search(part) or "\ufffd" in part:
            yield f"characters in the {name} that hide or turn round"
    whole = text + page.all("body")[0].text()
    marks = [mark for mark in ("{%", "%}", "<!--%", "data-marks", "Undefined", "&amp;amp;") if mark in whole]
    if marks:
        yield f"marks of templates: {marks}"


def _privacy(message: Message, text: str, page: Page, recipient: str) -> Iterator[str]:
    data = recipient.lower().encode()
    disguises = {recipient.lower(), data.hex(), base64.b64encode(data).decode().rstrip("=").lower()}
    disguises |= {base64.urlsafe_b64encode(data).decode().rstrip("=").lower(), recipient[::-1].lower()}
    disguises |= {hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    public = [one.attributes.get("href", "") for one in page.all("a")] + re.findall(r"https?://\S+", text)
    public += [str(message[name]) for name in ("List-Unsubscribe", "Message-ID", "List-Id", "Feedback-ID")]
    seen = unquote("\n".join(public)).lower()
    yield from ("the recipient stands in an address or identifier" for one in disguises if one in seen)
