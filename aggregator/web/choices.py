"""What a reader may choose, as the fields of one form: written from a reader, and read back into one.

The rules are those of a roster (config/columns.py); here is only which field belongs to which column. A page is
always shown from a form, the saved one or the one that was typed, so that a mistake loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from aggregator.config.cells import LONGEST, MOST_IN_A_LIST, Cell, Mistake, known_name
from aggregator.config.columns import read_row
from aggregator.config.interests import named
from aggregator.model import ITEM_KINDS, Catalogue, Profile, Subscriber
from aggregator.rank.wishes import AUTHOR, SOURCE
from aggregator.topics.rules import RuleError, compile_rule
from aggregator.web.forms import Form

WHOLE = "whole"  # the last field: without it a form came in part, and what is missing was not taken away
NEVER, FOLLOW = "never", "follow"
MOST_SEARCHES = 50  # each is tried on all that is new

# Columns of one field each, which has the column's name.
_PLAIN = (
    "name",
    "keywords",
    "country",
    "frequency",
    "weekday",
    "hour",
    "timezone",
    "max_items",
    "language",
    "edition",
)
_NAMES = (("source", SOURCE), ("author", AUTHOR))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a form says: the reader as it would be, or the mistakes, each with the field it is in."""

    reader: Subscriber | None
    mistakes: Mapping[str, Mistake | RuleError] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------------- written
def form_of(reader: Subscriber, titles: Mapping[str, str]) -> Form:
    """The form that says what is kept of this reader. `titles`: what readers call the sources."""
    return Form(tuple(_fields(reader, titles)))


