"""What kind of thing an item is: what its title, categories and first lines call it, and how it speaks.

What the source said of itself (an enclosure, a job feed) stands; only the everyday `post` is looked at. The words
are in `cues.toml`; the weights are round numbers, found by trying on labelled items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log1p, sqrt

from aggregator.model import Item
from aggregator.occasions.notes import is_note
from aggregator.spelling import spellings
from aggregator.topics.cues import of_kinds
from aggregator.topics.evidence import LEAD_WORDS
from aggregator.topics.lexicon import Found, Lexicon, longest, tokens

READ_CHARACTERS = 2_000
_BRIEF = 90  # words; announcements are brief


@dataclass(frozen=True, slots=True)
class _Worth:
    """What a kind's words are worth by where they stand; of lead and text the logarithm of how many different."""

    title: float = 1.0
    category: float = 0.9
    lead: float = 0.35
    text: float = 0.2
    always: float = 0.0


# Where two kinds weigh the same, the earlier one is the more particular.
_KINDS = {
    "call": _Worth(1.2, 0.8, 0.5, 0.1),
    "job": _Worth(1.6, 1.6, 0.6, 0.7, -0.6),
    "podcast": _Worth(1.0, 0.9, 0.0, 0.0),
    "video": _Worth(),
    "release": _Worth(1.3),
    "course": _Worth(1.3, 0.9, 0.95, 1.0, -0.4),
    "notes": _Worth(1.1, 1.3, 0.4, 0.5),
    "event": _Worth(1.1, 1.05, 0.55, 0.5),
    "news": _Worth(0.85, 1.35, 0.5, 0.2, 0.2),
    "other": _Worth(always=0.1),
    "post": _Worth(0.1, 0.3, 0.35, 0.1, 0.9),
}
_ALWAYS = {kind: worth.always for kind, worth in _KINDS.items()}
_CALLED_FOR = frozenset({"event", "notes", "course"})  # what a call may be for
_TOLD_OF = frozenset({"post", "event"})  # with a day, what begins as a course is one
_AT_FIRST = 2  # words before it
_MONTHS = frozenset(
    """
    jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october
    nov november dec december gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre
    dicembre janvier février mars avril mai juin juillet août septembre octobre novembre décembre januar februar
    märz juni juli oktober dezember enero febrero abril mayo junio julio septiembre octubre noviembre diciembre
    siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca stycznia
    lutego marca kwietnia maja czerwca lipca sierpnia września października grudnia janeiro fevereiro março maio
    junho julho setembro outubro novembro dezembro
    """.split()
)
_HOUR = re.compile(  # a digit first, which is found ten times quicker than the beginning of a word
    r"\d(?<!\w\d)(?:\d?(?::\d\d)? ?(?:[ap]\.?m\b|UTC|GMT|[ECMP][SD]?T\b|Uhr|h\d\d)|\d:\d\d\b)"
)
_VERSION = re.compile(r"\bv?\d+\.\d+(\.\d+)?\b")
_QUOTED_AFTER_COLON = re.compile(r"^[^:]{3,40}: ?[“\"«„]")
_RELAYED = re.compile(r"^\W*(?:From|Da|De|Von|Via|Source)\b[^.:]{2,80}:")
_WRITER = frozenset("I I'm I've my me je ich mi io ja".split())
_DEED_WORDS = frozenset(  # as headlines say them
    """
    Announce Announces Publishes Published Releases Released Launches Launched Appoint Appoints Name Names Receive
    Receives Awards Awarded Award Report Reports Join Joins Adopt Adopts Sign Signs Fires Select Selects Win Wins
    Call Calls Introduce Introduces Unveil Unveils Say Says Proposes Votes Picks
    """.split()
)
_DEEDS = re.compile(rf"\b(?:{'|'.join(sorted(_DEED_WORDS))}|(?:Made|Now) Available)\b")
_OF_DEEDS = _DEED_WORDS | {"Available"}  # one of them is in a title that tells of a deed


@cache
def _lexicon() -> Lexicon:
    return Lexicon(of_kinds())


