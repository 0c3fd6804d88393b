"""Whether two things that different sources, or one source twice, have said are one story: the verdict on values.

An index only proposes. What decides is how the titles stand to each other and how much of the shorter text
stands in the longer, and above both whether something tells the two apart: another number or month in the title,
another day in the text, a title whose subject the other never mentions. The thresholds are explained, with what
they were measured on, in docs/why/duplicates.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from aggregator.dedupe.keys import Held
from aggregator.dedupe.texts import read_text, runs
from aggregator.dedupe.titles import Relation, Title, is_extension, is_update, read_title, relation, unmarked
from aggregator.urls import host

SAME_STORY = timedelta(days=30)  # another source's copy comes within this time
REPEATED = timedelta(days=190)  # the same title with the same text is the same for longer: a post advertised again
FEW = 8  # runs of a text that are too few to judge by
LONG = 150  # runs of a text in which one number may have changed
_STEM = 5  # letters in which the forms of a word agree, about, in whatever language
_OPENING = 40  # words of a text that say when it is about


@dataclass(frozen=True, slots=True)
class Shared:
    """What two texts have in common: `contained`, the share of the shorter one's runs that stand in the longer;
    `both`, the share of all runs that stand in both; `least`, the runs of the shorter one."""

    contained: float
    both: float
    least: int


def shared(one: str, other: str) -> Shared:
    """What two texts have in common."""
    these, those = runs(one), runs(other)
    common, least = len(these & those), min(len(these), len(those))
    return Shared(common / max(1, least), common / max(1, len(these) + len(those) - common), least)


def same_story(one: Held, other: Held) -> str:
    """Why two are one story (`title and text`, `text`, ...), or '' if they are two."""
    titles = read_title(one.title), read_title(other.title)
    how, numbers = relation(*titles), unequal_numbers(*titles)
    if cannot_be_one(one, other) or not near(one, other, REPEATED):
        return ""
    common = shared(one.text, other.text)
    if common.least < FEW or apart(one, other, common, how):
        return ""
    if is_update(one.title) and not is_update(other.title) and not repeats(one.text, other.text, common):
        return ""
    return _verdict(one, other, how, numbers, common)


def _verdict(one: Held, other: Held, how: Relation, numbers: int, common: Shared) -> str:
    if how == "same":
        if host(one.url) == host(other.url):  # a newsletter has the same title and frame every month
            return "same title, same text" if common.both >= 0.6 or common.contained >= 0.85 else ""
        enough = 0.3 if read_title(one.title).is_telling else 0.5
        return "same title, shared text" if common.contained >= enough else ""
    if not near(one, other, SAME_STORY):
        return ""
    if how in ("cut", "part"):
        enough = 0.8 if numbers else 0.5 if how == "cut" else 0.7
        return "title cut, shared text" if common.contained >= enough else ""
    if how == "none":
        whole = common.both >= 0.5 or opens_alike(one.text, other.text)
        return "same text" if common.contained >= 0.8 and whole else ""
    return _retitled(one, other, how, numbers, common)


def _retitled(one: Held, other: Held, how: Relation, numbers: int, common: Shared) -> str:
    """Two titles for one text: nearly all of the text must be the same, or all of a summary stand in the other."""
    strange = tuple(map(len, unexplained(one, other)))
    titles, same_site = (read_title(one.title), read_title(other.title)), host(one.url) == host(other.url)
    if same_site and titles[0].telling - titles[1].telling and titles[1].telling - titles[0].telling:
        return ""  # a site tells its own things apart by their titles
    whole = common.both >= 0.97 and common.least >= LONG and not numbers  # whatever it is called elsewhere
    if common.both >= 0.85 and common.least >= LONG // 4 and (whole or not all(strange)):
        return "" if numbers and common.both < 0.93 else "another title, same text"
    if same_site or common.contained < (0.9 if numbers else 0.85) or (numbers and how != "near"):
        return ""
    if all(strange) and common.both >= 0.5:
        return ""
    if how == "near":
        return "similar title, contained text"
    # A summary can't explain the title of the whole, but the whole must explain most of the summary's.
    short = 0 if len(runs(one.text)) <= len(runs(other.text)) else 1
    explained = 2 * strange[short] <= len(titles[short].telling)
    return "another title, contained text" if explained and opens_alike(one.text, other.text) else ""


# ---------------------------------------------------------------------------------------------------- later news
def follows(one: Held, other: Held) -> bool:
    """Whether `one` says that it is later news on what `other` told."""
    if not is_update(one.title):
        return False
    story, earlier = read_title(unmarked(one.title)), read_title(unmarked(other.title))
    years = [{number for number in title.numbers if len(number) == 4} for title in (story, earlier)]
    if years[0] and years[1] and years[0] != years[1]:
        return False
    how = relation(story, earlier)
    if unequal_numbers(story, earlier) == 2 and not is_extension(one.title):
        return False
    return how in ("same", "cut", "part") or (how == "near" and shared(one.text, other.text).contained >= 0.3)


def repeats(one: str, other: str, common: Shared) -> bool:
    """Whether a text says nothing that the other has not said."""
    return common.both >= 0.9 and not _changed(read_text(one), read_text(other))


# ------------------------------------------------------------------------------------------- what tells apart
def contradicts(one: Held, other: Held) -> bool:
    """Whether two that share a title are told apart by their texts: another day, or another language."""
    if not one.text or not other.text:
        return False
    common = shared(one.text, other.text)
    if common.least < FEW:
        return False
    if common.least >= 60 and common.contained < 0.02:
        return True
    foreign = bool(one.language and other.language) and one.language != other.language
    return (foreign and common.contained < 0.1) or apart(one, other, common, "same")


def near(one: Held, other: Held, within: timedelta) -> bool:
    """Whether both were published within that time, as far as it is known."""
    if one.published_at is None or other.published_at is None:
        return True
    return abs(one.published_at - other.published_at) <= within


def cannot_be_one(one: Held, other: Held) -> bool:
    """Whether two can't be one story even if a third is like both: parts of a series, or an event on two days."""
    different = bool(one.day and other.day) and one.day != other.day
    return different or unequal_numbers(read_title(one.title), read_title(other.title)) == 2


