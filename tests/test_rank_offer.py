"""Choosing by number is choosing: held against `Chooser.choose` on spread picks, item by item."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.choose import Chooser
from aggregator.model import Edition, Item, Limits, Occasion, Pick
from aggregator.rank.cards import Cards
from aggregator.rank.offer import Offer
from aggregator.rank.pool import Pool
from aggregator.rank.spread import spread

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TITLES = ("A long telling title that several sources print", "Reading circle", "On moss")


@st.composite
def some_items(draw: st.DrawFn) -> list[Item]:
    """Items that often share a story: one title, one address, days of one series, later news."""
    items = []
    for number in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(("post", "news", "notes", "event", "course", "job")))
        day = date(2026, 11, 20) + timedelta(days=draw(st.integers(0, 20)))
        dated = kind in ("event", "course") and draw(st.booleans())
        status = draw(st.sampled_from(("", "", "cancelled", "sold_out")))
        occasion = Occasion(starts=day, closes=draw(st.sampled_from((None, day))), status=status)  # type: ignore[arg-type]
        items.append(
            Item(
                f"i{number}",
                draw(st.sampled_from(("", "loud", "quiet"))),
                guid=draw(st.sampled_from((f"g{number}", f"series#{day:%Y%m%d}"))),
                url=draw(st.sampled_from(("", f"https://a.example/{number // 2}"))),
                title=draw(st.sampled_from((*TITLES, f"Title {number}"))),
                kind=kind,
                occasion=occasion if dated else None,
                follows=draw(st.sampled_from(("", "", f"i{number - 1}"))),
                event=draw(st.sampled_from(("", "fair"))) if kind == "notes" else "",
                first_seen_at=NOW - timedelta(hours=number),
            )
        )
    return items


limits = st.builds(Limits, st.integers(1, 9), st.integers(1, 4), st.integers(1, 4))
sections = st.sampled_from((Edition().sections, ("reading", "notes", "events", "courses")))


@given(some_items(), limits, sections, st.none() | st.integers(0, 9), st.data())
def test_choosing_by_number_is_choosing(
    items: list[Item], limits: Limits, sections: tuple[str, ...], most: int | None, data: st.DataObject
) -> None:
    pool = Pool(items, Cards((), NOW, "UTC"))
    numbers = data.draw(st.permutations(range(len(pool.items))))
    scores = sorted(
        (data.draw(st.integers(0, 4)) / 2 for _ in numbers), reverse=True
    )  # few values, so that there are ties
    seen = items[: data.draw(st.integers(0, 2))]
    best = [(n, score) for n, score in zip(numbers, scores, strict=True) if pool.items[n] not in seen]
    edition, zone = (
        Edition(sections=sections, limits=limits),
        data.draw(st.sampled_from(("UTC", "Pacific/Auckland"))),
    )

    picks = [Pick(pool.items[n], score, "") for n, score in best]
    plain, late = Chooser(edition, NOW, zone).choose(spread(picks), most, seen)
    chosen, waiting = Offer(pool).choose(
        Chooser(edition, NOW, zone), ([n for n, _ in best], [score for _, score in best]), most, seen
    )

    assert [(name, [(one.item, one.score) for one in some]) for name, some in chosen] == [
        (name, [(pick.item, pick.score) for pick in some]) for name, some in plain
    ]
    assert all(pool.items[one.number] is one.item for _, some in chosen for one in some)
    assert [pick.item for pick in waiting] == [pick.item for pick in late]
