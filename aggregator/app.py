"""The parts, put together once and passed in. No globals: whoever schedules opens an App and closes it."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.config import shipped
from aggregator.errors import ConfigError, Problem
from aggregator.model import Catalogue, Edition, Item, Rights, Sender, Source, Subscriber
from aggregator.store import Store, open_store

if TYPE_CHECKING:
    from aggregator.compose import Composer, LastLook
    from aggregator.config import Settings
    from aggregator.cpd import Scheme
    from aggregator.deliver import Outbox
    from aggregator.fetch import Policy
    from aggregator.issue import Freezer
    from aggregator.tokens import Signer
    from aggregator.topics import Tagger
    from aggregator.topics.learn import Learned

CATALOGUE = "catalogue"  # the setting under which the catalogue is kept as it was parsed
RULES = "rules"  # the same for the name of the rules that follow from it
SWEEP = 50_000  # objects that come before the youngest are looked at, where Python looks after 700
LAST_GOOD = "feeds.yaml"  # the setting under which the last catalogue without a broken frame is kept


@dataclass
class App:
    """Everything a run needs. What costs time to make is made when it is first used."""

    settings: Settings
    catalogue: Catalogue
    problems: Sequence[Problem]
    store: Store
    stands_in: bool = False  # the catalogue is the last valid one, because feeds.yaml can't be used
    kept_as: str = ""  # the name under which the catalogue is kept; none where it is not

    @cached_property
    def tagger(self) -> Tagger:
        from aggregator.topics import Tagger

        return Tagger(self.catalogue.topics, self.learned)

    @cached_property
    def learned(self) -> Learned:
        """What curators' corrections teach the tagger, as they stand at the beginning of the run."""
        from aggregator.topics.corrections import in_force

        said = in_force(self.store.corrections.all())
        return self.learned_from(said, self.store.items.get(said).values())

    def learned_from(self, said: Mapping[str, Mapping[str, bool]], items: Collection[Item]) -> Learned:
        """What these corrections (item -> topic -> wanted) of these items teach."""
        from aggregator.topics import Tagger
        from aggregator.topics.learn import Learned, judgements, learn

        if not items:
            return Learned()
        bare, sources = Tagger(self.catalogue.topics), self.catalogue.sources
        judged = judgements(said, items, lambda item: [t.id for t in bare.tag(item, sources.get(item.source))])
        return learn(judged, self.store.items.standing({item.source for item in items}))

    @cached_property
    def rules(self) -> str:
        """A name for everything that decides an item's topics; when it changes, held items are tagged again.

        It follows from the catalogue where no curator has corrected anything, and is then kept beside it."""
        name, _, rules = (self.store.setting(RULES) or "").partition(" ")
        lasting = self.kept_as and not self.store.has_corrections()
        if lasting and name == self.kept_as:
            return rules
        rules = self._rules()
        if lasting:
            self.store.set(RULES, f"{self.kept_as} {rules}")
        return rules

    def _rules(self) -> str:
        given = sorted((s.id, s.topics, s.about) for s in self.catalogue.sources.values())
        return hashlib.blake2b(f"{self.tagger.fingerprint}{given}".encode(), digest_size=10).hexdigest()

    @cached_property
    def composer(self) -> Composer:
        from aggregator.compose import Composer

        return Composer([folder / "mail" for folder in self.template_folders], self.sign)

    @cached_property
    def last_look(self) -> LastLook:
        from aggregator.compose import LastLook

        return LastLook()

    @cached_property
    def freezer(self) -> Freezer:
        from aggregator.issue import Freezer, Imprint

        return Freezer(Imprint(self.source_titles, self.topic_labels, self.public_feeds))

    @cached_property
    def sign(self) -> Callable[[bytes], bytes]:
        """What puts the DKIM signature before a letter; without a key, a letter as it is. Raises ConfigError."""
        from aggregator.deliver.dkim import key_of, signer

        key = key_of(self.settings.dkim_key, self.settings.dkim_selector, self.settings.signing_domain)
        return signer(key) if key else bytes

    @property
    def template_folders(self) -> list[Path]:
        """Where templates are looked for: the operator's own folder first."""
        own = self.settings.templates
        return [*([own] if own else []), shipped("templates")]

    @cached_property
    def schemes(self) -> Mapping[str, Scheme]:
        """The rules of professional bodies by their ids; own files with mistakes are left out (`cpd schemes` names
        them)."""
        from aggregator.config.schemes import load_schemes

        return load_schemes(self.settings.cpd_schemes)[0]

    @cached_property
    def signer(self) -> Signer:
        from aggregator.tokens import Signer

        return Signer(self.settings.secrets or (self.store.secret(),))

    @cached_property
    def sender(self) -> Sender:
        return self.settings.sender

    @property
    def transactional(self) -> Sender:
        """Who short letters come from: receivers want them apart from the digest's."""
        return self.settings.transactional

    @cached_property
    def source_titles(self) -> Mapping[str, str]:
        """What readers see as the name of a source: the curator's title, else the feed's own, else its id. Sources
        that have left feeds.yaml keep their name for what is still held of them."""
        own = {s.id: s.title for s in self.store.sources.states().values() if s.title}
        return own | {s.id: s.title or own.get(s.id) or s.id for s in self.catalogue.sources.values()}

    @cached_property
    def source_rights(self) -> Mapping[str, Rights]:
        """What letters may show of each source's items."""
        return {source.id: source.rights for source in self.catalogue.sources.values()}

    @cached_property
    def public_sources(self) -> frozenset[str]:
        """The sources whose items may stand on pages for everybody."""
        return frozenset(source.id for source in self.catalogue.sources.values() if source.is_public)

    @cached_property
    def public_feeds(self) -> Mapping[str, str]:
        """The addresses of the feeds among them, by source."""
        feeds = (s for s in self.catalogue.sources.values() if s.kind == "feed" and s.is_public and not s.written)
        return {source.id: source.url for source in feeds}

    @cached_property
    def topic_labels(self) -> Mapping[str, str]:
        return {topic.id: topic.label for topic in self.catalogue.topics.values()}

    def edition(self, name: str) -> Edition:
        """The edition of that name, or the first one where a reader's is gone from feeds.yaml."""
        editions = self.catalogue.editions
        return editions.get(name) or next(iter(editions.values()))

    def policy(self, seconds: float) -> Policy:
        """How to fetch in this run: politely, and for at most so many seconds in all."""
        from aggregator.fetch import Policy, user_agent

        return Policy(
            user_agent=user_agent(self.settings.contact),
            allow_private=self.settings.allow_private,
            deadline=time.monotonic() + seconds,
        )

    def outbox(self) -> Outbox:
        from aggregator.config import environment
        from aggregator.deliver import outbox

        return outbox(self.settings.outbox, host=self.sender.address.rpartition("@")[2], environ=environment())

    # ------------------------------------------------------------------------------------------ names and links
    def digest_id(self, subscriber_id: str, period: str) -> str:
        """The name of one reader's letter for one period: stable, and telling nothing to strangers."""
        key = self.signer.key("digest")
        return hashlib.blake2b(f"{subscriber_id}\0{period}".encode(), key=key, digest_size=10).hexdigest()

    def address_of(self, template: str, digest_id: str) -> str:
        """One of our own addresses, with the letter's token in it; empty where there is no such address."""
        from aggregator.tokens import return_token

        return template.replace("TOKEN", return_token(self.signer, digest_id)) if template else ""

    def unsubscribe_url(self, reader: Subscriber) -> str:
        from aggregator.tokens import unsubscribe_url

        return unsubscribe_url(self.settings.base_url, reader.token)

    def preferences_url(self, reader: Subscriber) -> str:
        from aggregator.tokens import preferences_url

        return preferences_url(self.settings.base_url, self.signer, reader.id, reader.links)

    def item_pages(self, reader: Subscriber) -> str:
        """The address below which this reader's page of each item is."""
        from aggregator.tokens import my_pages

        return my_pages(self.settings.base_url, self.signer, reader.id, reader.links) + "/items"

    def subscriber_ids(self, who: Sequence[str]) -> list[str]:
        """The ids behind addresses or ids; unknown ones are left out."""
        found = [self.store.subscribers.find(one) for one in who]
        return [one.id for one in found if one is not None]

    def source(self, source_id: str) -> Source:
        """One source by id. Raises ConfigError with the nearest names."""
        import difflib

        if source_id in self.catalogue.sources:
            return self.catalogue.sources[source_id]
        near = difflib.get_close_matches(source_id, self.catalogue.sources, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "'aggregator sources list' shows them all"
        raise ConfigError([Problem(str(self.settings.feeds), None, f"there is no source {source_id!r}", hint)])


@contextmanager
def rarely_swept() -> Iterator[None]:
    """For runs, which make millions of objects and end: within, the garbage collector leaves alone what is there
    already (modules, rules, the catalogue) and looks seldom at what comes. What holds no circle, which is nearly
    all, goes at once as ever."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(SWEEP, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def open_app(settings: Settings, *, create: bool = True, keep: bool = True, begin: bool = False) -> Iterator[App]:
    """Open the store and the catalogue. Raises ConfigError or StoreError before anything has happened.

    `keep`: whether a sound feeds.yaml is kept for the day on which it is broken (a dry run keeps nothing).
    `begin`: whether a service that never had a feeds.yaml begins with no sources and the shipped topics.

    Bad entries of feeds.yaml are left out and named in `problems`. When the file can't be read as a whole, the
    last catalogue that could stays in force.
    """
    store = open_store(settings.database, create=create)
    try:
        catalogue, problems, stands_in, kept_as = _catalogue(settings, store, keep=keep, begin=begin)
        yield App(settings, catalogue, problems, store, stands_in, kept_as)
    finally:
        store.close()


def _catalogue(
    settings: Settings, store: Store, *, keep: bool, begin: bool
) -> tuple[Catalogue, Sequence[Problem], bool, str]:
    """The catalogue, what is wrong with it, whether it only stands in, and the name it is kept under."""
    from aggregator.config import environment
    from aggregator.config.file import text_of

    environ, file = environment(), str(settings.feeds)
    if begin and not settings.feeds.exists() and store.setting(LAST_GOOD) is None:
        from aggregator.config import parse

        return parse("sources:\n", file, environ)[0], [], False, ""
    text, faults = text_of(settings.feeds)
    catalogue, problems, kept_as = (
        (Catalogue({}, {}, {}), faults, "") if text is None else _parsed(text, file, environ, store, keep=keep)
    )
    if text is not None and (catalogue.sources or not any(problem.level == "error" for problem in problems)):
        if keep and store.setting(LAST_GOOD) != text:
            store.set(LAST_GOOD, text)
        return catalogue, problems, False, kept_as
    last_good = store.setting(LAST_GOOD)
    if last_good is None:
        raise ConfigError(list(problems))
    from aggregator.config import parse

    last, _ = parse(last_good, file, environ)
    stays = Problem(file, None, "the file can't be used as it is", "the last valid one stays in force")
    return last, [*problems, stays], True, ""


def _parsed(
    text: str, file: str, environ: Mapping[str, str], store: Store, *, keep: bool
) -> tuple[Catalogue, list[Problem], str]:
    """What a text says, parsed unless the very same was parsed before; and the name that this is kept under.

    It lies in the database, which only its owner can write. What was read from the environment is not kept."""
    from aggregator.config.kept import Watched, name_of, packed, unpacked

    name = name_of(text, file)
    if found := unpacked(store.setting(CATALOGUE), name):
        return *found, name if keep else ""
    from aggregator.config import parse

    watched = Watched(environ)
    catalogue, problems = parse(text, file, watched)
    if watched.asked or not keep:
        return catalogue, problems, ""
    store.set(CATALOGUE, packed(name, catalogue, problems))
    return catalogue, problems, name