def unequal_numbers(one: Title, other: Title) -> int:
    """How many of two titles have numbers or months that the other has not, or has less often."""
    counted = Counter(one.numbers), Counter(other.numbers)
    return bool(counted[0] - counted[1]) + bool(counted[1] - counted[0])


def unexplained(one: Held, other: Held) -> tuple[set[str], set[str]]:
    """Of each title the telling words that the other item never mentions, not even in another form."""
    titles = read_title(one.title).telling, read_title(other.title).telling
    texts = read_text(one.text), read_text(other.text)
    return _strange(titles[0], (*titles[1], *texts[1])), _strange(titles[1], (*titles[0], *texts[0]))


def _strange(wanted: frozenset[str], words: tuple[str, ...]) -> set[str]:
    beginnings = {word[:_STEM] for word in words}
    return {word for word in wanted if word[:_STEM] not in beginnings}


def opens_alike(one: str, other: str) -> bool:
    """Whether the shorter text begins about where the longer one does."""
    short, long = sorted((read_text(one), read_text(other)), key=len)
    first = set(zip(long[:45], long[1:], long[2:], strict=False))
    begun = [run in first for run in zip(short[:30], short[1:], short[2:], strict=False)]
    return sum(begun) * 2 >= len(begun)


def apart(one: Held, other: Held, common: Shared, how: Relation) -> bool:
    """Whether the texts name different days, or different numbers at the same place."""
    words = read_text(one.text), read_text(other.text)
    early, days = [_days(some[:_OPENING]) for some in words], [_days(some) for some in words]
    other_days = early[0] - days[1] and early[1] - days[0]
    # What another site has put before a copy names the day of the copy.
    dated = host(one.url) != host(other.url) and common.contained >= 0.95 and common.least >= LONG // 3
    if other_days and not dated:
        return True
    changed = _changed(*words)
    if not changed:
        return False
    # In a long text that is otherwise the same, under the same title, one number may have been mended.
    mended = how != "other" and common.both >= 0.9 and common.least >= LONG
    return not mended or any(len(number) == 4 for number in changed)


def _days(words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Days of months, in whatever order they are written."""
    pairs = pairwise(words)
    return {
        (a, b) if a.startswith("month") else (b, a)
        for a, b in pairs
        if (_is_month(a) and _is_day(b)) or (_is_day(a) and _is_month(b))
    }


def _is_month(word: str) -> bool:
    return word.startswith("month") and word[5:].isdigit()


def _is_day(word: str) -> bool:
    return word.isdigit() and 1 <= int(word[:3]) <= 31


def _changed(one: tuple[str, ...], other: tuple[str, ...]) -> set[str]:
    """Numbers that stand in one text behind the same two words as other numbers in the other, and nowhere else."""
    places = _numbers_in_place(one), _numbers_in_place(other)
    everywhere = [set().union(*some.values()) if some else set() for some in places]
    found: set[str] = set()
    for place in places[0].keys() & places[1].keys():
        here, there = places[0][place] - everywhere[1], places[1][place] - everywhere[0]
        if here and there and not places[0][place] & places[1][place]:
            found |= here | there
    return found


def _numbers_in_place(words: tuple[str, ...]) -> Mapping[tuple[str, str], set[str]]:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for before, word, here in zip(words, words[1:], words[2:], strict=False):
        if any(map(str.isdigit, here)):
            found[before, word].add(here)
    return found
