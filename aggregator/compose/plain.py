"""Text as people read it: cleaned of what could harm a letter, shortened, wrapped; colours that can be read."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WIDTH = 78  # columns of the plain-text letter

# Control characters, bidirectional overrides and isolates (they can make a link look like another one), byte
# order marks, halves of surrogate pairs, non-characters. Joiners and direction marks stay: scripts need them.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u180e\u200b\u202a-\u202e\u2060\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_WIDE = re.compile(
    "[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614-\u2615\u2630-\u2637\u2648-\u2653"
    "\u267f\u268a-\u268f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd"
    "\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\ua4cf"
    "\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6"
    "\U00016fe0-\U0001b2ff\U0001d300-\U0001d37f\U0001f000-\U0003ffff]"
)
_RTL = ("R", "AL")


def clean(text: str) -> str:
    """`text` on one line, with single blanks, without characters that hide or turn round what others wrote.
    What was lost on its way to us (U+FFFD) is a question mark."""
    return " ".join(_HARMFUL.sub("", text).replace("\ufffd", "?").split())


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of `text` (blank lines part them), each cleaned."""
    found = (clean(block) for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return tuple(block for block in found if block)


def lines(text: str) -> tuple[str, ...]:
    """The lines of `text` that say something, each cleaned."""
    return tuple(line for line in map(clean, text.splitlines()) if line)


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut at a blank where one is near, with an ellipsis where something went."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    head, blank, _ = cut.rpartition(" ")
    kept = head if blank and len(head) > length // 2 else cut
    return kept.rstrip(" ,;:.-–—(") + "…"


def rtl(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (Unicode UAX 9, P2)."""
    if text.isascii():
        return False
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction == "L" or direction in _RTL:
            return direction in _RTL
    return False


def kept_apart(text: str, direction: str) -> str:
    """`text` ready for a line that runs in `direction` (ltr, rtl): what follows words that run the other way must
    not be drawn into them."""
    if not text or rtl(text) == (direction == "rtl"):
        return text
    return text + ("\u200f" if direction == "rtl" else "\u200e")


def wrap(text: str, indent: str = "", width: int = WIDTH) -> str:
    """`text` in lines of at most `width` columns, each after `indent`. Addresses are never broken."""
    text = text.replace("\u00a0", " ")  # nothing keeps words together in plain text
    if len(text) + len(indent) <= width and not _WIDE.search(text):
        return indent + text
    done: list[str] = []
    line, used, room = "", 0, width - len(indent)
    for word in _pieces(text, room):
        columns = _columns(word)
        if line and used + 1 + columns > room:
            done.append(line)
            line, used = word, columns
        else:
            line, used = (f"{line} {word}", used + 1 + columns) if line else (word, columns)
    return "\n".join(indent + each for each in [*done, line])


def _pieces(text: str, room: int) -> list[str]:
    """The words of `text`; those of a script without blanks are cut to fit a line."""
    return [piece for word in text.split() for piece in _fitting(word, room)]


def _fitting(word: str, room: int) -> list[str]:
    if _columns(word) <= room or "://" in word:
        return [word]
    size = max(1, room // 2 if _WIDE.search(word) else room)
    return [word[start : start + size] for start in range(0, len(word), size)]


def _columns(word: str) -> int:
    return len(word) if word.isascii() else len(word) + len(_WIDE.findall(word))


# ------------------------------------------------------------------------------------------------------ colours
@lru_cache(maxsize=256)
def readable(colour: str, background: str, ratio: float = 4.6) -> str:
    """`colour` (#rgb or #rrggbb), moved towards black or white just far enough to be read on `background`.

    4.5:1 is what WCAG 2.1 (1.4.3) asks of text. What is no colour becomes black or white.
    """
    ground = _luminance(_rgb(background))
    target = 0 if ground > 0.18 else 255
    parts = _rgb(colour) if re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", colour) else (target, target, target)
    for step in range(21):
        mixed = tuple(round(part + (target - part) * step / 20) for part in parts)
        light, dark = sorted((_luminance(mixed), ground), reverse=True)
        if (light + 0.05) / (dark + 0.05) >= ratio:
            break
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _rgb(colour: str) -> tuple[int, ...]:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return tuple(int(digits[start : start + 2], 16) for start in (0, 2, 4))


def _luminance(parts: tuple[int, ...]) -> float:
    """Relative luminance (WCAG 2.1, definitions)."""
    linear = [p / 255 / 12.92 if p <= 10 else ((p / 255 + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
