"""What the inbox shows before a letter is opened: an honest subject, and the line behind it."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.compose.phrases import English
from aggregator.compose.plain import shorten
from aggregator.model import Pick, Selection

SUBJECT = 78  # characters (RFC 5322, 2.1.1)
PREHEADER = (30, 150)  # characters: shorter is filled up by the mail program, longer is cut off


def subject(
    selection: Selection,
    titles: dict[str, str],
    edition: str,
    say: English,
    change: str = "",
    *,
    this_week: bool = False,
) -> str:
    """Say what is inside, in at most 78 characters.

    `titles` maps item ids to titles as shown, `change` says what has become of the first item whose dates have
    changed, `this_week` whether all that closes soon does so by this Sunday. `1 changed date, 2 deadlines this
    week, Mentoring in Zagreb, and 11 more`: what can't wait first, then the best of the rest by name, then how
    many more; the numbers add up to the whole letter.
    """
    counts = {section.name: len(section.picks) for section in selection.sections}
    changed, closing = counts.get("changed", 0), counts.get("closing", 0)
    total = len(selection.picks)
    news = [p for s in selection.sections if s.name not in ("changed", "closing") for p in s.picks]
    ranked = _best(news or selection.picks)
    lead = next((titles[p.item.id] for p in ranked if not _shouts(titles[p.item.id])), "")
    if not lead:
        return shorten(say.new_items(total, edition), SUBJECT)
    if total in (changed, closing):  # nothing else is inside: name the first of them
        first = titles[selection.picks[0].item.id] if changed else lead
        urgent = say.closing_soon_named(shorten(lead, 60), this_week=this_week)
        named = say.changed_named(change, first) if changed and change else urgent
        return _joined(named, say.and_more(total - 1))
    told = [say.dates_changed(changed)] if changed else []
    head = say.comma.join([*told, *([say.closing_soon(closing, this_week=this_week)] if closing else [])])
    if not news:
        return shorten(head, SUBJECT)
    rest = say.and_more(total - changed - closing - 1)
    room = SUBJECT - len(rest) - (len(head) + len(say.comma) if head else 0)
    if not rest and head:
        return f"{head}{say.and_also(shorten(lead, SUBJECT - len(head) - len(say.and_also(''))))}"
    return say.comma.join(part for part in (head, shorten(lead, room)) if part) + rest


def _joined(lead: str, rest: str) -> str:
    return shorten(lead, SUBJECT - len(rest)) + rest


def preheader(titles: Sequence[str], said: str, filler: str, say: English) -> str:
    """The titles that the subject has not said, or what the letter is and that it does not track, in 30 to 150
    characters."""
    shortest, longest = PREHEADER
    if len(filler) < shortest:
        filler = f"{filler}. {say.no_tracking}"
    unsaid = [title for title in titles if title not in said]
    text = say.also_inside(" · ".join(unsaid))
    return shorten(text if unsaid and len(text) >= shortest else filler, longest)


def _best(picks: Sequence[Pick]) -> list[Pick]:
    return sorted(picks, key=lambda pick: -pick.score)


def _shouts(title: str) -> bool:
    letters = [character for character in title if character.isalpha()]
    return len(letters) > 8 and sum(map(str.isupper, letters)) > 0.7 * len(letters)
