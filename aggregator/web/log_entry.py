"""One activity of a reader's log: the form that logs an item, a meeting or anything else, and changing it later.

The form opens with the key of a letter, because it shows nothing but the item; it only ever adds. What is in the
log already opens with a key that was mailed on request: reflections are nobody else's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import Route

from aggregator.cpd import Activity, Membership, Scheme, Setting, blank, invited, prefill
from aggregator.cpd.record import KINDS, MODES, ROLES
from aggregator.cpd.remarks import FAULTS, faults, hints, words_of
from aggregator.dedupe import keys as item_keys
from aggregator.model import Item
from aggregator.web import log_fields
from aggregator.web.forms import Form
from aggregator.web.log_words import LogWords
from aggregator.web.parts import Me, Parts, mine
from aggregator.web.public import ITEM_ID

LARGE = 512 * 1024  # octets: long reflections in scripts that a form writes with six octets for a letter
MOST = 5_000  # activities of one reader
_NEW_ID = re.compile(r"[0-9a-f]{16}")
_SECRET = re.compile(r"[0-9A-Za-z_-]{20,64}")
_BOTH = ("GET", "POST")
_OURS = re.compile(r".*/(?:items|courses|events)/([0-9A-Za-z_-]{1,64})/?(?:[?#].*)?")


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/log/item/{item}", _item, *_BOTH, most=LARGE),
        mine(parts, "/log/new", _new, *_BOTH, most=LARGE),
        mine(parts, "/log/find", _find),
        mine(parts, "/log/meeting", _meeting, *_BOTH, most=LARGE),
        mine(parts, "/log/entry/{entry}", _entry, *_BOTH, private=True, most=LARGE),
        mine(parts, "/log/entry/{entry}/delete", _delete, *_BOTH, private=True),
        mine(parts, "/log/entry/{entry}/invite", _invite, "POST", private=True),
    ]


@dataclass(frozen=True, slots=True)
class Log:
    """The rules that one reader's activities are shown with, and the reader's own day."""

    me: Me
    schemes: Mapping[str, Scheme]
    memberships: tuple[Membership, ...]
    today: date

    @classmethod
    def of(cls, me: Me) -> Log:
        today = me.now.astimezone(ZoneInfo(me.reader.schedule.timezone)).date()
        return cls(me, me.parts.app.schemes, tuple(me.store.cpd.memberships(me.reader.id)), today)

    @property
    def words(self) -> LogWords:
        return LogWords(self.me.say)

    def kept(self, activity: Activity) -> dict[str, Scheme]:
        """The schemes that the reader keeps a log for, and those that the activity was logged for."""
        names = dict.fromkeys([*(one.scheme for one in self.memberships), *activity.schemes])
        return {name: self.schemes[name] for name in names if name in self.schemes}

    def setting(self, **more: Any) -> Setting:
        app, reader = self.me.parts.app, self.me.reader
        return Setting(
            reader.id, self.today, ZoneInfo(reader.schedule.timezone), app.source_titles, app.topic_labels,
            memberships=self.memberships, **more,
        )  # fmt: skip


# -------------------------------------------------------------------------------------------------------- adding
def _item(me: Me, form: Form) -> Response:
    name = me.here.path("item")
    item = me.store.items.get([name]).get(name) if ITEM_ID.fullmatch(name) else None
    if item is None:
        return me.page("wrong", 404, reason="no-page")
    log, author = Log.of(me), me.here.query.get("as") == "author"
    seen = me.store.cpd.seen_in(me.reader.id, item.id)
    base = prefill(item, log.setting(seen_in=seen, as_author=author), log.schemes)
    other = me.url("log", "item", item.id) + ("" if author else "?as=author")
    return _added(log, base, form, other=other, author=author)


def _new(me: Me, form: Form) -> Response:
    log = Log.of(me)
    return _added(log, blank(log.setting(), log.schemes), form)


def _find(me: Me, _: Form) -> Response:
    """From an address that a reader pasted, ours or the source's, to the form of that item."""
    address = me.here.query.get("address")
    own = _OURS.fullmatch(address) if address.startswith(me.parts.base_url) else None
    keys = {key for key in item_keys(Item("", url=address)) if key.startswith("u:")} if address else set()
    id = own[1] if own else next((held.id for held in me.store.items.held(keys).values()), "")
    if id:
        return me.parts.pages.see_other(me.url("log", "item", id))
    log, said = Log.of(me), me.say.t("No item with this address is held here, so the form is empty.")
    return _added(log, blank(log.setting(), log.schemes), Form(), notice=said, to=me.url("log", "new"))


def _meeting(me: Me, form: Form) -> Response:
    """The other side of a meeting, found by the secret in its invitation."""
    secret = (me.here.query.get("code") or form.get("code")).rpartition("/")[2]
    if (late := me.here.too_often("meeting", 30, 3600)) is not None:
        return late
    entries = me.store.cpd.of_meeting(secret) if _SECRET.fullmatch(secret) else ()
    own = [one.id for one in entries if one.subscriber == me.reader.id]
    if not entries or (own and form.get("new") not in own):  # the same form sent twice is no second entry
        return me.page("cpd/uninvited", 404, own=bool(own))
    log = Log.of(me)
    return _added(log, invited(entries[0], log.setting(), log.schemes), form, code=secret)


