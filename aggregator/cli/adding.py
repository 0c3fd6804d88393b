"""`aggregator sources add`: looks into an address, tries what is best there, and writes it into feeds.yaml."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from aggregator.config import add_sources, addresses, environment, fields, new_id
from aggregator.errors import ConfigError, Exit, Problem, SourceError
from aggregator.model import Source
from aggregator.read.discover import Candidate, Search
from aggregator.read.discover_links import NAMED, Lead, web_address
from aggregator.trial import Desk, Trial
from aggregator.urls import address_key

if TYPE_CHECKING:
    from aggregator.app import App


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of `sources add` say. `pick` counts from 1; 0 and empty leave it to the program."""

    name: str = ""
    title: str = ""
    about: tuple[str, ...] = ()
    kind: str = ""
    pick: int = 0
    anyway: bool = False
    dry_run: bool = False


@dataclass
class Found:
    """What became of one address. `problem` and `steps` say why it was not added and what to do; `added` is its id
    in feeds.yaml (or what it would be)."""

    address: str
    search: Search
    candidates: list[Candidate] = field(default_factory=list)
    chosen: Candidate | None = None
    source: Source | None = None
    trial: Trial | None = None
    problem: str = ""
    steps: list[str] = field(default_factory=list)
    added: str = ""
    code: Exit = Exit.DONE

    @property
    def untried(self) -> list[Lead]:
        """What was seen and not asked; nothing where the address holds a secret, which must not be shown."""
        return [] if "${" in self.address else self.search.untried()

    def refuse(self, problem: str, *steps: str, code: Exit = Exit.LETTERS_FAILED) -> Found:
        """Not added, because."""
        self.problem, self.steps, self.code = problem, [step for step in steps if step], code
        return self


def entry(source: Source) -> dict[str, Any] | str:
    """How a source is written in feeds.yaml: its address alone where nothing else must be said."""
    kind = "" if source.kind == "feed" else source.kind
    said: dict[str, Any] = {
        "kind": kind, "title": source.title, "about": list(source.about), "language": source.language,
        "options": dict(source.options),
    }  # fmt: skip
    said = {key: value for key, value in said.items() if value}
    return {"url": source.shown, **said} if said else source.shown


def check(app: App, wish: Wish) -> None:
    """Refuse options that can't be followed, before anything is asked. Raises ConfigError."""
    if wish.name and (wrong := fields.slug_fault(wish.name)):
        raise problem(app, *wrong)
    if wish.name in app.catalogue.sources:
        raise problem(app, f"the id '{wish.name}' is taken", "choose another one with --id")
    for topic in wish.about:
        if topic not in app.catalogue.topics:
            remedy = fields.meant(topic, app.catalogue.topics) or "feeds.yaml says which topics there are"
            raise problem(app, f"unknown topic '{topic}'", remedy)


def expanded(app: App, written: str) -> str:
    """The address that is meant, secrets put in. Raises ConfigError with a remedy."""
    if clear := addresses.password_in_clear(written):
        raise problem(app, *clear)
    meant = web_address(written)
    try:
        url = addresses.expand(meant, environment())
    except addresses.MissingVariable as missing:
        raise problem(app, missing.what, missing.remedy) from None
    if wrong := addresses.fault(url, meant):
        raise problem(app, *wrong)
    return url


def problem(app: App, what: str, remedy: str) -> ConfigError:
    """A mistake in what was asked, with its remedy."""
    return ConfigError([Problem(str(app.settings.feeds), None, what, remedy)])


