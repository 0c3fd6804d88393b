"""The issue of each edition and period: what the edition as a whole brought, for everybody and for good.

It is chosen as a letter is, for a reader who follows every topic alike and nothing else: so no reader's topics,
words or marks can be read from it, however few readers there are (docs/why/issue.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.app import App
from aggregator.issue import Frozen
from aggregator.model import Draft, Due, Edition, Item, Limits, Profile, Schedule, Selection, Subscriber
from aggregator.occasions import ANYWHERE_ON_EARTH
from aggregator.publish import draft_of
from aggregator.rank import Ranker, choose
from aggregator.rank.spread import spread
from aggregator.schedule import LENGTH, LOOK_BACK, periods
from aggregator.store import MARK
from aggregator.table import Pool

LIMITS = Limits(items=100, per_source=10, per_section=50)
CANDIDATES = 1000  # best items looked at for one issue
_MADE = "issues made until "  # the setting under which it stands how far an edition is


def make_issues(app: App, now: datetime) -> list[str]:
    """Make the issues that have fallen due by `now` and return their ids; a period that brought nothing has none.

    Periods follow the edition's cadence in UTC, weeks from Monday, and are named as those of letters are. What was
    missed while nothing ran is made up for as long as letters look back."""
    if app.store.setting(MARK):
        return []  # a restored copy publishes nothing: another one may be the live one
    pools: defaultdict[tuple[datetime, datetime], Pool] = defaultdict(lambda: Pool(app))
    made = []
    for edition in app.catalogue.editions.values():
        for period, since, until in _due(app, edition, now):
            due = Due(_everybody(app), period, until, since, until)
            frozen = issue_of(app, pools[since, until], edition, due)
            if frozen is not None and app.store.issues.publish(frozen):
                made.append(frozen.id)
            app.store.set(_MADE + edition.name, until.isoformat())
    return made


def _due(app: App, edition: Edition, now: datetime) -> list[tuple[str, datetime, datetime]]:
    """(period, since, until) of each period that is over and has not been looked at, oldest first."""
    schedule = _schedule(edition)
    found = list(periods(schedule, now - LOOK_BACK - timedelta(days=31), now))
    done = app.store.setting(_MADE + edition.name)
    after = datetime.fromisoformat(done) if done else found[-2][1]  # a new archive begins with the newest
    return [(name, since, at) for (_, since), (name, at) in pairwise(found) if after < at]


def _schedule(edition: Edition) -> Schedule:
    return Schedule(edition.cadence if edition.cadence in LENGTH else "weekly", weekday=1, hour=0, timezone="UTC")


def _everybody(app: App) -> Subscriber:
    """Nobody in particular. The language is that in which most editions are curated."""
    topics = dict.fromkeys(app.catalogue.topics, 1.0)
    return Subscriber("", "everybody@example.org", profile=Profile(topics=topics, discovery=False))


def issue_of(app: App, pool: Pool, edition: Edition, due: Due) -> Frozen | None:
    """What the edition brought in that period, from sources open to all; None where it brought nothing."""
    public = app.public_sources
    items = [
        replace(item, also_in=tuple(source for source in item.also_in if source in public))
        for item in pool.window(due.since, due.until) if item.source in public and _is_of(item, due)
    ]  # fmt: skip
    selection = _chosen(app, items, edition, due)
    if not selection.picks:
        return None
    draft = _draft(app, due, edition, selection)
    say = app.composer.say(due.subscriber.language)
    return app.freezer.freeze(draft, app.composer.lay(draft), say, f"{edition.name}/{due.period}")


def _is_of(item: Item, due: Due) -> bool:
    """Whether it became news within the period, which is half open: nothing falls into two issues."""
    return any(at is not None and due.since < at <= due.until for at in (item.first_seen_at, item.news_at))


def _chosen(app: App, items: Sequence[Item], edition: Edition, due: Due) -> Selection:
    reader, now = due.subscriber, due.until
    ranker = Ranker(app.topic_labels, app.source_titles)
    [picks] = ranker.rank(items, [reader.profile], now, top=CANDIDATES, zone=ANYWHERE_ON_EARTH)
    return choose(spread(picks), replace(edition, limits=LIMITS), None, now)


def _draft(app: App, due: Due, edition: Edition, selection: Selection) -> Draft:
    """What the issue is laid out from; it has no links of a reader, because it has no reader."""
    return replace(draft_of(app, due, edition, selection), unsubscribe_url="", preferences_url="")
