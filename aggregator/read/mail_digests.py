"""Digests of mailing lists, taken apart: multipart/digest (RFC 2046, 5.1.5), RFC 1153, and what Mailman and
LISTSERV make of it."""

from __future__ import annotations

import re
from dataclasses import replace

from aggregator.read.mail_headers import Headers
from aggregator.read.mail_message import Mail, from_headers
from aggregator.text import fold

_RULE = re.compile(r"^-{28,80}[ \t]*$", re.MULTILINE)
_FIELD = re.compile(
    r"^(Date|From|Subject|To|Cc|Reply-To|Message-ID|In-Reply-To|References|Content-[\w-]+|MIME-Version|Sender"
    r"|X-[\w-]+|Organization|Archived-At)[ \t]*:[ \t]*(.*)$",
    re.I,
)
_NUMBER = re.compile(r"^Message: \d+[ \t]*$", re.I)
_SIGNS = re.compile(
    r"\bdigest\b|today'?s topics|topics of the day|messages? total?ing|topics in this (?:issue|digest)"
    r"|vol(?:ume)? \d+,? ?(?:issue|no|nr|#)"
)
_INHERITED = ("list-id", "list-post", "list-archive", "x-beenthere", "precedence", "list-unsubscribe")


def messages_of(mail: Mail) -> list[Mail]:
    """The messages of a digest in its order, each as if it had come over the list; none of a mail that is no
    digest."""
    found = [one for one in mail.enclosed if not _is_masthead(one)]
    if not found and (mail.text or not mail.html):
        found = _of_text(mail)
    kept = {name: value for name in _INHERITED if (value := mail.headers.get(name))}
    # Whatever it says itself: it came over a list.
    return [replace(one, headers={**kept, **one.headers, "precedence": ["list"]}) for one in found]


def _is_masthead(mail: Mail) -> bool:
    return (
        not (mail.text or mail.html).strip() or re.match(r"(?i)digest (?:footer|header)", mail.subject) is not None
    )


def _of_text(mail: Mail) -> list[Mail]:
    if not _RULE.search(mail.text):
        return []
    first, *pieces = _RULE.split(mail.text)
    if not _SIGNS.search(fold(f"{mail.subject}\n{first[:4_000]}")):
        return []
    found: list[tuple[Headers, str]] = []
    for piece in pieces:
        headers, text = _headed(piece)
        if re.match(r"\s*Subject: Digest (?:Footer|Header)", piece, re.I):
            continue
        if headers:
            found.append((headers, text))
        elif found:  # a rule that its writer drew
            found[-1] = (found[-1][0], f"{found[-1][1]}\n\n{piece}")
    made = [from_headers(headers, _without_end(text), mail) for headers, text in found]
    return [one for one in made if not _is_masthead(one)]


def _headed(piece: str) -> tuple[Headers, str]:
    """The header at the beginning of a piece and the text below it; no header where it has none of a message."""
    lines = piece.strip("\n").split("\n")
    at, headers, name = 0, Headers(), ""
    while at < len(lines) and (not lines[at].strip() or _NUMBER.match(lines[at])):
        at += 1
    while at < len(lines) and (line := lines[at]).strip():
        if found := _FIELD.match(line):
            name = found[1].lower()
            headers.setdefault(name, []).append(found[2])
        elif name and line[:1] in " \t":
            headers[name][-1] += " " + line.strip()
        else:
            return {}, piece
        at += 1
    if "subject" not in headers or not headers.keys() & {"from", "date"}:
        return {}, piece
    return headers, "\n".join(lines[at:]).strip("\n")


def _without_end(text: str) -> str:
    """The text without the line that closes a digest: `End of Example Digest, Vol 5, Issue 2`, underlined."""
    return re.sub(r"\n+End of [^\n]{1,200}\n\*{5,}\s*$", "", "\n" + text).strip("\n")
