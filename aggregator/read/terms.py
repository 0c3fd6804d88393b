"""Values of schema.org as plain text: one or several, text or object, name or address of a term."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aggregator.text import title

_LONGEST = 100_000
_MAIL = re.compile(r"(?<![\w/.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,24}")
_TAG_OR_MAIL = re.compile(rf"<[^<>]*>|{_MAIL.pattern}")
_MAIL_LINK = re.compile(r"(href\s*=\s*[\"']?)mailto:[^\"'\s>]*", re.I)
_TELEPHONE = re.compile(r"(href\s*=\s*[\"']?)tel:[^\"'\s>]*", re.I)


def as_list(value: Any) -> list[Any]:
    """What may be one thing or several, as several."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any) -> str:
    """The first text (or number, as text) of a value; empty for anything else."""
    first = next(iter(as_list(value)), None)
    if isinstance(first, bool) or not isinstance(first, str | int | float):
        return ""
    return str(first)[:_LONGEST].strip()


def name_of(thing: Mapping[str, Any]) -> str:
    """What a thing is called, as a title."""
    return title(text_of(thing.get("name")) or text_of(thing.get("headline")))


def names_of(value: Any) -> str:
    """The names of people, bodies or terms, or texts that are their names, without mail addresses."""
    found = [name_of(one) if isinstance(one, Mapping) else title(text_of(one)) for one in as_list(value)]
    names = [_MAIL.sub("", name).strip(" ,;()<>") for name in found]
    return ", ".join(
        dict.fromkeys(name for name in names if name and not name.startswith(("http://", "https://")))
    )


def last_part(value: Any) -> str:
    """`EventCancelled` for `https://schema.org/EventCancelled`; other texts as they are."""
    text = text_of(value)
    return text.rstrip("/").rpartition("/")[2] if text.startswith(("http://", "https://", "schema.org/")) else text


def truth(value: Any) -> bool:
    """Whether a value says yes: true, `True`, `https://schema.org/True`."""
    return value is True or last_part(value).lower() in ("true", "yes")


def without_mail(html: str) -> str:
    """HTML or text without the addresses at which people get mail, and without links that dial; web addresses
    stay."""
    if "mailto:" in html or "tel:" in html:
        html = _TELEPHONE.sub(r"\1", _MAIL_LINK.sub(r"\1", html))
    if "@" not in html:
        return html
    return _TAG_OR_MAIL.sub(lambda found: found[0] if found[0].startswith("<") else "", html)
