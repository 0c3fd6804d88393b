"""Every word the letter says of its own accord, in one place, in English: what catalogues of other languages
(compose/languages.py) translate. A text in `_t` or `_n`, a plain text of the class, or one of compose/tables.py
is a message; what stands in braces stays as it is."""

from __future__ import annotations

from datetime import date, timedelta

from aggregator.compose.tables import (
    CHANGED,
    COVERS,
    DATED,
    DAYS,
    KINDS,
    LANGUAGES,
    MONTHS,
    OFTEN,
    SECTIONS,
    SHORT,
    STATES,
    STATUS,
)


class English:
    """The letter in English. Templates know it as `say`."""

    code = "en"
    direction = "ltr"
    why = "Why"
    update = "Update"  # later news on a story
    retraction = "Retraction"
    correction = "Correction"
    open_access = "Open access"
    restricted = "Access restricted"
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
    log = "Log what you read here as CPD"
    unsubscribe = "Unsubscribe from these letters"
    no_tracking = "Links lead straight to the sources; nothing in this letter records what you read."
    marking = "More or less like this · Log as CPD"
    comma = ", "
    other_topics = "Other topics"
    via_library = "Through the library"
    no_courses = "No courses are held that match."
    earlier_run = "An earlier run"
    all_courses = "Courses by what closes first"
    cite = "Cite this issue as"
    personal = "a personal selection"
    nothing_carried = "This issue has no items."
    test_copy = "Test copy"
    test_note = (
        "This is a test copy of a reader's letter. Its links to preferences and unsubscribing lead nowhere."
    )

    @property
    def start(self) -> str:
        """The side on which lines begin."""
        return "right" if self.direction == "rtl" else "left"

    def _t(self, text: str) -> str:
        """A message in the language of the letter."""
        return text

    def _n(self, one: str, many: str, count: int) -> str:
        """The form of a message for so many."""
        return one if count == 1 else many

    def told(self, text: str) -> str:
        """A message of the pages, in this language."""
        return self._t(text)

    def told_of(self, one: str, many: str, count: int) -> str:
        """A message of the pages, in the form for so many."""
        return self._n(one, many, count)

    def filled(self, form: str, **values: str) -> str:
        """One of `REASONS` or `EVIDENCE`, filled in."""
        return self._t(form).format(**values)

    def items(self, count: int) -> str:
        return self._n("{count} item", "{count} items", count).format(count=count)

    def section(self, name: str) -> str:
        own = SECTIONS.get(name)
        return self._t(own) if own else name.replace("-", " ").replace("_", " ").capitalize()

    def counted(self, name: str, count: int) -> str:
        return f"{self.section(name)}\u00a0{count}"

    def kind(self, name: str) -> str:
        """What kind of thing an item is, where that is worth saying; a post is not."""
        return self._t(KINDS[name]) if name in KINDS else ""

    def reader(self, name: str) -> str:
        return self._t("for {name}").format(name=name)

    def in_language(self, code: str) -> str:
        name = self.language(code.partition("-")[0].lower())
        return self._t("in {language}").format(language=name) if name else ""

    def language(self, code: str) -> str:
        """The name of a language, or nothing where it is not known."""
        return LANGUAGES.get(code, "")

    def also_in(self, titles: tuple[str, ...], more: int) -> str:
        told = self._t("Also in: {titles}").format(titles=self.comma.join(titles))
        return told + (self._n(" and {count} more", " and {count} more", more).format(count=more) if more else "")

    def page_at(self, host: str) -> str:
        return self._t("A page at {host}").format(host=host)

    def untitled(self, source: str) -> str:
        words = self._t("An item without a title from {source}") if source else self._t("An item without a title")
        return words.format(source=source)

    def by_topic(self, label: str) -> str:
        return self.filled("Topic: {name}", name=label)

    def by_source(self, name: str) -> str:
        return self._t("New in {name}").format(name=name)

    def full(self, count: int, limit: int, *, asked: bool) -> str:
        """Why items wait, when the letter carries as many as it may."""
        reason = self._t("you asked for at most {limit}") if asked else self._t("a letter carries at most {limit}")
        return f"{self._waiting(count)}: {reason.format(limit=limit)}."

    def shared_out(self, count: int) -> str:
        """Why items wait, when no source or section may fill a letter by itself."""
        return self._waiting(count) + self._t(", so that no one source or section fills this one.")

    def too_long(self, count: int) -> str:
        """Why items wait, when the letter would have grown too large for mail programs."""
        return self._waiting(count) + self._t(", so that this one stays short enough to be shown whole.")

    def _waiting(self, count: int) -> str:
        words = self._n("{count} more waits for the next letter", "{count} more wait for the next letter", count)
        return words.format(count=count)

    def reason(self, edition: str, frequency: str) -> str:
        if often := OFTEN.get(frequency, ""):
            asked = self._t("You get this letter because you asked for {edition} {often}.")
        else:
            asked = self._t("You get this letter because you asked for {edition}.")
        chosen = self._t("What is in it was chosen by your own topics, words and languages.")
        return f"{asked.format(edition=edition, often=self._t(often) if often else '')} {chosen}"

    def citation(self, title: str, period: str, day: str, *, personal: bool) -> str:
        """How an issue is cited, up to its address: `Library digest, issue 2026-W48, 23 November 2026`."""
        words = self._t("{title}, issue {period}, {day}").format(title=title, period=period, day=day)
        return f"{words} ({self.personal})" if personal else words

    def notes_on(self, event: str) -> str:
        """Above several notes on one event, and above what follows after them."""
        return self._t("Notes on: {event}").format(event=event) if event else self._t("Other notes")

    # ---------------------------------------------------------------------------------------------------- changes
    def changed(self, what: str) -> str:
        """What has become of it, in a word or two: `Moved`."""
        return self._t(CHANGED[what])

    def was_now(self, what: str, field: str, was: str, now: str) -> str:
        """`Moved: was Wed 3 Mar 2027, now Wed 10 Mar 2027`."""
        told = self._t(DATED.get(field) or DATED[""])
        return f"{self.changed(what)}: {told.format(was=was, now=now)}"

    def was(self, what: str, was: str) -> str:
        """`Cancelled: was Wed 3 Mar 2027`; of what was postponed also that nobody knows a new date."""
        told, before = self.changed(what), self._t("was {was}").format(was=was)
        told = f"{told}: {before}" if was else told
        return told + self._t(", no new date yet") if what == "postponed" else told

    def stands(self, what: str, now: str) -> str:
        """`Takes place after all: Wed 3 Mar 2027`."""
        return f"{self.changed(what)}: {now}" if now else self.changed(what)

    def past(self, moment: str) -> str:
        return self._t("{moment} (past)").format(moment=moment)

    def told_before(self, day: str) -> str:
        """Why a change is told."""
        return self._t("It was in your letter of {day}, with other dates").format(day=day)

    def date_so_far(self, moment: str) -> str:
        """The date of something that was postponed."""
        return self._t("date so far: {moment}").format(moment=moment)

    def dates_changed(self, count: int) -> str:
        return self._n("{count} changed date", "{count} changed dates", count).format(count=count)

    def changed_named(self, what: str, title: str) -> str:
        return f"{self.changed(what)}: {title}"

    # ---------------------------------------------------------------------------------------------- short letters
    def short(self, kind: str, part: str, title: str) -> str:
        """A part (subject, before, button, after) of a short letter."""
        return self.filled(SHORT[f"{kind} {part}"], title=title)

    def good_for(self, time: timedelta) -> str:
        """How long a link works, in whole days, or hours where there are fewer than two days."""
        if time < timedelta(days=2):
            count = max(1, int(time.total_seconds()) // 3600)
            words = self._n("The link works for {count} hour.", "The link works for {count} hours.", count)
        else:
            count = time.days
            words = self._n("The link works for {count} day.", "The link works for {count} days.", count)
        return words.format(count=count)

    # ------------------------------------------------------------------------------------------ subject, preheader
    def closing_soon(self, count: int, *, this_week: bool = False) -> str:
        if this_week:
            words = self._n("{count} deadline this week", "{count} deadlines this week", count)
        else:
            words = self._n("{count} closing soon", "{count} closing soon", count)
        return words.format(count=count)

    def closing_soon_named(self, title: str, *, this_week: bool = False) -> str:
        words = self._t("Closing this week: {title}") if this_week else self._t("Closing soon: {title}")
        return words.format(title=title)

    def and_also(self, title: str) -> str:
        return self._t(", and {title}").format(title=title)

    def and_more(self, count: int) -> str:
        return self._n(", and {count} more", ", and {count} more", count).format(count=count) if count else ""

    def new_items(self, count: int, edition: str) -> str:
        return self._t("{items} in {edition}").format(items=self.items(count), edition=edition)

    def also_inside(self, titles: str) -> str:
        return self._t("Also inside: {titles}").format(titles=titles)

    def chosen(self, count: int, edition: str) -> str:
        words = self._t("{items} chosen for you from the sources of {edition}")
        return words.format(items=self.items(count), edition=edition)

    # ------------------------------------------------------------------------------------------------- occasions
    def status(self, name: str) -> str:
        """What became of an occasion, where a reader must know."""
        return self._t(STATUS[name]) if name in STATUS else ""

    def hours(self, least: float, most: float) -> str:
        told = self.number(least) if least == most else f"{self.number(least)}–{self.number(most)}"
        return self._n("{hours} hour", "{hours} hours", 1 if least == most == 1 else 2).format(hours=told)

    def certificate(self, words: str) -> str:
        """What is given at the end, in the source's own words; `none` is a word too."""
        plain = words.strip().lower()
        if plain in ("none", "no"):
            return self._t("no certificate")
        if plain in ("yes", "certificate"):
            return self._t("certificate")
        return words if "certificate" in plain else self._t("certificate: {words}").format(words=words)

    def prices(self, told: list[tuple[str, str, str]]) -> str:
        """(what it covers, for whom, how much) each: `free to attend, certificate 49 EUR`."""
        return self.comma.join(self._priced(*one) for one in told)

    def _priced(self, covers: str, who: str, amount: str) -> str:
        if covers == "attend":
            words = self._t("{amount} to attend").format(amount=amount)
        else:
            words = f"{self._t(COVERS.get(covers, covers))} {amount}" if covers else amount
        return f"{words} ({who})" if who else words

    def state(self, name: str) -> str:
        """Whether a course can be joined."""
        return self._t(STATES.get(name) or name.replace("_", " "))

    def as_of(self, moment: str) -> str:
        """Above a list of courses."""
        return self._t("As of {moment}. Where no deadline is known, ask the provider.").format(moment=moment)

    def read_from(self, where: str) -> str:
        return self._t("Read from {where}").format(where=where)

    # ------------------------------------------------------------------------------------------- numbers and dates
    def number(self, value: float) -> str:
        return f"{value:g}"

    def money(self, amount: float, currency: str) -> str:
        figure = f"{amount:.0f}" if float(amount).is_integer() else f"{amount:.2f}"
        return f"{figure} {currency}".strip()

    def month(self, day: date) -> str:
        return f"{MONTHS[day.month - 1]} {day.year}"

    def day(self, day: date) -> str:
        return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"

    def weekday(self, day: date) -> str:
        return f"{DAYS[day.weekday()][:3]} {self.day(day)}"

    def long_day(self, day: date) -> str:
        return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"

    def days(self, first: date, last: date) -> str:
        """A span of days, said once: `24–26 Nov 2026`, `30 Nov – 4 Dec 2026`."""
        if first == last:
            return self.weekday(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{self.day(last)}"
        start = self.day(first)
        return f"{start.rpartition(' ')[0] if first.year == last.year else start} – {self.day(last)}"

    def until(self, moment: str) -> str:
        return self._t("until {moment}").format(moment=moment)

    def clock(self, zone: str) -> str:
        """Whose clock a time of day is by: `Rome time` for Europe/Rome."""
        place = self.city(zone)
        exact = place in ("UTC", "GMT") or place.startswith("UTC")
        return place if exact else self._t("{place} time").format(place=place)

    def city(self, zone: str) -> str:
        """The place after which a time zone is named."""
        return zone.rpartition("/")[2].replace("_", " ")


ENGLISH = English()