class Adder:
    """Adds addresses one after the other; what one has added, the next knows."""

    def __init__(self, app: App, desk: Desk, wish: Wish) -> None:
        self._app, self._desk, self._wish = app, desk, wish
        self._taken = set(app.catalogue.sources)
        self._places = dict(_places(app))

    def add_all(self, written: Sequence[str]) -> Iterator[Found]:
        """What became of each address, one after the other. Raises ConfigError for wishes that can't be followed.
        An address that can't be used raises it where it is the only one, and costs only itself among several."""
        check(self._app, self._wish)
        for one in written:
            if sys.stderr.isatty():
                click.echo(f"looking into {_shown(one)} …", err=True)
            try:
                yield self.add(one)
            except ConfigError as error:
                if len(written) == 1:
                    raise
                told = [
                    f"{wrong.what} → {wrong.remedy}" if wrong.remedy else wrong.what for wrong in error.problems
                ]
                yield Found(_shown(one), Search("", self._desk.now)).refuse("; ".join(told), code=Exit.CONFIG)

    def add(self, written: str) -> Found:
        """Look into an address, try the best of what is there, and write it. Raises ConfigError for an address
        that can't be asked, and for one that is there already."""
        url = expanded(self._app, written)
        if known := self._places.get(address_key(url)):
            remedy = "change that entry instead"
            raise problem(self._app, f"{_shown(written)}: this address is there already, as {known}", remedy)
        secret = "${" in written
        search = self._desk.look_into(url, alone=secret)
        found = Found(web_address(written), search, self._candidates(search, written if secret else ""))
        source = self._chosen(found, url)
        if source is None:
            return self._nothing(found, url, written)
        return self._tried(found, replace(source, written=web_address(written)) if secret else source)

    def _candidates(self, search: Search, secret: str) -> list[Candidate]:
        """What was found, and where nothing was named, the list on the page as a proposal behind it; each under
        the address as it was written, where that holds a `secret`."""
        found = self._proposed(search)
        if not secret:
            return found
        return [replace(one, source=replace(one.source, written=web_address(secret))) for one in found]

    def _proposed(self, search: Search) -> list[Candidate]:
        candidates = search.candidates()
        if self._wish.kind != "page" and any(one.is_good and one.score >= NAMED for one in candidates):
            return candidates
        if (guess := search.guess(self._desk.read)) is None:
            return candidates
        certain = [one for one in candidates if not one.guessed]
        return [*certain, guess, *(one for one in candidates if one.guessed)]

    def _chosen(self, found: Found, url: str) -> Source | None:
        """The source to try: what was asked for by number or kind, else the best; never a guess unasked."""
        wish, candidates = self._wish, found.candidates
        if wish.pick:
            if wish.pick > len(candidates):
                raise problem(self._app, f"there is no number {wish.pick}", f"{len(candidates)} were found")
            found.chosen = candidates[wish.pick - 1]
        elif wish.kind:
            found.chosen = next((one for one in candidates if one.source.kind == wish.kind), None)
        else:
            found.chosen = next((one for one in candidates if not one.guessed), None)
        if found.chosen is not None:
            return replace(found.chosen.source, about=wish.about, title=wish.title or found.chosen.source.title)
        asked = wish.kind or ("feed" if wish.anyway else "")
        return Source("new", url, asked, wish.title, about=wish.about) if asked else None

    def _nothing(self, found: Found, url: str, written: str) -> Found:
        from aggregator.cli.source_health import trouble_in_words
        from aggregator.read.discover_advice import advice, journal_step, obstacle

        if found.candidates:
            return found.refuse(
                "only a list without a feed was found; how to read it is a guess",
                "look at the items above; if they are right, take it with --pick 1",
                "or write better selectors by hand: kind page in the guide for curators",
            )
        first = next((one for one in found.search.troubles if one[0] == found.search.address), None)
        if first and found.search.page is None and not obstacle(found.search):
            says, step = trouble_in_words(first[1], first[2])
            return found.refuse(f"{_shown(written)}: {says}", step, *journal_step(found.search))
        why = obstacle(found.search) or "no feed, calendar or list for programs was found"
        asked = f"{found.search.asked} document{'s' if found.search.asked > 1 else ''} asked for"
        return found.refuse(f"{_shown(written)}: {why} ({asked})", *advice(found.search))

    def _tried(self, found: Found, source: Source) -> Found:
        wish = self._wish
        title = source.title
        found.source = replace(source, id=wish.name or new_id(title, source.shown, self._taken))
        try:
            found.trial = self._desk.try_out(found.source)
        except SourceError as error:
            return self._unreadable(found, error)
        found.source = self._settled(found.source, found.trial)
        keys = (address_key(found.source.url), address_key(found.trial.answer.url))
        known = next((self._places[key] for key in keys if key in self._places), "")
        if known and not wish.anyway:
            remedy = f"nothing to do: {found.source.shown} is what it is read from"
            return found.refuse(f"it is there already, as {known}", remedy, code=Exit.CONFIG)
        if (twin := found.trial.twin) and not wish.anyway:
            return found.refuse(
                f"most of its items are here already from {twin}: it seems to be the same source",
                f"if {twin} fails, change its url; to have both, add --anyway",
            )
        return self._write(found, found.source)

    def _settled(self, source: Source, tried: Trial) -> Source:
        """The source as it is written: where it has moved to for good, with the title it gives itself."""
        moved = tried.answer.moved_to
        url = moved if moved and not source.written and source.kind in ("feed", "calendar") else source.url
        title = source.title or tried.reading.title
        name = self._wish.name or new_id(title, source.written or url, self._taken)
        return replace(source, id=name, url=url, title=title)

    def _unreadable(self, found: Found, error: SourceError) -> Found:
        from aggregator.cli.source_health import trouble_in_words

        says, step = trouble_in_words(error.code, error.detail)
        if self._wish.anyway and found.source is not None:
            found.problem = f"it can't be read now: {says}"
            return self._write(found, found.source)
        return found.refuse(says, step, "to add it all the same: --anyway")

    def _write(self, found: Found, source: Source) -> Found:
        written: Mapping[str, Mapping[str, Any] | str] = {source.id: entry(source)}
        if not self._wish.dry_run:
            add_sources(self._app.settings.feeds, written, environment())
        self._taken.add(source.id)
        self._places[address_key(source.url)] = source.id
        found.added = source.id
        return found


def _places(app: App) -> Iterable[tuple[str, str]]:
    """(key of an address, id) for every source we have, and for where those that have moved are read from."""
    states = app.store.sources.states()
    for source in app.catalogue.sources.values():
        yield address_key(source.url), source.id
        state = states.get(source.id)
        if state and state.url == source.shown and state.adopted_url:
            yield address_key(state.adopted_url), source.id


def _shown(written: str) -> str:
    """An address as it was given, for people: a password that somebody wrote into it is not repeated."""
    bare = re.sub(r"//[^/@]*@", "//…@", written)
    return bare if len(bare) <= 200 else f"{bare[:200]}…"