def _fields(reader: Subscriber, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    profile, schedule = reader.profile, reader.schedule
    muted = [name for name in profile.mute if not name.startswith((SOURCE, AUTHOR))]
    yield from ((f"topic.{id}", f"{weight:g}") for id, weight in profile.topics.items() if id not in muted)
    yield from ((f"topic.{id}", NEVER) for id in muted)
    yield "keywords", "\n".join(profile.keywords)
    yield from (("search", search) for search in profile.searches)
    for what, mark in _NAMES:
        both = [(name, FOLLOW) for name in profile.follow] + [(name, NEVER) for name in profile.mute]
        rows = [(name.removeprefix(mark), how) for name, how in both if name.startswith(mark)]
        for number, (name, how) in enumerate(rows):
            yield f"{what}.{number}", (titles.get(name) or name) if what == "source" else name
            yield f"{what}.{number}.is", how
    yield from ((f"kind.{kind}", f"{factor:g}") for kind, factor in profile.kinds.items())
    yield from (("reads", code) for code in profile.languages)
    yield from (("name", reader.name), ("country", profile.country or ""), ("frequency", schedule.frequency))
    yield from (("weekday", str(schedule.weekday)), ("hour", str(schedule.hour)), ("timezone", schedule.timezone))
    yield from (("max_items", str(reader.max_items or "")), ("language", reader.language))
    yield from (("edition", reader.edition), ("discovery", "yes" if profile.discovery else ""), (WHOLE, "1"))


# ---------------------------------------------------------------------------------------------------------- read
def chosen(form: Form, base: Subscriber, catalogue: Catalogue, titles: Mapping[str, str]) -> Chosen:
    """`base` with what the form says. What a reader has of topics and sources that are no longer in the catalogue
    stays: nobody was asked about it."""
    mistakes: dict[str, Mistake | RuleError] = {}
    names = _Names(form, base, catalogue, titles, mistakes)
    follow, mute = names.that_are(FOLLOW), names.that_are(NEVER)
    _check_searches(form, base, mistakes)
    reader, slips = read_row(_cells(form, catalogue), base, catalogue)
    for column, mistake in slips:
        mistakes.setdefault(_FIELD.get(column, column), mistake)
    if reader is None or mistakes:
        return Chosen(None, mistakes)
    known = catalogue.topics
    never = tuple(id for id in known if form.get(f"topic.{id}") == NEVER)
    gone = tuple(id for id in base.profile.mute if not id.startswith((SOURCE, AUTHOR)) and id not in known)
    kept = {id: weight for id, weight in base.profile.topics.items() if id not in known}
    profile = replace(
        reader.profile, topics={**reader.profile.topics, **kept}, follow=follow, mute=(*never, *gone, *mute)
    )
    return Chosen(replace(reader, profile=profile))


_FIELD = {"searches": "search", "languages": "reads_more", "topics": "topics", "kinds": "kinds"}


def _cells(form: Form, catalogue: Catalogue) -> dict[str, Cell]:
    """The columns of a roster that the form fills. A number that nobody has chosen is left out."""
    weights = [(id, form.get(f"topic.{id}")) for id in catalogue.topics]
    factors = [(kind, form.get(f"kind.{kind}")) for kind in ITEM_KINDS]
    cells: dict[str, Cell] = {name: form.get(name) for name in _PLAIN if name in form}
    return cells | {
        "topics": [f"{id}:{weight}" for id, weight in weights if weight not in ("", "0", NEVER)],
        "kinds": [f"{kind}:{factor}" for kind, factor in factors if factor not in ("", "1")],
        "searches": list(form.all("search")),
        "languages": [*form.all("reads"), form.get("reads_more")],
        "discovery": "yes" if form.get("discovery") else "no",
    }


def _check_searches(form: Form, base: Subscriber, mistakes: dict[str, Mistake | RuleError]) -> None:
    """A search is a rule. One that was saved before is left as it is."""
    searches = form.all("search")
    if len(searches) > MOST_SEARCHES:
        mistakes["search"] = Mistake("the list is too long", f"at most {MOST_SEARCHES} entries")
        return
    for number, search in enumerate(searches):
        if search not in base.profile.searches:
            try:
                for part in filter(None, map(str.strip, search.replace("\n", ";").split(";"))):
                    compile_rule(part)
            except RuleError as error:
                mistakes[f"search.{number}"] = error


@dataclass(frozen=True, slots=True)
class _Names:
    """Sources and authors that are followed or never wanted: rows of a name and what it is."""

    form: Form
    base: Subscriber
    catalogue: Catalogue
    titles: Mapping[str, str]
    mistakes: dict[str, Mistake | RuleError]

    def that_are(self, how: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for what, mark in _NAMES:
            for row, typed in rows(self.form, what):
                if self.form.get(f"{row}.is", FOLLOW) != how:
                    continue
                try:
                    found[self._read(what, mark, typed)] = None
                except Mistake as mistake:
                    self.mistakes[row] = mistake
        if len(found) > MOST_IN_A_LIST:
            self.mistakes["source.0"] = Mistake("the list is too long", f"at most {MOST_IN_A_LIST} entries")
        return tuple(found)

    def _read(self, what: str, mark: str, typed: str) -> str:
        name = " ".join(typed.split())
        if len(name) > LONGEST:
            raise Mistake("the name is too long", f"at most {LONGEST} characters")
        if what == "author":
            return named(mark + name, self.catalogue) or mark + name
        held = {one.removeprefix(mark) for one in _all_names(self.base.profile) if one.startswith(mark)}
        by_title = {(self.titles.get(id) or id).casefold(): id for id in (*held, *self.catalogue.sources)}
        id = name if name in held or name in self.catalogue.sources else by_title.get(name.casefold())
        return mark + (id or self._meant(name))

    def _meant(self, name: str) -> str:
        """A source by a name that we don't have. Raises Mistake with the nearest, by the name readers know."""
        shown = {(self.titles.get(id) or id): id for id in self.catalogue.sources}
        try:
            return known_name(name, shown, "a source")
        except Mistake as mistake:
            meant = mistake.remedy if mistake.remedy.startswith("did you mean") else "choose one of the list"
            raise Mistake(mistake.what, meant) from None


def rows(form: Form, what: str) -> list[tuple[str, str]]:
    """(field, name) of each row of sources or authors that has a name."""
    numbered = re.compile(rf"{what}\.[0-9]{{1,6}}")
    return [(name, value) for name, value in form if value and numbered.fullmatch(name)][: 2 * MOST_IN_A_LIST]


def _all_names(profile: Profile) -> tuple[str, ...]:
    return (*profile.follow, *profile.mute)
