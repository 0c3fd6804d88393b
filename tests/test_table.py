"""The quick way to a letter is the plain way: what is shared among the readers of a run changes nothing for any."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from posting import service

from aggregator.app import App
from aggregator.choose import choose, is_over, with_notices
from aggregator.compose import Composer
from aggregator.dedupe import Changes
from aggregator.figures import Published
from aggregator.model import Due, Item, Occasion, Pick, Profile, Schedule, Selection, Subscriber, Tag
from aggregator.occasions import ANYWHERE_ON_EARTH, closed, closing_at
from aggregator.post import Order
from aggregator.publish import draft_of, prepare
from aggregator.rank import Ranker, rank
from aggregator.rank.affinity import traits
from aggregator.rank.countries import country_of
from aggregator.rank.spread import Outside, spread
from aggregator.schedule import LOOK_BACK
from aggregator.table import CANDIDATES, Table
from aggregator.topics.lexicon import Lexicon, Phrase, tokens
from aggregator.topics.rules import Matcher, compile_rule

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
ZONES = ("Europe/Zagreb", "Pacific/Auckland", "America/Los_Angeles", "UTC")
TITLES = ("On moss", "Moss, fern and kelp", "Ferns of the north", "Metadata for kelp", "Open shelves, open minds",
          "A long telling title that several sources print", "Weekly links")  # fmt: skip
KINDS = ("post", "news", "event", "course", "job", "call", "thread", "paper")


def made(number: int, chance: random.Random, seen: datetime) -> Item:
    kind = chance.choice(KINDS)
    occasion = None
    if kind in ("event", "course", "call"):
        day = (NOW + timedelta(days=chance.randrange(-3, 30))).date()
        moment = datetime(day.year, day.month, day.day, chance.randrange(24), tzinfo=UTC)
        starts = chance.choice((None, day + timedelta(days=3), moment + timedelta(days=3)))
        status = chance.choice(("", "", "", "cancelled", "sold_out"))
        closes, zone = chance.choice((None, day, moment)), chance.choice(("", "Europe/Rome"))
        occasion = Occasion(closes=closes, starts=starts, status=status, zone=zone)  # type: ignore[arg-type]
    return Item(
        f"i{number:03}",
        chance.choice(("loud", "loud", "quiet", "desk")),
        f"series#202611{number % 28 + 1:02}" if chance.random() < 0.2 else f"g{number}",
        f"https://{chance.choice(('a.example.hr', 'b.example.uk', 'c.example'))}/{number // 2}",
        chance.choice(TITLES) if chance.random() < 0.5 else f"Title {number} of moss and stone",
        " ".join(chance.choices(("moss", "fern", "kelp", "reads", "opens", "shelf"), k=chance.randrange(40))),
        author=chance.choice(("Ann", "Ann Bee", "")),
        tags=tuple(chance.sample(("moss", "fern"), chance.randrange(2))),
        published_at=seen - timedelta(hours=chance.randrange(99)),
        first_seen_at=seen,
        language=chance.choice(("en", "en", "it", "de", None)),
        kind=kind,
        occasion=occasion,
        topics=tuple(Tag(topic, "“x” in the title") for topic in chance.sample("vwxyz", chance.randrange(4))),
    )


def wanted(chance: random.Random) -> Profile:
    return Profile(
        topics={topic: chance.randint(1, 3) for topic in chance.sample("wxyz", chance.randrange(4))},
        keywords=tuple(chance.sample(("moss", "fern", "moss and stone", "fer*", "shelf"), chance.randrange(3))),
        searches=tuple(chance.sample(("moss kelp", "fern"), chance.randrange(2))),
        kinds={chance.choice(KINDS): chance.choice((0, 0.5, 1.2))} if chance.random() < 0.4 else {},
        languages=tuple(chance.sample(("en", "it"), chance.randrange(3))),
        mute=tuple(chance.sample(("v", "z", "source:loud", "author:ann"), chance.choice((0, 0, 1)))),
        country=chance.choice((None, "HR")),
        follow=tuple(chance.sample(("source:quiet", "author:ann"), chance.choice((0, 0, 1)))),
        learned={"topic:x": 0.5, "source:loud": -0.5} if chance.random() < 0.3 else {},
        discovery=chance.random() < 0.8,
    )


# ------------------------------------------------------------------------------------------------------- ranking
def plain_score(item: Item, items: Sequence[Item], profile: Profile) -> float:
    """The score as docs/why/ranking.md tells it, for one item and one reader, without anything prepared."""
    weights = dict(profile.topics)
    for name, value in profile.learned.items():
        if name.startswith("topic:"):
            weights[name[6:]] = weights.get(name[6:], 0.0) + value
    ids = [tag.id for tag in item.topics]
    score = sum(weights.get(id, 0.0) * 0.9**place for place, id in enumerate(ids))
    if ids:
        score *= 0.6 + 0.4 * sum(weights.get(id, 0) > 0 for id in ids) / len(ids)
    for word in profile.keywords:
        hits = [(one, worth(word, one, items)) for one in items]
        found = [value for _, value in hits if value]
        if mine := next(value for one, value in hits if one is item):
            rare = math.log1p(len(items) / len(found)) / math.log1p(len(items))
            score += 3 * mine / (mine + 1) * rare
    score += 3 * sum(all(has(word, item) for word in search.split()) for search in profile.searches)
    score += 2 * follows(item, profile.follow)
    score *= profile.kinds.get(item.kind, 1.0)
    if profile.country and country_of(item):
        score *= 1.15 if country_of(item) == profile.country else 0.6
    learned = sum(profile.learned.get(one, 0) for one in traits(item) if one.startswith(("source:", "author:")))
    score *= 2 ** (0.5 * max(-1.0, min(1.0, learned)))
    seen = item.published_at or item.first_seen_at
    score *= 0.5 + 0.5 * 0.5 ** ((NOW - seen) / timedelta(days=30)) if seen else 1.0
    closes = closing_at(item.occasion)
    return score * (1.3 if closes and NOW <= closes <= NOW + 2 * WEEK else 1.0)


def worth(word: str, item: Item, items: Sequence[Item]) -> float:
    languages = sorted({one.language for one in items if one.language} | {"en"})
    lexicon = Lexicon([Phrase(word, word, language) for language in languages])
    lengths = [len(one.text) for one in items if one.text]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    in_text = 0.5 / (0.7 + 0.3 * len(item.text) / usual)
    parts = [(item.title, 2.0), *((tag, 1.0) for tag in item.tags), (item.text, in_text)]
    return sum(weight * len(lexicon.find_all(tokens(text), item.language)) for text, weight in parts)


def has(word: str, item: Item) -> bool:
    matcher = Matcher({word: compile_rule(word)})
    return bool(matcher.match(item))


def follows(item: Item, names: Sequence[str]) -> bool:
    return f"source:{item.source}" in names or ("author:ann" in names and item.author.startswith("Ann"))


def may_see(item: Item, profile: Profile) -> bool:
    topics = {tag.id for tag in item.topics}
    read = not profile.languages or item.language is None or item.language in profile.languages
    return read and not topics & set(profile.mute) and not follows(item, profile.mute)


@pytest.mark.parametrize("seed", range(12))
def test_ranking_is_what_the_plain_sum_says(seed: int) -> None:
    chance = random.Random(seed)
    items = [made(number, chance, NOW - timedelta(hours=number)) for number in range(25)]
    open_ = [item for item in items if not closed(item.occasion, NOW)]
    profiles = [wanted(chance) for _ in range(6)]
    for profile, picks in zip(profiles, rank(items, profiles, NOW), strict=True):
        expected = {item.id: plain_score(item, open_, profile) for item in open_ if may_see(item, profile)}
        assert {pick.item.id: pick.score for pick in picks} == pytest.approx(expected, abs=6e-5)
        order = [(-pick.score, -pick.item.published_at.timestamp(), pick.item.id) for pick in picks]  # type: ignore[union-attr]
        assert order == sorted(order)


# ------------------------------------------------------------------------------------------------- whole letters
def plainly(app: App, group: Sequence[Due], fresh: Sequence[Item], number: int) -> Selection:
    """What one letter carries, with nothing prepared for more than this reader."""
    one, now = group[number], group[number].until
    had, waiting = (
        getattr(app.store.digests, what)([d.subscriber.id for d in group]) for what in ("had", "waiting_items")
    )
    reader, nothing = one.subscriber, set[str]()
    older = {id for some in waiting.values() for id in some} - {item.id for item in fresh}
    waited = [
        item for item in app.store.items.get(older).values() if (item.first_seen_at or now) >= now - LOOK_BACK
    ]
    items = [*fresh, *sorted(waited, key=lambda item: item.id)]
    out: AbstractSet[str] = had.get(reader.id, nothing) | (older - waiting.get(reader.id, nothing))
    [picks] = Ranker(app.topic_labels, app.source_titles).rank(
        items, [reader.profile], now, exclude=[out], top=CANDIDATES, zone=ANYWHERE_ON_EARTH
    )
    edition, zone = app.edition(reader.edition), reader.schedule.timezone
    seen = [item for item in fresh if item.first_seen_at == one.since and item.id in had.get(reader.id, nothing)]
    selection = choose(spread(picks), edition, reader.max_items, now, seen, zone=zone)
    over = {item.id for item in fresh if is_over(item, now, zone)}
    most = edition.limits.items if reader.max_items is None else reader.max_items
    with_one = Outside(fresh, now, app.topic_labels).added(selection, reader.profile, out | over, most)
    return with_notices(with_one, [], edition, now, zone)


def shown(selection: Selection) -> tuple[object, object]:
    held = [pick.item.id for pick in selection.held_back]  # nobody is told their scores
    return [(section.name, [told(pick) for pick in section.picks]) for section in selection.sections], held


def told(pick: Pick) -> tuple[str, float, str]:
    return pick.item.id, pick.score, pick.why


@pytest.mark.parametrize("seed", range(6))
def test_every_letter_of_a_run_is_as_if_it_were_the_only_one(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    first = [made(n, chance, NOW - timedelta(minutes=chance.randrange(7 * 24 * 60))) for n in range(60)]
    second = [
        made(n, chance, NOW + timedelta(minutes=1 + chance.randrange(7 * 24 * 60 - 1))) for n in range(60, 120)
    ]
    readers = [
        Subscriber("", f"r{n}@example.org", profile=wanted(chance), signed_up_at=NOW - 2 * WEEK,
                   schedule=Schedule("weekly", 1, 8, chance.choice(ZONES)), max_items=chance.choice((None, 3, 8)))
        for n in range(12)
    ]  # fmt: skip
    with service(tmp_path, "outbox") as app:
        readers = app.store.subscribers.save(readers, NOW - 2 * WEEK)
        for now, items in ((NOW, first), (NOW + WEEK, second)):
            with app.store.engine.execution_options(write=True).begin() as connection:
                app.store.items.write(connection, Changes(new=tuple(items)), now, "")
            compared = compare(app, readers, now)
            assert compared
            prepare(app, now, Order(clock=lambda now=now: now), Published())  # type: ignore[misc]


def compare(app: App, readers: Sequence[Subscriber], now: datetime) -> int:
    group = [Due(reader, "p", now, now - WEEK, now) for reader in readers]
    fresh = app.store.items.window(now - WEEK - timedelta(seconds=1), now)
    table = Table(app)
    table.expect([reader.profile for reader in readers], now)
    laid = list(table.laid(group))
    for number, (one, selection) in enumerate(laid):
        assert one == group[number]
        assert shown(selection) == shown(plainly(app, group, fresh, number))
    return sum(len(selection.picks) for _, selection in laid)


def test_a_letter_is_the_same_bytes_whoever_had_one_before(tmp_path: Path) -> None:
    chance = random.Random(5)
    items = [made(n, chance, NOW - timedelta(hours=n)) for n in range(60)]
    with service(tmp_path, "outbox") as app:
        with app.store.engine.execution_options(write=True).begin() as connection:
            app.store.items.write(connection, Changes(new=tuple(items)), NOW, "")
        readers = [
            Subscriber(f"r{n}", f"r{n}@example.org", profile=Profile(topics={"x": 3, "y": 1}), token="t" * 32,
                       language=chance.choice(("en", "it", "ar")), schedule=Schedule(timezone=chance.choice(ZONES)))
            for n in range(40)
        ]  # fmt: skip
        dues = [Due(reader, "p", NOW, NOW - WEEK, NOW) for reader in readers]
        for one, selection in Table(app).laid(dues):
            draft = replace(
                draft_of(app, one, app.edition("digest"), selection), preferences_url="https://x.example/p"
            )
            assert app.composer.write(draft) == Composer([f / "mail" for f in app.template_folders]).write(draft)
