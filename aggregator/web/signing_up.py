"""Signing up, confirming it, and asking for one's link. No answer tells whether an address is known: it is given
before anybody has looked (see `joining.py`)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import Route

from aggregator import joining
from aggregator.config.cells import Cell
from aggregator.config.columns import read_row
from aggregator.model import Schedule, Subscriber
from aggregator.schedule import next_due
from aggregator.store import Ask, Consent
from aggregator.tokens import BadToken, reader_key
from aggregator.web.forms import Form, address_of
from aggregator.web.notices import wording
from aggregator.web.offered import letter_languages
from aggregator.web.parts import Here, Parts, anybody
from aggregator.web.timing import FREQUENCIES, hours, often, weekdays, zone_names, zones
from aggregator.web.words import N_, Words

NAV = [("/sign-up", N_("Sign up")), ("/link", N_("My pages"))]
HOUR, DAY = 3600.0, 86_400.0
NETWORK, ADDRESS = 60, 6  # asks an hour from one network, and a day for one address
_CHOICES = ("frequency", "weekday", "hour", "timezone", "language")


def routes(parts: Parts) -> list[Route]:
    return [
        anybody(parts, "/sign-up", _sign_up, "GET", "POST"),
        anybody(parts, "/link", _link, "GET", "POST"),
        anybody(parts, "/confirm/{key}", _confirm, "GET", "POST"),
    ]


# ------------------------------------------------------------------------------------------------------ signing up
def _sign_up(here: Here, form: Form) -> Response:
    if here.request.method != "POST":
        return here.public("sign_up", **(_form(here, here.query) | {"email": ""}))  # no address in an address
    if form.get("blank"):  # a field that nobody sees: a machine filled it in
        return _answer(here, form.get("email"))
    wish = _wish(here, form)
    email, wrong = address_of(form.get("email"), here.parts.app.catalogue)
    read = read_row(wish, Subscriber("", email), here.parts.app.catalogue) if email else None
    if read is None or read.reader is None:
        return here.page("sign_up", 422, **(_form(here, form) | {"wrong": wrong, "odd": read is not None}))
    asked = Ask("join", email, here.now, str(wish["language"]), here.request.url.path, "", wish)
    return _too_often(here, email) or _write(here, asked)


def _wish(here: Here, form: Form) -> dict[str, Cell]:
    """What was ticked, as cells of a roster. Nothing ticked means all topics: an empty profile gets nothing.

    `zone` is what a script says of the clock where the form has no choice of zones; it counts if we know it."""
    chosen: dict[str, Cell] = {name: form.get(name) for name in _CHOICES if form.get(name)}
    if "timezone" not in chosen and form.get("zone") in zone_names():
        chosen["timezone"] = form.get("zone")
    topics = list(form.all("topics")) or [id for id, _ in _topics(here.parts)]
    return {"language": here.say.code} | chosen | {"topics": topics}


def _write(here: Here, ask: Ask) -> Response:
    """Write it down, the same for every address, and say what happens next."""
    words = wording(here.parts, here.say) if ask.what == "join" else ""
    here.store.asked.write(Ask(ask.what, ask.email, ask.at, ask.language, ask.way, words, ask.wish))
    here.parts.errands()
    return _answer(here, ask.email, ask.what)


def _answer(here: Here, email: str, what: str = "join") -> Response:
    return here.page("asked", email=email, what=what)


def _too_often(here: Here, email: str) -> Response | None:
    return here.too_often("asked", NETWORK, HOUR) or here.too_often("asked at", ADDRESS, DAY, email.casefold())


def _form(here: Here, said: Form) -> dict[str, Any]:
    """What the form offers, and what of it is chosen: what was said before, else what suits most."""
    say, usual = here.say, Schedule()
    chosen = {"frequency": usual.frequency, "weekday": str(usual.weekday), "hour": str(usual.hour),
              "timezone": usual.timezone, "language": say.code}  # fmt: skip
    return {
        "email": said.get("email"),
        "ticked": said.all("topics"),
        "chosen": {name: said.get(name) or value for name, value in chosen.items()},
        "topics": _topics(here.parts),
        "languages_of_letters": letter_languages(here.parts),
        "frequencies": often(say),
        "weekdays": weekdays(say),
        "hours": hours(),
        "zones": zones(),
        "wrong": "",
        "odd": False,
    }


def _topics(parts: Parts) -> list[tuple[str, str]]:
    """The topics that stand under no other topic, by their labels."""
    topics = parts.app.catalogue.topics
    top = [topic for topic in topics.values() if not topic.broader or topic.broader not in topics]
    return sorted(((topic.id, topic.label) for topic in top), key=lambda pair: pair[1].casefold())


# ---------------------------------------------------------------------------------------------------- asking again
def _link(here: Here, form: Form) -> Response:
    if here.request.method != "POST":
        return here.public("link", email="", wrong="")
    email, wrong = address_of(form.get("email"), here.parts.app.catalogue)
    if not email:
        return here.page("link", 422, email=form.get("email"), wrong=wrong)
    ask = Ask("link", email, here.now, here.say.code, here.request.url.path)
    return _too_often(here, email) or _write(here, ask)


# ------------------------------------------------------------------------------------------------------ confirming
def _confirm(here: Here, _: Form) -> Response:
    """A GET shows what is confirmed, a POST does it: scanners follow links."""
    try:
        asked = joining.asking(here.parts.app, here.path("key"))
    except BadToken as bad:
        return here.page("confirm_over", 410) if bad.fault == "expired" else here.page("nobody", 404)
    if asked is None or asked.state == "over":
        return here.page("confirm_over", 410)
    say = _say(here, asked.reader)
    already = asked.state == "given"
    if here.request.method == "POST" and not already:
        given = Consent(
            asked.reader.id, "letters", "given", here.now, "/confirm", wording(here.parts, say), say.code
        )
        asked = joining.confirm(here.parts.app, asked, given)
        if asked.state != "given":
            return here.page("confirm_over", 410)
    return _shown(here, asked, already)


def _shown(here: Here, asked: joining.Asking, already: bool) -> Response:
    reader, say = asked.reader, _say(here, asked.reader)
    labels = here.parts.app.topic_labels
    first = next_due(reader, here.now)
    page = "confirmed" if asked.state == "given" else "confirm"
    key = reader_key(here.parts.app.signer, reader.id, reader.links)
    wanted = reader.profile.topics.keys()
    shown: dict[str, Any] = {
        "already": already,
        "topics": [say.t("All")] if wanted >= labels.keys() else sorted(labels.get(id, id) for id in wanted),
        "often": say.t(FREQUENCIES[reader.schedule.frequency]),
        "first": say.say.day(first.astimezone(ZoneInfo(reader.schedule.timezone)).date()),
        # Only to whoever has just confirmed: the address may have changed since, and this link is in its mailbox.
        "mine": f"{here.parts.pages.root}/my/{key}/preferences" if page == "confirmed" and not already else "",
        "here": here.request.url.path,
        "my": "",
        "me": None,
    }
    return here.parts.pages.page(page, say, **shown)


def _say(here: Here, reader: Subscriber) -> Words:
    """In the language of the letters, unless `?lang=` asks for another."""
    return here.say if here.query.get("lang") else here.parts.pages.words(reader.language)
