"""A reader's log of professional development: what is in it, what it comes to for each scheme, and its exports."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response
from starlette.routing import Route

from aggregator.cpd import Activity, Membership, Scheme, Wish, make
from aggregator.cpd.forms import MEDIA_TYPES, file_name, written
from aggregator.cpd.printed import page
from aggregator.cpd.remarks import EARLIEST, LATEST, LONGEST_TEXT, length_said
from aggregator.cpd.sheet import for_generic
from aggregator.cpd.totals import Grid, Tally, gaps, grid, headline, notes, rules_notes, tallies
from aggregator.cpd.words import count_words
from aggregator.web import log_entry, log_files
from aggregator.web.forms import Form
from aggregator.web.log_entry import LARGE, Log
from aggregator.web.log_fields import day_of
from aggregator.web.log_files import download
from aggregator.web.parts import Here, Me, Parts, anybody, mine
from aggregator.web.words import N_

MY_NAV = [("/log", N_("My CPD log"))]
ITEM_NAV = [("/log/item/{item}", N_("Log as CPD"))]
PAGE = 50  # activities on one page
_STYLE = re.compile(r"<style>(.*?)</style>", re.S)


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/log", _log, private=True),
        mine(parts, "/log/schemes", _schemes, "GET", "POST", private=True, most=LARGE),
        mine(parts, "/log/export/{scheme}.{form}", _export, private=True),
        anybody(parts, "/log/meeting/{secret}", _invitation),
        *log_entry.routes(parts),
        *log_files.routes(parts),
    ]


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of a scheme, as a page shows it."""

    label: str
    period: str
    headline: str
    gaps: Sequence[str]
    notes: Sequence[str]
    grid: Grid | None


# ----------------------------------------------------------------------------------------------------------- log
def _log(me: Me, _: Form) -> Response:
    log = Log.of(me)
    activities = me.store.cpd.of(me.reader.id)
    last = max(1, -(-len(activities) // PAGE))
    asked = me.here.query.get("page")
    number = min(last, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    shown = activities[(number - 1) * PAGE : number * PAGE]
    kept = [(log.schemes[one.scheme], one) for one in log.memberships if one.scheme in log.schemes]
    return me.page(
        "cpd/log", count=len(activities), number=number, last=last,
        schemes=[(scheme, _goals(log, scheme, activities, own), _rules(log, scheme)) for scheme, own in kept],
        rows=[(one, log.words.time(one.minutes), _labels(log, one)) for one in shown], words_of_log=log.words,
        everything=log.schemes.get("generic"),
    )  # fmt: skip


def _goals(log: Log, scheme: Scheme, activities: Sequence[Activity], own: Membership) -> list[Goal]:
    return [_goal(log, tally) for tally in tallies(scheme, activities, log.today, own)]


def _goal(log: Log, tally: Tally) -> Goal:
    words, period = log.words, tally.period
    return Goal(
        tally.goal.label, words.say("period", first=period.first, last=period.last), headline(tally, words),
        gaps(tally, words), notes(tally, words), grid(tally),
    )  # fmt: skip


def _rules(log: Log, scheme: Scheme) -> list[str]:
    return rules_notes(scheme, log.today, log.words)


def _labels(log: Log, activity: Activity) -> list[str]:
    return [log.schemes[name].body for name in activity.schemes if name in log.schemes and name != "generic"]


# ------------------------------------------------------------------------------------------------------- schemes
def _schemes(me: Me, form: Form) -> Response:
    log, wrong = Log.of(me), ""
    scheme = log.schemes.get(form.get("scheme"))
    if scheme is not None:
        wrong = _kept(log, scheme, form)
        log = Log.of(me)
    held = {one.scheme: one for one in log.memberships}
    shown = [(one, held.get(one.id), _statement(log, one, held.get(one.id)), _rules(log, one))
             for one in log.schemes.values()]  # fmt: skip
    return me.page(
        "cpd/schemes", 400 if wrong else 200, schemes=shown, wrong=wrong, changed=scheme, form=form,
        words_of_log=log.words, log=me.url("log"),
    )  # fmt: skip


def _kept(log: Log, scheme: Scheme, form: Form) -> str:
    """Keep what the form says of one scheme, or say what is wrong with it."""
    me = log.me
    if form.get("keep") != "yes":
        me.store.cpd.leave(me.reader.id, scheme.id)
        return ""
    try:
        started = day_of(form.get("started"))
    except ValueError:
        started = date.min
    if started is not None and not EARLIEST <= started <= LATEST:
        return me.say.t("This is no day. Write it like 2026-07-01.")
    statement = form.get("statement")
    if len(statement) > LONGEST_TEXT:
        return me.say.t("The statement is too long: at most 10,000 characters.")
    level = form.get("level") if form.get("level") in scheme.levels else ""
    me.store.cpd.join(Membership(me.reader.id, scheme.id, started, level, statement), me.now)
    return ""


def _statement(log: Log, scheme: Scheme, own: Membership | None) -> str:
    """How long the statement is, held against its limit."""
    words = count_words(own.statement) if own else 0
    return length_said(words, scheme.limit("statement"), log.words)


# ------------------------------------------------------------------------------------------------------- exports
def _export(me: Me, _: Form) -> Response:
    log, query = Log.of(me), me.here.query
    scheme, form = log.schemes.get(me.here.path("scheme")), me.here.path("form")
    if scheme is None or form not in scheme.forms:
        return me.page("wrong", 404, reason="no-page")
    try:
        on = day_of(query.get("on")) or log.today
    except ValueError:
        on = log.today
    on = min(max(on, EARLIEST), LATEST)
    employer = query.get("for") == "employer"
    wish = Wish(me.reader.name, log.today, on, employer, everything=bool(query.get("all")))
    activities = me.store.cpd.of(me.reader.id)
    own = next((one for one in log.memberships if one.scheme == scheme.id), None)
    sheet = make(scheme, for_generic(activities) if scheme.id == "generic" else activities, wish, own)
    if form == "html":
        return _printed(me, page(sheet, me.parts.app.template_folders))
    return download(me, written(sheet, form), MEDIA_TYPES[form], file_name(sheet, form))


def _printed(me: Me, html: str) -> Response:
    """A page that stands alone when it is saved, so its style is in it; nothing else may be."""
    response = download(me, html.encode("utf-8", "replace"), MEDIA_TYPES["html"], "log.html", inline=True)
    styles = _STYLE.search(html)
    own = base64.b64encode(hashlib.sha256((styles[1] if styles else "").encode()).digest()).decode()
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{own}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response


# ------------------------------------------------------------------------------------------------------ meetings
def _invitation(here: Here, _: Form) -> Response:
    """What an invitation says to whoever follows it: the title and day of the meeting, and how to log it."""
    if (late := here.too_often("meeting", 30, 3600)) is not None:
        return late
    secret = here.path("secret")
    entries = here.store.cpd.of_meeting(secret) if len(secret) >= 20 else ()
    if not entries:
        return here.nothing()
    meeting = entries[0]
    day = here.say.say.day(meeting.start)
    return here.page("cpd/invitation", title_of_meeting=meeting.title, day=day, code=secret)
