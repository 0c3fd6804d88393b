"""The values inside an entry: lists of words, lengths of time, colours, choices.

Every parser raises `PydanticCustomError` with `what` (for people) and `remedy` in its context.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from pydantic_core import PydanticCustomError

from aggregator.config.languages import base_language
from aggregator.model import FREQUENCIES, SECTIONS

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=31)
MIN_CONTRAST = 4.5
FULL = 9_999  # words: more than any item has room for in a letter

_UNITS = {
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600,
    "hours": 3600, "d": 86400, "day": 86400, "days": 86400, "w": 604800, "week": 604800, "weeks": 604800,
}  # fmt: skip
_NAMED_LENGTHS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "fortnightly": 1209600}
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)\s*")
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_CADENCE_SLIPS = {
    "biweekly": "fortnightly",
    "bi-weekly": "fortnightly",
    "every two weeks": "fortnightly",
    "workdays": "weekdays",
    "business days": "weekdays",
}
_ID = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")
MAX_ID = 100


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    return PydanticCustomError("plain", "{what}", {"what": what, "remedy": remedy})


def meant(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """'did you mean …?' for the nearest of the known words, or nothing."""
    choices = list(known)
    near = difflib.get_close_matches(word.lower().replace("_", "-").replace(" ", "-"), choices, 1, cutoff)
    return f"did you mean '{near[0]}'?" if near else ""


def choice(value: Any, known: Collection[str], what: str) -> str:
    """One of the known words, whatever its case."""
    word = text(value).lower()
    if word in known:
        return word
    raise wrong(f"'{shortened(word)}' is not {what}", meant(word, known) or f"one of: {', '.join(known)}")


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(
            "this should be plain text, not a list or mapping", "write one text; quote it if it has ': ' in it"
        )
    return value.strip()


def shortened(word: str) -> str:
    return word if len(word) <= 60 else word[:59] + "…"


def text_list(value: Any) -> tuple[str, ...]:
    """A list of texts; one text is a list of one; nothing is an empty list. Repeats count once."""
    if value is None:
        return ()
    if isinstance(value, str):
        if "," in value:
            raise wrong("several values need square brackets", f"write [{shortened(value.strip())}]")
        value = [value]
    if not isinstance(value, list):
        raise wrong("this should be a list", "write [one, two]")
    words = []
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise wrong("a list has an empty or nested value in it", "write plain words: [one, two]")
        words.append(item.strip())
    return tuple(dict.fromkeys(words))


EXAMPLE_KEYS = ("title", "text", "language", "kind", "source", "author", "tags")


def examples(value: Any) -> tuple[dict[str, Any], ...]:
    """A list of texts or of mappings with `title`, `text` and so on. A single text is both title and text."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one.strip():
            found.append({"title": one.strip(), "text": one.strip()})
        elif isinstance(one, dict) and one and one.keys() <= set(EXAMPLE_KEYS):
            found.append(one)
        elif isinstance(one, dict):
            odd = next((key for key in one if key not in EXAMPLE_KEYS), "")
            raise wrong(f"an example has an unknown key '{shortened(str(odd))}'", meant(str(odd), EXAMPLE_KEYS)
                        or f"known: {', '.join(EXAMPLE_KEYS)}")  # fmt: skip
        else:
            raise wrong("an example should be a title or short text", "write match: [a title that must be found]")
    return tuple(found)


def words_by_language(value: Any) -> dict[str, tuple[str, ...]]:
    """Language code -> words. Codes are reduced to their base subtag; `en` and `en-GB` share one list."""
    if isinstance(value, (list, str)):
        raise wrong("words need the language they are in", "write words: {en: [one, two]}")
    if not isinstance(value, dict):
        raise wrong("words should be a mapping from language to list", "write words: {en: [one, two]}")
    found: dict[str, tuple[str, ...]] = {}
    for code, listed in value.items():
        base = language(code)
        if base is None:
            raise wrong(f"'{code}' names no single language", "write a language code such as en, it or hr")
        words = text_list(listed)
        found[base] = tuple(dict.fromkeys(found.get(base, ()) + words))
    return {base: words for base, words in found.items() if words}


def language(value: Any) -> str | None:
    """A BCP 47 tag, reduced to its base subtag; None for `mul` and `und`."""
    word = text(value)
    try:
        return base_language(word)
    except ValueError as error:
        raise wrong(f"'{shortened(word)}' is not a language", str(error)) from None


