"""What the log says of its own accord: in English here, in a scheme's language in its data file, in a reader's
language by way of the catalogues of the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType

from aggregator.cpd.record import EVIDENCE_KINDS, KINDS, MODES, ROLES

# A log never says that a member complies: it says what the member entered, and which rules it was held against.
SAID: Mapping[str, str] = MappingProxyType({
    "hours.of": "{value} of {least} hours logged, by your own figures, rules as of {as_of}",
    "points.of": "{value} of {least} points logged, by your own figures, rules as of {as_of}",
    "credits.of": "{value} of {least} credits logged, by your own figures, rules as of {as_of}",
    "entries.of": "{value} of {least} entries logged, by your own figures, rules as of {as_of}",
    "entries.between": "{value} of {least} to {most} entries logged, by your own figures, rules as of {as_of}",
    "hours": "{value} hours logged, by your own figures",
    "points": "{value} points logged, by your own figures",
    "credits": "{value} credits logged, by your own figures",
    "entries": "{value} entries logged, by your own figures",
    "system": "{value} {system} logged beside them, counted apart",
    "no_target": "No number is stated here as required; ask {body}.",
    "left.hours": "{value} hours to go",
    "left.points": "{value} points to go",
    "left.credits": "{value} credits to go",
    "left.entries": "{value} entries to go",
    "over.entries": "{value} entries more than the {most} that are looked at",
    "share": "{label}: {value} of {least}",
    "each": "{label}: {value} of {least}",
    "different": "{framework}: {value} of {least} different ones",
    "planned": "{value} more in activities that have not ended yet; they do not count yet",
    "uncounted.minutes": "{count} without a time that you entered; not counted",
    "uncounted.credits": "{count} without a number that you claimed; not counted",
    "period": "{first} to {last}",
    "assumed": "The first day of your own term is not known here, so the latest possible period is shown.",
    "counted_on.end": "Each activity counts as a whole on the day on which it ended.",
    "counted_on.start": "Each activity counts as a whole on the day on which it began.",
    "crosses": "It began before {first} and counts as a whole where it ended; to divide it, log two.",
    "stale": "These rules were last looked at on {checked_on}, more than a year ago. Compare them with {body}.",
    "unchecked": "Not verified: {what}",
    "source": "Rules read from {source}, as of {as_of}; last looked at on {checked_on}.",
    "limit.most": "{words} words; the limit is {most}",
    "limit.least": "{words} words; {least} or more are asked for",
    "limit.fine": "Words: {words}",
    "statement": "Statement",
    "member": "Member",
    "made_on": "Made on",
    "entries.title": "Activities",
    "totals.title": "Totals",
    "grid.title": "Coverage",
    "tally.title": "Tally by category",
    "tally.none": "Without a category",
    "papers.title": "Drafts to complete and sign",
    "cv.title": "Education and training",
    "approval.title": "Activities that need a form of their own",
    "none": "No activity is logged in this period.",
    "basis": "Everything here was entered by the member. Nobody has verified it.",
    "employer": "Summary for an employer, without reflections",
    "yes": "yes",
    "no": "no",
    "unknown": "not said",
})  # fmt: skip
DECIMAL = "decimal"  # the one text of a scheme that is none: the sign before tenths
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"kind": KINDS, "mode": MODES, "role": ROLES, "evidence": EVIDENCE_KINDS}
)


class Words:
    """The log in one language. `own` are a scheme's texts by key; what it lacks is English, put through
    `translated`."""

    def __init__(
        self, own: Mapping[str, str] | None = None, translated: Callable[[str], str] = lambda text: text
    ) -> None:
        self._own, self._translated = own or {}, translated

    def say(self, key: str, **values: object) -> str:
        """One of `SAID`, filled in; numbers and days as this language writes them."""
        text = self._own.get(key) or self._translated(SAID[key])
        return text.format(**{name: self.shown(value) for name, value in values.items()})

    def name(self, table: str, key: str) -> str:
        """What a kind, mode or role is called; the key itself where nobody has named it."""
        own, shared = self._own.get(f"{table}.{key}"), TABLES[table].get(key)
        return own or (self._translated(shared) if shared else key)

    def yes_no(self, value: bool | None) -> str:
        return self.say("unknown" if value is None else "yes" if value else "no")

    def shown(self, value: object) -> str:
        if isinstance(value, Decimal):
            return self.number(value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def number(self, value: Decimal) -> str:
        """Two decimals at most, cut and never rounded up: 19.999 hours are not 20."""
        cut = value.quantize(Decimal("0.01"), ROUND_DOWN)
        text = f"{cut:f}".rstrip("0").rstrip(".") if cut % 1 else f"{cut:.0f}"
        return text.replace(".", self._own.get(DECIMAL) or ".")


def count_words(text: str) -> int:
    """How many words a text has, as word processors count: what stands between white space."""
    return len(text.split())