def _added(log: Log, base: Activity, form: Form, **more: Any) -> Response:
    """The form (GET), or what became of it (POST)."""
    me = log.me
    if "title" not in form:
        return _form(log, base, log_fields.shown(base), {}, fresh=secrets.token_hex(8), **more)
    if (late := me.here.too_often("log", 120, 3600, me.reader.id)) is not None:
        return late
    if me.store.cpd.count(me.reader.id) >= MOST:
        return me.page("cpd/full", 409, most=MOST)
    fresh = form.get("new") if _NEW_ID.fullmatch(form.get("new")) else secrets.token_hex(8)
    activity, wrong = log_fields.read(form, replace(base, minutes=None), log.kept(base))
    if wrong := _wrong(log, activity, wrong):
        return _form(log, base, form, wrong, fresh=fresh, **more)
    kept = me.store.cpd.add(replace(activity, id=fresh), me.now)
    return _saved(log, kept, new=True)


def _wrong(log: Log, activity: Activity, unreadable: Mapping[str, str]) -> dict[str, str]:
    """What must be mended, by field, in words."""
    found = {one.field: one.key for one in faults(activity)} | dict(unreadable)
    return {field: log.words.told(FAULTS[key]) for field, key in found.items()}


def _form(log: Log, base: Activity, form: Form, wrong: Mapping[str, str], **more: Any) -> Response:
    words, kept = log.words, log.kept(base)
    values: dict[str, Any] = {"fresh": "", "other": "", "author": False, "code": "", "activity": base, "files": ()}
    values |= {"notice": "", "bad": False, "address": "", "to": ""} | more
    return log.me.page(
        "cpd/form", 400 if wrong else 200, form=form, wrong=wrong, schemes=kept, words_of_log=words,
        kinds=words.names("kind", KINDS), modes=words.names("mode", MODES), roles=words.names("role", ROLES),
        systems=dict.fromkeys(system for one in kept.values() for system in one.systems),
        approval=any(c.approval for s in kept.values() for f in s.frameworks for c in f.codes),
        limits=[(s, limit) for s in kept.values() for limit in s.limits if limit.text != "statement"],
        described=any(one.text == "description" for s in kept.values() for one in s.limits),
        counts={name: words_of(base, name) for name in ("description", "reflection")},
        **values,
    )  # fmt: skip


def _saved(log: Log, kept: Activity, *, new: bool) -> Response:
    told = [log.words.remark(one) for one in hints(kept, log.schemes, log.today)]
    entry = log.me.url("log", "entry", kept.id)
    return log.me.page(
        "cpd/saved", activity=kept, hints=told, entry=entry, log=log.me.url("log"), new=new,
        time=log.words.time(kept.minutes), labels=[log.schemes[n].label for n in kept.schemes if n in log.schemes],
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------ changing
def entry_of(me: Me) -> Activity | None:
    """The reader's own activity that the address names."""
    return me.store.cpd.get(me.reader.id, me.here.path("entry"))


def entry_page(log: Log, activity: Activity, **more: Any) -> Response:
    """The form of an activity that is kept, with its files below."""
    return _form(log, activity, log_fields.shown(activity), {}, files=activity.evidence, **more)


def _entry(me: Me, form: Form) -> Response:
    activity = entry_of(me)
    if activity is None:
        return me.page("cpd/gone", 404, log=me.url("log"))
    log = Log.of(me)
    if "title" not in form:
        return entry_page(log, activity)
    changed, wrong = log_fields.read(form, activity, log.kept(activity))
    if wrong := _wrong(log, changed, wrong):
        return _form(log, activity, form, wrong, files=activity.evidence)
    try:
        return _saved(log, me.store.cpd.save(changed, me.now), new=False)
    except KeyError:  # deleted in another window, a moment ago
        return me.page("cpd/gone", 404, log=me.url("log"))


def _delete(me: Me, _: Form) -> Response:
    activity = entry_of(me)
    if activity is None:
        return me.page("cpd/gone", 404, log=me.url("log"))
    asked = me.here.request.method == "POST"
    if asked:
        me.store.cpd.delete(me.reader.id, activity.id)
    back = me.url("log", "entry", activity.id)
    return me.page("cpd/delete", activity=activity, done=asked, log=me.url("log"), back=back)


def _invite(me: Me, _: Form) -> Response:
    """The address under which the other side of a meeting logs it, too."""
    activity = entry_of(me)
    if activity is None:
        return me.page("cpd/gone", 404, log=me.url("log"))
    secret = me.store.cpd.share(me.reader.id, activity.id)
    address = f"{me.parts.base_url.rstrip('/')}/log/meeting/{secret}"
    return entry_page(Log.of(me), activity, address=address)