def kind_of(item: Item, lexicon: Lexicon | None = None) -> str:
    """One of `model.ITEM_KINDS`: what the item already says unless that is `post`, else what its words say.
    `lexicon`: one that has the phrases of `of_kinds` among others (a tagger's), to be asked in its place."""
    if item.kind not in ("", "post"):
        return item.kind
    if is_note(item):
        return "notes"
    title, text = item.title, item.text[:READ_CHARACTERS]
    words, of_title = tokens(text), tokens(title)
    told = _Told(lexicon or _lexicon(), item.language)
    weights = _by_words(item, words, told)
    different = set(words)
    figures = _figures(different)
    days, days_in_title = _days(words, figures), _days(of_title, _figures(of_title))
    weights["news"] += (
        0.3 * (not _OF_DEEDS.isdisjoint(spellings(title)) and bool(_DEEDS.search(title)))
        + 0.8 * bool(_RELAYED.match(text[:120]))
        + 0.65 * (":" in title and bool(_QUOTED_AFTER_COLON.match(title)))
        + 0.5 * (0 < len(words) < _BRIEF)
    )
    an_hour = any(word[0].isdecimal() for word in figures) and bool(_HOUR.search(text))
    weights["event"] += 0.4 * (days_in_title > 0) + 0.3 * an_hour + 0.4 * log1p(days)
    by_writer = 0 if _WRITER.isdisjoint(different) else sum(map(_WRITER.__contains__, words))
    weights["post"] += (
        0.4 * sqrt(100 * by_writer / (len(words) + 30)) + 0.3 * ("?" in title) + 0.04 * log1p(len(words))
    )
    weights["release"] += 0.5 * ("." in title and bool(_VERSION.search(title)))
    found = max(weights, key=weights.__getitem__)  # of equals the first of _KINDS
    if found in _CALLED_FOR and told.named_first(title, "call"):
        return "call"
    is_told = found in _TOLD_OF and days + days_in_title > 0
    return "course" if is_told and told.named_first(title, "course") else found


@dataclass(frozen=True, slots=True)
class _Told:
    """What words in one language say of kinds."""

    lexicon: Lexicon
    language: str | None

    def by(self, words: tuple[str, ...]) -> Sequence[Found]:
        return self.lexicon.found(words, self.language)[1]

    def named_first(self, title: str, kind: str) -> bool:
        """Whether a title begins with what things of a kind are called: the rest of it is what they are about."""
        return any(one.phrase.owner[1:] == kind and one.start <= _AT_FIRST for one in self.by(tokens(title)))


def _figures(words: Iterable[str]) -> list[str]:
    """The words that begin with a digit, among them others."""
    return [word for word in words if word < ":" or word > "\x7f"]


def _days(words: Sequence[str], figures: Iterable[str]) -> int:
    """How often a day is named: a number of one or two digits beside a month. `figures`: of the words."""
    days = {
        word for word in figures if word[0].isdigit() and word[:2].rstrip("stndrh").isdigit() and len(word) <= 4
    }
    if not days:
        return 0
    padded = ("", *words, "", "")
    return sum(
        any(near.lower() in _MONTHS for near in (padded[place], padded[place + 2], padded[place + 3]))
        for place in [place for place, word in enumerate(words) if word in days]
    )


def _by_words(item: Item, words: tuple[str, ...], told: _Told) -> dict[str, float]:
    title = _counted(owner for owner, _ in {one.phrase[:2] for one in longest(told.by(tokens(item.title)))})
    tags = {one.phrase.owner for tag in item.tags for one in told.by(tokens(tag))}
    first: dict[tuple[str, str], int] = {}
    for (owner, text, _, _, _), start, _ in told.by(words):
        first.setdefault((owner, text), start)
    in_text = _counted(owner for owner, _ in first)
    lead = _counted(owner for (owner, _), start in first.items() if start < LEAD_WORDS)
    weights = dict(_ALWAYS)
    for owner in title.keys() | tags | in_text.keys():
        kind, worth = owner[1:], _KINDS[owner[1:]]
        weights[kind] = (
            worth.always
            + worth.title * min(title.get(owner, 0), 2)
            + worth.category * (owner in tags)
            + worth.lead * log1p(lead.get(owner, 0))
            + worth.text * log1p(in_text.get(owner, 0))
        )
    return weights


def _counted(owners: Iterable[str]) -> dict[str, int]:
    """A Counter of a handful, for which a Counter takes longer."""
    counts: dict[str, int] = {}
    for owner in owners:
        counts[owner] = counts.get(owner, 0) + 1
    return counts
