"""What the page of choices offers: topics as a tree with what each brought, sources, languages, places, times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aggregator.compose.languages import country_names, known, phrases
from aggregator.model import ITEM_KINDS, Catalogue
from aggregator.rank.countries import countries, zones
from aggregator.web.forms import Form
from aggregator.web.parts import Me, Parts
from aggregator.web.settings import KINDS
from aggregator.web.words import N_, Words

MONTH = timedelta(days=30)
MOST_SOURCES = 1000  # suggested by name; every other one is found by its name or id too
MOST_LANGUAGES = 12  # with a tick of their own; every other one by its code

WEIGHTS = (("", N_("Off")), ("1", N_("Some")), ("2", N_("More")), ("3", N_("Most")), ("never", N_("Never")))
FACTORS = (("2", N_("More")), ("", N_("Normal")), ("0.5", N_("Less")), ("0", N_("Never")))
Option = tuple[str, str]

REGIONS = {
    "Africa": N_("Africa"), "America": N_("America"), "Antarctica": N_("Antarctica"), "Arctic": N_("Arctic"),
    "Asia": N_("Asia"), "Atlantic": N_("Atlantic"), "Australia": N_("Australia"), "Europe": N_("Europe"),
    "Indian": N_("Indian Ocean"), "Pacific": N_("Pacific"), "": N_("Other"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Branch:
    """One topic with what it brought in the last month, and those below it. A heading has no `id`."""

    id: str
    label: str
    scope: str
    items: int
    reached: int
    below: tuple[Branch, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Its id and those of all below."""
        return (*((self.id,) if self.id else ()), *(id for branch in self.below for id in branch.ids))

    @property
    def has_scopes(self) -> bool:
        """Whether anything below it has a scope note."""
        return any(branch.scope or branch.has_scopes for branch in self.below)


def tree(catalogue: Catalogue, items: Mapping[str, int], reached: Mapping[str, int]) -> tuple[Branch, ...]:
    """The topics of a catalogue, narrower ones below broader ones and below their headings, in its order. Topics
    that stand under nothing come first. There are no circles in a catalogue."""
    below: defaultdict[str, list[str]] = defaultdict(list)
    for topic in catalogue.topics.values():
        above = topic.broader or ""
        below[above if above in catalogue.topics or above in catalogue.groups else ""].append(topic.id)

    def branch(id: str) -> Branch:
        topic = catalogue.topics.get(id)
        inner = tuple(branch(narrower) for narrower in below.get(id, ()))
        if topic is None:
            return Branch("", catalogue.groups[id], "", 0, 0, inner)
        return Branch(id, topic.label, topic.scope, items.get(id, 0), reached.get(id, 0), inner)

    heads = [group for group in catalogue.groups if below.get(group)]
    return tuple(branch(id) for id in (*below.get("", ()), *heads))


def topics(me: Me) -> tuple[Branch, ...]:
    """The tree for this reader's page."""
    since = me.now - MONTH
    store = me.store
    return tree(me.parts.app.catalogue, store.items.count_topics(since), store.reached.topics(me.reader.id, since))


def sources(me: Me) -> list[str]:
    """Names of sources, in the order of the alphabet."""
    app = me.parts.app
    names = {app.source_titles.get(id) or id for id in app.catalogue.sources}
    return sorted(names, key=str.casefold)[:MOST_SOURCES]


def languages_read(me: Me, form: Form) -> list[Option]:
    """The languages that have a tick: those of what was held last month, and the reader's own."""
    held = [code.partition("-")[0].lower() for code in me.store.items.count_languages(me.now - MONTH)]
    first = dict.fromkeys(held[:MOST_LANGUAGES])
    return [
        (code, me.say.say.language(code) or code)
        for code in (*first, *(c for c in form.all("reads") if c not in first))
    ]


def places(say: Words) -> list[Option]:
    return [("", say.t("Not said")), *country_names(say.code, countries())]


def times(say: Words, now: str) -> list[tuple[str, list[Option]]]:
    """Time zones by region: (region, [(zone, city)]). `now`: the one that is chosen, which is among them."""
    found: defaultdict[str, list[Option]] = defaultdict(list)
    for zone in sorted({*zones(), "UTC", *([now] if now else [])}):
        region, slash, _ = zone.partition("/")
        found[region if slash else ""].append((zone, say.say.city(zone) if slash else zone))
    named = {region: say.t(REGIONS[region]) if region in REGIONS else region for region in found}
    return [(named[region], sorted(cities, key=lambda pair: pair[1])) for region, cities in found.items()]


def letter_languages(parts: Parts, *more: str) -> list[Option]:
    """The languages of letters and these, each by its own name. Pages that nobody has translated are English."""
    folders = tuple(folder / "mail" for folder in parts.app.template_folders)
    codes = dict.fromkeys([*(code.replace("_", "-") for code in known(folders)), *more])
    names = [(code, phrases(code, folders).language(code) or code) for code in codes]
    return [(code, name[:1].upper() + name[1:]) for code, name in names]


def kinds(say: Words) -> list[Option]:
    return [(kind, say.t(KINDS[kind])) for kind in ITEM_KINDS]


def editions(me: Me) -> list[Option]:
    """Which editions there are, where there is a choice."""
    found = me.parts.app.catalogue.editions
    named = [(name, edition.title) for name, edition in found.items()]
    alike = len({title for _, title in named}) < len(named)
    return [(name, f"{title} ({name})" if alike else title) for name, title in named] if len(named) > 1 else []
