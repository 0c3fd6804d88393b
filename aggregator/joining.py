"""How readers come in: somebody asks at an address, a letter asks back, a button behind its link confirms.

A page writes down what was asked for and answers, the same for every address. Here it is looked into, by the
service a moment later and by every run: a new address becomes an unconfirmed reader, whoever has letters already
gets a link to their pages, and nothing is written to an address that came back or complained."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from aggregator.app import App
from aggregator.config.columns import read_row
from aggregator.errors import ConfigError, Refused, StoreError
from aggregator.model import Subscriber
from aggregator.moving import begin
from aggregator.store import Ask, Consent, Store
from aggregator.store.asked import What
from aggregator.store.consents import FOR_GOOD
from aggregator.tokens import CONFIRM_LAST, PREFERENCES_LAST, confirm_key, my_url, open_confirm, reader_key
from aggregator.urgent import write_down, write_link

log = logging.getLogger(__name__)
UNCONFIRMED = CONFIRM_LAST  # then an address that nobody confirmed is erased


# ------------------------------------------------------------------------------------------- what was asked for
def attend(app: App, now: datetime) -> bool:
    """Look into everything that was asked for on pages; False where another process is at it.

    Raises ConfigError, StoreError: then the rest waits for the next run."""
    failed: set[int] = set()
    with app.store.lock("asked") as alone:
        while alone and (waiting := [ask for ask in app.store.asked.all() if ask.n not in failed]):
            failed.update(ask.n for ask in waiting if not _looked_into(app, ask, now))
        return bool(alone)


def _looked_into(app: App, ask: Ask, now: datetime) -> bool:
    """The loop over units is around this: a fault with one ask must not keep all others waiting. It is reported,
    and tried again by the next run."""
    try:
        _WAYS[ask.what](app, ask, now)
    except (ConfigError, StoreError):
        raise  # it would be the same for all
    except Refused as refused:  # an address that can't be written to
        log.warning("what was asked for at %s was dropped: %s", ask.way, refused)
    except Exception:
        log.exception("what was asked for at %s could not be looked into", ask.way)
        return False
    app.store.asked.done(ask)
    return True


def _join(app: App, ask: Ask, now: datetime) -> None:
    reader = app.store.subscribers.find(ask.email)
    if _is_barred(app.store, ask.email, reader):
        return
    if reader is not None and reader.status == "active":
        link = my_url(app.settings.base_url, reader_key(app.signer, reader.id, reader.links))
        write_down(app, reader, now, ("already", link, PREFERENCES_LAST))
        return
    if reader is None or reader.status == "unconfirmed":
        wanted = with_wish(app, reader or Subscriber("", ask.email), ask.wish)
        [reader] = app.store.subscribers.save([replace(wanted, status="unconfirmed", signed_up_at=now)], now)
    # Of somebody who has left nothing is changed before they confirm: the wish waits beside the reader.
    wish = ask.wish if reader.status == "left" else None
    invite(app, replace(reader, language=ask.language), now,
           Consent(reader.id, "letters", "asked", ask.at, ask.way, ask.wording, ask.language, wish))  # fmt: skip


def invite(app: App, reader: Subscriber, now: datetime, asked: Consent) -> bool:
    """Keep that letters were asked for, and ask the address back. False where it was asked often enough today."""
    [place] = app.store.consents.note(asked)
    return _ask_back(app, reader, now, place)


def _ask_back(app: App, reader: Subscriber, now: datetime, place: int) -> bool:
    link = f"{app.settings.base_url}/confirm/{confirm_key(app.signer, reader.id, place)}"
    return write_down(app, reader, now, ("confirm", link, CONFIRM_LAST))


def _link(app: App, ask: Ask, now: datetime) -> None:
    reader = app.store.subscribers.find(ask.email)
    if reader is None or _is_barred(app.store, ask.email, reader):
        return
    if reader.status == "unconfirmed":
        for last in _asks(app.store, reader)[-1:]:
            _ask_back(app, reader, now, last.n)
    else:
        write_link(app, reader, now, private=False)


def _move(app: App, ask: Ask, now: datetime) -> None:
    reader = app.store.subscribers.get(str(ask.wish.get("reader", "")))
    if reader is not None and reader.status != "suppressed":
        begin(app, reader, ask.email, now)


_WAYS: Mapping[What, Callable[[App, Ask, datetime], None]] = MappingProxyType(
    {"join": _join, "link": _link, "move": _move}
)


def _is_barred(store: Store, email: str, reader: Subscriber | None) -> bool:
    """Whether nothing is written to this address: mail to it came back, or its owner called ours spam."""
    barred = store.subscribers.suppressed([email]).get(email) in FOR_GOOD
    return barred or (reader is not None and reader.status == "suppressed")


def with_wish(app: App, reader: Subscriber, wish: Mapping[str, Any]) -> Subscriber:
    """The reader with what was asked for, as cells of a roster; what the catalogue knows no more is left out."""
    for _ in range(2):
        found = read_row(wish, reader, app.catalogue)
        if found.reader is not None:
            return found.reader
        wish = {name: cell for name, cell in wish.items() if name not in dict(found.mistakes)}
    return reader


# --------------------------------------------------------------------------------------------------- confirming
@dataclass(frozen=True, slots=True)
class Asking:
    """What a link in a letter that asks back stands for. `reader`: as the reader will be. `open`: the button lets
    the letters begin; `given`: they have; `over`: they were ended since, or must not begin."""

    reader: Subscriber
    place: int
    state: Literal["open", "given", "over"]


def asking(app: App, key: str) -> Asking | None:
    """What a key of `confirm_key` stands for; None for a wish that is kept no more. Raises BadToken."""
    subscriber_id, place = open_confirm(app.signer, key)
    reader = app.store.subscribers.get(subscriber_id)
    if reader is None or place not in [one.n for one in _asks(app.store, reader)]:
        return None
    said = [one for one in app.store.consents.of(reader.id) if one.purpose == "letters" and one.n > place]
    later = [one.act for one in said if one.act != "asked"]
    if reader.status == "active" and later[-1:] != ["withdrawn"]:
        return Asking(reader, place, "given")
    if later or _is_barred(app.store, reader.email, reader):
        return Asking(reader, place, "over")
    wishes = [one.wish for one in _asks(app.store, reader) if one.wish]
    returns = reader.status == "left" and wishes
    return Asking(with_wish(app, reader, wishes[-1]) if returns else reader, place, "open")


def confirm(app: App, asked: Asking, given: Consent) -> Asking:
    """Let the letters begin, and keep the proof; what has become of it. As often as it is asked."""
    if asked.state != "open":
        return asked
    begun = replace(asked.reader, status="active", signed_up_at=given.at, paused_until=None)
    if app.store.consents.confirm(begun, asked.place, given):
        return Asking(begun, asked.place, "given")
    now = app.store.subscribers.get(begun.id) or begun
    return Asking(now, asked.place, "given" if now.status == "active" else "over")


def _asks(store: Store, reader: Subscriber) -> list[Consent]:
    return [one for one in store.consents.of(reader.id) if (one.purpose, one.act) == ("letters", "asked")]


# --------------------------------------------------------------------------------------------------- forgetting
def unconfirmed(store: Store, now: datetime) -> list[Subscriber]:
    """Readers who did not confirm in time."""
    waiting = store.subscribers.all("unconfirmed")
    return [one for one in waiting if one.signed_up_at is not None and one.signed_up_at < now - UNCONFIRMED]


def forget_unconfirmed(store: Store, now: datetime) -> int:
    """Erase addresses that nobody confirmed in time; wishes, asks and changes of address likewise. Who never said
    yes has not said no either: they may sign up again. Who had said no before has still said so."""
    late = unconfirmed(store, now)
    said_no = store.subscribers.suppressed([reader.email for reader in late])
    for reader in late:
        store.subscribers.erase(reader.id, now)
        if reader.email not in said_no:
            store.subscribers.lift(reader.email)
    store.consents.forget_wishes(now - UNCONFIRMED)
    store.moves.forget(now - UNCONFIRMED)
    store.asked.forget(now - UNCONFIRMED)
    return len(late)
