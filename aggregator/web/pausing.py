"""No letters until a date, and the end of such a pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.forms import Form
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.words import N_

MY_NAV = [("/pause", N_("Pause"))]
LONGEST = timedelta(days=731)


def routes(parts: Parts) -> list[Route]:
    return [mine(parts, "/pause", _pause, "GET", "POST")]


def _pause(me: Me, form: Form) -> Response:
    if me.here.request.method != "POST":
        return _page(me)
    if me.reader.status != "active":
        return _page(me, 409)
    if form.get("answer") == "resume":
        # A pause that ends now is kept as such: the periods that went by in it are not taken for missed ones.
        after = replace(me.reader, paused_until=me.now) if _paused(me) else me.reader
        done = me.store.subscribers.change(me.reader, after, me.now)
        return _page(replace(me, reader=after), done="resumed") if done else me.here.nothing()
    until = _day(form.get("until"))
    today = _today(me)
    if until is None or not today < until <= today + LONGEST:
        return _page(me, 422, wrong=True)
    zone = ZoneInfo(me.reader.schedule.timezone)
    after = replace(me.reader, paused_until=datetime.combine(until, time(0), zone).astimezone(UTC))
    done = me.store.subscribers.change(me.reader, after, me.now)
    return _page(replace(me, reader=after), done="paused") if done else me.here.nothing()


def _page(me: Me, status: int = 200, done: str = "", *, wrong: bool = False) -> Response:
    today, until = _today(me), _paused(me)
    day = me.say.say.day
    return me.page(
        "pause",
        status,
        done=done,
        wrong=wrong,
        may=me.reader.status == "active",
        until=day(until.astimezone(ZoneInfo(me.reader.schedule.timezone)).date()) if until else "",
        quick=[(one.isoformat(), day(one), words) for words, one in _quick(me, today)],
        first=(today + timedelta(days=1)).isoformat(),
        last=(today + LONGEST).isoformat(),
    )


def _quick(me: Me, today: date) -> list[tuple[str, date]]:
    """Ends of a pause that are often wanted."""
    september = date(today.year + (today >= date(today.year, 9, 1)), 9, 1)
    weeks = me.say.n("For {count} week", "For {count} weeks", 2)
    return [
        (weeks, today + timedelta(weeks=2)),
        (me.say.t("For a month"), today + timedelta(days=30)),
        (me.say.t("Until September"), september),
    ]


def _paused(me: Me) -> datetime | None:
    """Until when letters are paused, if they are."""
    until = me.reader.paused_until
    return until if until is not None and until > me.now else None


def _today(me: Me) -> date:
    return me.now.astimezone(ZoneInfo(me.reader.schedule.timezone)).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
