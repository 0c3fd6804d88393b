"""Every word the letter says of its own accord, in one place, so that other languages can stand beside it."""

from __future__ import annotations

from datetime import date

_SECTIONS = {
    "changed": "Changed dates",
    "closing": "Closing soon",
    "courses": "Courses",
    "events": "Events and calls",
    "notes": "Conference notes",
    "reading": "Reading",
    "discussions": "Discussions",
    "jobs": "Jobs",
    "discovery": "From outside your topics",
}
_KINDS = {
    "notes": "Conference notes",
    "course": "Course",
    "event": "Event",
    "call": "Call",
    "job": "Job",
    "paper": "Paper",
    "thread": "Discussion",
    "podcast": "Podcast",
    "video": "Video",
    "news": "News",
    "release": "Release",
}
_OFTEN = {
    "daily": "every day",
    "weekdays": "on weekdays",
    "weekly": "every week",
    "fortnightly": "every two weeks",
    "monthly": "every month",
}
_LANGUAGE_LIST = (
    "af Afrikaans, ar Arabic, az Azerbaijani, be Belarusian, bg Bulgarian, bn Bengali, bs Bosnian, ca "
    "Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en English, eo Esperanto, es Spanish, "
    "et Estonian, eu Basque, fa Persian, fi Finnish, fr French, ga Irish, gd Scottish Gaelic, gl "
    "Galician, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, hy Armenian, id Indonesian, is Icelandic, "
    "it Italian, ja Japanese, ka Georgian, kk Kazakh, ko Korean, la Latin, lb Luxembourgish, lt "
    "Lithuanian, lv Latvian, mi Māori, mk Macedonian, ms Malay, mt Maltese, nb Norwegian, nl Dutch, nn "
    "Norwegian, no Norwegian, pl Polish, pt Portuguese, rm Romansh, ro Romanian, ru Russian, sk Slovak, "
    "sl Slovenian, sq Albanian, sr Serbian, sv Swedish, sw Swahili, ta Tamil, th Thai, tl Tagalog, tr "
    "Turkish, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, zh Chinese, zu Zulu"
)
_LANGUAGES = dict(pair.split(" ", 1) for pair in _LANGUAGE_LIST.split(", "))
_STATUS = {
    "cancelled": "Cancelled",
    "postponed": "Postponed",
    "moved_online": "Moved online",
    "tentative": "not confirmed yet",
}
# What has become of something, and of which of its dates.
_CHANGED = {
    "cancelled": "Cancelled",
    "postponed": "Postponed",
    "moved": "Moved",
    "earlier": "Earlier",
    "extended": "Extended",
    "opening_moved": "Moved",
    "moved_online": "Moved online",
    "sold_out": "Sold out",
    "restored": "Takes place after all",
    "available": "Places again",
}
_DATED = {
    "closes": "closing date ",
    "submissions": "deadline for proposals ",
    "early_bird": "end of early bird ",
    "opens": "enrolment opening ",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _priced(covers: str, who: str, amount: str) -> str:
    if covers == "attend":
        words = f"{amount} to attend"
    else:
        words = f"{covers} {amount}" if covers else amount
    return f"{words} ({who})" if who else words


class English:
    """The letter in English. Templates know it as `say`."""

    code = "en"
    direction = "ltr"
    why = "Why"
    update = "Update"  # later news on a story
    closes = "Closes"
    closed = "Closed"
    calendar = "Add to calendar"
    calendar_again = "Update in calendar"
    closing_unknown = "Deadline unknown"
    closes_proposals = "Proposals by"
    early_bird = "Early bird until"
    opens = "Opens"
    everywhere = "anywhere on Earth"
    certificate_by = "certificate to be ordered by"
    tutor = "with a tutor"
    forum = "with a forum"
    recordings = "recordings until"
    online = "online"
    free = "free"
    self_paced = "self-paced"
    sold_out = "Sold out"
    undated = "no date given"
    contents = "In this letter"
    preferences = "Change what you get"
    unsubscribe = "Unsubscribe from these letters"
    no_tracking = "Links lead straight to the sources; nothing in this letter records what you read."

    def items(self, count: int) -> str:
        return "1 item" if count == 1 else f"{count} items"

    def section(self, name: str) -> str:
        return _SECTIONS.get(name) or name.replace("-", " ").replace("_", " ").capitalize()

    def counted(self, name: str, count: int) -> str:
        return f"{self.section(name)}\u00a0{count}"

    def kind(self, name: str) -> str:
        """What kind of thing an item is, where that is worth saying; a post is not."""
        return _KINDS.get(name, "")

    def reader(self, name: str) -> str:
        return f"for {name}"

    def in_language(self, code: str) -> str:
        name = _LANGUAGES.get(code.partition("-")[0].lower())
        return f"in {name}" if name else ""

    def also_in(self, titles: tuple[str, ...], more: int) -> str:
        return f"Also in: {', '.join(titles)}" + (f" and {more} more" if more else "")

    def page_at(self, host: str) -> str:
        return f"A page at {host}"

    def untitled(self, source: str) -> str:
        return f"An item without a title from {source}" if source else "An item without a title"

    def by_topic(self, label: str) -> str:
        return f"Topic: {label}"

    def by_source(self, name: str) -> str:
        return f"New in {name}"

    def full(self, count: int, limit: int, *, asked: bool) -> str:
        """Why items wait, when the letter carries as many as it may."""
        reason = f"you asked for at most {limit}" if asked else f"a letter carries at most {limit}"
        return f"{self._waiting(count)}: {reason}."

    def shared_out(self, count: int) -> str:
        """Why items wait, when no source or section may fill a letter by itself."""
        return f"{self._waiting(count)}, so that no one source or section fills this one."

    def too_long(self, count: int) -> str:
        """Why items wait, when the letter would have grown too large for mail programs."""
        return f"{self._waiting(count)}, so that this one stays short enough to be shown whole."

    def _waiting(self, count: int) -> str:
        return f"{count} more {'waits' if count == 1 else 'wait'} for the next letter"

    def reason(self, edition: str, frequency: str) -> str:
        often = _OFTEN.get(frequency, "")
        asked = f"You get this letter because you asked for {edition}" + (f" {often}" if often else "")
        return f"{asked}. What is in it was chosen by your own topics, words and languages."

    def notes_on(self, event: str) -> str:
        """Above several notes on one event, and above what follows after them."""
        return f"Notes on: {event}" if event else "Other notes"

    # ---------------------------------------------------------------------------------------------------- changes
    def changed(self, what: str) -> str:
        """What has become of it, in a word or two: `Moved`."""
        return _CHANGED[what]

    def was_now(self, what: str, field: str, was: str, now: str) -> str:
        """`Moved: was Wed 3 Mar 2027, now Wed 10 Mar 2027`."""
        return f"{self.changed(what)}: {_DATED.get(field, '')}was {was}, now {now}"

    def was(self, what: str, was: str) -> str:
        """`Cancelled: was Wed 3 Mar 2027`; of what was postponed also that nobody knows a new date."""
        told = f"{self.changed(what)}: was {was}" if was else self.changed(what)
        return f"{told}, no new date yet" if what == "postponed" else told

    def stands(self, what: str, now: str) -> str:
        """`Takes place after all: Wed 3 Mar 2027`."""
        return f"{self.changed(what)}: {now}" if now else self.changed(what)

    def past(self, moment: str) -> str:
        return f"{moment} (past)"

    def told_before(self, day: str) -> str:
        """Why a change is told."""
        return f"It was in your letter of {day}, with other dates"

    def date_so_far(self, moment: str) -> str:
        """The date of something that was postponed."""
        return f"date so far: {moment}"

    def dates_changed(self, count: int) -> str:
        return f"{count} changed date" if count == 1 else f"{count} changed dates"

    def changed_named(self, what: str, title: str) -> str:
        return f"{self.changed(what)}: {title}"

    # ------------------------------------------------------------------------------------------ subject, preheader
    def closing_soon(self, count: int) -> str:
        return f"{count} closing soon"

    def closing_soon_named(self, title: str) -> str:
        return f"Closing soon: {title}"

    def and_also(self, title: str) -> str:
        return f", and {title}"

    def and_more(self, count: int) -> str:
        return f", and {count} more" if count else ""

    def new_items(self, count: int, edition: str) -> str:
        return f"{self.items(count)} in {edition}"

    def also_inside(self, titles: str) -> str:
        return f"Also inside: {titles}"

    def chosen(self, count: int, edition: str) -> str:
        return f"{self.items(count)} chosen for you from the sources of {edition}"

    # ------------------------------------------------------------------------------------------------- occasions
    def status(self, name: str) -> str:
        """What became of an occasion, where a reader must know."""
        return _STATUS.get(name, "")

    def hours(self, least: float, most: float) -> str:
        return f"{least:g} hours" if least == most else f"{least:g}–{most:g} hours"

    def certificate(self, words: str) -> str:
        """What is given at the end, in the source's own words; `none` is a word too."""
        plain = words.strip().lower()
        if plain in ("none", "no"):
            return "no certificate"
        if plain in ("yes", "certificate"):
            return "certificate"
        return words if "certificate" in plain else f"certificate: {words}"

    def prices(self, told: list[tuple[str, str, str]]) -> str:
        """(what it covers, for whom, how much) each: `free to attend, certificate 49 EUR`."""
        return ", ".join(_priced(*one) for one in told)

    # ------------------------------------------------------------------------------------------------------- dates
    def month(self, day: date) -> str:
        return f"{_MONTHS[day.month - 1]} {day.year}"

    def day(self, day: date) -> str:
        return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"

    def weekday(self, day: date) -> str:
        return f"{_DAYS[day.weekday()][:3]} {self.day(day)}"

    def long_day(self, day: date) -> str:
        return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"

    def days(self, first: date, last: date) -> str:
        """A span of days, said once: `24–26 Nov 2026`, `30 Nov – 4 Dec 2026`."""
        if first == last:
            return self.weekday(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{self.day(last)}"
        start = self.day(first)
        return f"{start.rpartition(' ')[0] if first.year == last.year else start} – {self.day(last)}"

    def until(self, moment: str) -> str:
        return f"until {moment}"

    def clock(self, place: str) -> str:
        """Whose clock a time of day is by: `Rome time`."""
        return place if place in ("UTC", "GMT") or place.startswith("UTC") else f"{place} time"


ENGLISH = English()