def length_of_time(value: Any) -> timedelta:
    """'30m', '6h', '1 day', '2 weeks', '1d 12h', 'daily': from 15 minutes to 31 days."""
    word = text(value).lower()
    if word in _NAMED_LENGTHS:
        return timedelta(seconds=_NAMED_LENGTHS[word])
    if re.fullmatch(r"\d+(\.\d+)?", word):
        raise wrong(
            f"'{shortened(word)}' lacks a unit", f"write {word}h or {word}d" if len(word) < 5 else "write 6h"
        )
    pieces = _LENGTH.findall(word)
    if not pieces or _LENGTH.sub("", word).strip() or any(unit not in _UNITS for _, unit in pieces):
        remedy = (
            "a month has no fixed length: write 30d" if "month" in word else "write it like 30m, 6h, 1d, 2 weeks"
        )
        raise wrong(f"'{shortened(word)}' is not a length of time", remedy)
    length = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in pieces))
    if length < SHORTEST:
        raise wrong(
            f"'{word}' is too often: hosts would refuse us", "write 15m or more; 1h to 1d suits most sources"
        )
    if length > LONGEST:
        raise wrong(f"'{shortened(word)}' is too seldom: letters would miss what came", "write 31d or less")
    return length


def cadence(value: Any) -> str:
    word = text(value).lower()
    if word in _CADENCE_SLIPS:
        raise wrong(f"'{word}' is not a cadence", f"did you mean '{_CADENCE_SLIPS[word]}'?")
    return choice(word, FREQUENCIES, "a cadence")


def sections(value: Any) -> tuple[str, ...]:
    """The sections of a letter in the order wanted; each at most once, at least one."""
    names = tuple(choice(name, SECTIONS, "a section") for name in text_list(value))
    if not names:
        raise wrong(
            "an edition without sections would be empty", f"leave it out, or name some of: {', '.join(SECTIONS)}"
        )
    return names


def approval(value: Any) -> str:
    """Only `none` until there is a desk at which somebody can approve."""
    word = text(value).lower()
    if word in ("none", "no", "false"):
        return "none"
    if word in ("review", "hold"):
        raise wrong(
            f"approval '{word}' is not built yet: letters would wait for ever", "write none, or leave it out"
        )
    raise wrong(f"'{shortened(word)}' is not a kind of approval", "write none, or leave it out")


def accent(value: Any) -> str:
    """'#rrggbb', dark enough to be read on white (WCAG 2.2, 1.4.3: a contrast of 4.5 to 1)."""
    word = text(value).lower()
    if not _COLOUR.fullmatch(word):
        bare = re.fullmatch(r"[0-9a-f]{6}", word)
        raise wrong(
            f"'{shortened(word)}' is not a colour", f"write '#{word}'" if bare else "write it like '#1a5f7a'"
        )
    if len(word) == 4:
        word = "#" + "".join(digit * 2 for digit in word[1:])
    if contrast_on_white(word) < MIN_CONTRAST:
        raise wrong(
            f"{word} is too pale to be read on white", f"take a darker one, for example '{darkened(word)}'"
        )
    return word


def excerpt(value: Any) -> int:
    """How many words of an item letters may show: `title` is none, `full` as many as there are, else a number."""
    word = text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value).lower()
    if word in ("title", "full"):
        return 0 if word == "title" else FULL
    found = re.fullmatch(r"(\d{1,4})(?: ?words?)?", word)
    if not found:
        raise wrong(f"'{shortened(word)}' says not how much may be shown", "write title, 30 words, or full")
    return int(found[1])


def access(value: Any) -> str:
    """Whether everybody may read a source's items: `open`, `restricted`, or nothing where it is not known."""
    word = text(value).lower().replace(" ", "-")
    found = {
        "": "", "open": "open", "free": "open", "open-access": "open", "oa": "open",
        "restricted": "restricted", "closed": "restricted", "subscription": "restricted",
    }.get(word)  # fmt: skip
    if found is None:
        raise wrong(f"'{shortened(word)}' is no kind of access", "write open or restricted, or leave it out")
    return found


def library_link(value: Any) -> str:
    """A proxy's prefix, or a resolver's address with `{url}` where the address of the paper belongs."""
    link = text(value)
    if link and not re.fullmatch(r"https?://[^\s<>\"/]+\.[^\s<>\"]+", link):
        raise wrong(f"'{shortened(link)}' is no web address", "write https://proxy.example.org/login?url=")
    if link.replace("{url}", "").count("{"):
        raise wrong(f"'{shortened(link)}' has braces other than {{url}}", "{url} stands for the paper's address")
    return link


def contrast_on_white(colour: str) -> float:
    """The contrast ratio of '#rrggbb' against white, 1 to 21 (WCAG 2.2, relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def darkened(colour: str) -> str:
    """The nearest darker shade of a colour that can be read on white."""
    for percent in range(100, -1, -2):
        shade = "#" + "".join(f"{int(colour[i : i + 2], 16) * percent // 100:02x}" for i in (1, 3, 5))
        if contrast_on_white(shade) >= MIN_CONTRAST:
            return shade
    return "#000000"


def slug_fault(name: str) -> tuple[str, str] | None:
    """What is wrong with an id, and the id that would be right."""
    if _ID.fullmatch(name) and len(name) <= MAX_ID:
        return None
    better = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:MAX_ID].rstrip("-._")
    return (
        f"the id '{shortened(name)}' should be lower-case letters, digits and hyphens",
        f"write '{better}'" if better else "write it like journal-of-documentation",
    )
