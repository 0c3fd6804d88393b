"""A reader's address changes when both mailboxes say so: a letter to each, with a link to a page with a button.

Who asks holds a link that was mailed to the old address, but that may have been passed on; so the old address is
asked all the same, and can stop it. Whether the new one is known here is told to nobody but its own mailbox."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Literal

from aggregator.app import App
from aggregator.model import Subscriber
from aggregator.store import Consent, Move
from aggregator.store.consents import FOR_GOOD
from aggregator.store.moves import Agreed, Side
from aggregator.tokens import MOVE_LAST, move_key, open_move
from aggregator.urgent import write_down, write_elsewhere, write_link


def begin(app: App, reader: Subscriber, email: str, now: datetime) -> None:
    """Ask both addresses. An earlier change that waits gives way. Raises Refused, ConfigError as `write_down`."""
    move = Move(reader.id, email, secrets.token_hex(8), now)
    app.store.moves.begin(move)
    write_down(app, reader, now, ("move", _link(app, move, "old"), MOVE_LAST))
    if app.store.subscribers.suppressed([email]).get(email) not in FOR_GOOD:
        write_elsewhere(app, reader, email, now, ("confirm_address", _link(app, move, "new"), MOVE_LAST))


def _link(app: App, move: Move, side: Side) -> str:
    return f"{app.settings.base_url}/move/{move_key(app.signer, move.subscriber, move.mark, side)}"


def waiting(app: App, key: str) -> tuple[Subscriber, Move, Side] | None:
    """The change that a key stands for; None if it waits no more. Raises BadToken."""
    subscriber_id, mark, side = open_move(app.signer, key)
    reader, move = app.store.subscribers.get(subscriber_id), app.store.moves.of(subscriber_id)
    if reader is None or move is None or move.mark != mark:
        return None
    return reader, move, side


def decide(
    app: App, key: str, now: datetime, answer: Literal["yes", "no"], given: tuple[str, str]
) -> Agreed | Literal["stopped"]:
    """What one side says; what has become of the change. `given`: the way and the language, for the proof.

    Once it is done, the new address is sent a link; all earlier ones are void."""
    subscriber_id, mark, side = open_move(app.signer, key)
    if answer == "no":
        return "stopped" if app.store.moves.stop(subscriber_id, mark) else "unknown"
    agreed = app.store.moves.agree(subscriber_id, mark, side, now)
    if agreed in ("waits", "done"):
        way, language = given
        app.store.consents.note(
            Consent(subscriber_id, "address", "given", now, f"{way}, {side} address", "", language)
        )
    if agreed == "done" and (reader := app.store.subscribers.get(subscriber_id)):
        write_link(app, reader, now, private=False)
    return agreed
