"""The fields of an entry, from what feeds of every kind put into them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape

from aggregator.safe import TAGS
from aggregator.text import broken, one_line, plain, sanitise, title

LONGEST = 200_000  # characters of HTML that one entry may have: more is a book, or an attack
_LONGEST_RECORDING = 24 * 3600  # seconds; more is a slip
_LENGTH = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6})(?:\.\d{1,9})?", re.ASCII)
_LONGEST_NAME = 300  # of people who write one thing; more is no name
_MAIL = re.compile(
    r"(?<![^\s<>()\[\]\"',;:])(?:mailto:)?[^\s<>()\[\]\"',;:]+(?:@|\(at\)|\[at\])[^\s<>()\[\]\"',;:]+\.\w{2,}(?:\?\S*)?",
    re.I,
)
_BRACKETED = re.compile(r"^[(\[<\"']+(.*?)[)\]>\"']+$")
_HTMLISH = re.compile(
    r"</(?:a|b|blockquote|div|em|h[1-6]|i|li|ol|p|pre|span|strong|table|ul)\s*>|<(?:br|p|img|hr)\b[^<>]*>"
    r"|&(?:#\d{2,6}|#x[0-9a-f]{2,5}|nbsp|amp|lt|gt|quot|[lr][sd]quo|hellip|[mn]dash|[aeiou](?:acute|grave|uml));",
    re.I,
)


_MANY_TAGS = 400  # beyond which nesting is looked at
_PARAGRAPHS = "p div h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre figure hr".split()
_MARKS = (
    {f"{end}{name}": "" for name in TAGS for end in ("", "/")}
    | dict.fromkeys((*_PARAGRAPHS, *(f"/{name}" for name in _PARAGRAPHS)), "\x01")
    | dict.fromkeys("br li tr dt dd figcaption caption".split(), "\x02")
    | dict.fromkeys("td th img".split(), " ")
)


def plain_of_safe(html: str) -> str:
    """What `plain` gives, for HTML that `sanitise` gave: it needs no parser, and a tenth of the time."""
    if not ("<" in html or "&" in html) or "\x01" in html or "\x02" in html:
        return plain(html)
    text = _marked(html)
    if text is None:
        return plain(html)
    return broken(unescape(text.replace("&nbsp;", " ")) if "&" in text else text)


def _marked(html: str) -> str | None:
    """The text of safe HTML with marks for the ends of paragraphs and lines; None where a tag isn't as our
    sanitiser writes it (values in double quotes, and no other such quotes), or many tags make nesting count."""
    text, *tags = html.split("<")
    if len(tags) > _MANY_TAGS:
        return None
    pieces = [text]
    for piece in tags:
        tag, end, text = piece.partition(">")
        mark = _MARKS.get(tag)
        if mark is None:
            mark = _MARKS.get(tag.partition(" ")[0]) if tag.count('"') % 2 == 0 else None
        if mark is None or not end:
            return None
        pieces += (mark, text)
    return "".join(pieces)


def body(content: str, base: str) -> tuple[str, str]:
    """(sanitised html, plain text) of HTML content whose relative links start at `base`."""
    html = sanitise(content[:LONGEST], base)
    return html, plain_of_safe(html)


def body_of_text(content: str, base: str) -> tuple[str, str]:
    """The same for content that calls itself plain text; HTML that only says so is read as HTML."""
    content = content[:LONGEST].strip()
    if looks_like_html(content):
        return body(content, base)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", content) if part.strip()]
    html = "".join("<p>" + escape(part, quote=False).replace("\n", "<br>") + "</p>" for part in paragraphs)
    return body(html, base)


def looks_like_html(content: str) -> bool:
    """Whether a text that calls itself plain is HTML to us."""
    return _HTMLISH.search(content) is not None


def author(names: Iterable[str]) -> str:
    """The people, without the addresses at which they get mail: "a@b.c (Jane Roe)" is Jane Roe, "a@b.c" nobody."""
    found = (title(_MAIL.sub(" ", name[:_LONGEST_NAME])) for name in names)
    bare = (_BRACKETED.sub(r"\1", name.strip()).strip(' ,;:()[]<>"') for name in found)
    return ", ".join(dict.fromkeys(name for name in bare if name and not name.startswith(("http://", "https://"))))


def tags(terms: Iterable[str]) -> tuple[str, ...]:
    """A source's own categories: decoded, each once whatever its case, in order; addresses left out."""
    found: dict[str, str] = {}
    for term in terms:
        text = title(term).strip(" ,;")
        if text and not text.startswith(("http://", "https://")):
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def kind_of_media(types: Iterable[str]) -> str | None:
    """`podcast` or `video` for the media types of what hangs on an entry, else None."""
    for media in types:
        if media.startswith("audio/"):
            return "podcast"
        if media.startswith("video/"):
            return "video"
    return None


def minutes(written: str) -> str:
    """How long a recording is, as people say it ("33 min"), of seconds, MM:SS or HH:MM:SS; empty for all else."""
    found = _LENGTH.fullmatch(written.strip())
    if not found:
        return ""
    hours, mins, seconds = (int(part or 0) for part in found.groups())
    total = round((hours * 3600 + mins * 60 + seconds) / 60)
    return f"{max(total, 1)} min" if 0 < hours * 3600 + mins * 60 + seconds <= _LONGEST_RECORDING else ""


def identifier(text: str) -> str:
    """A guid on one line, otherwise as found."""
    return one_line(text)
