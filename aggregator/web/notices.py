"""What readers are told of their data, and who answers for it. Each consent names the words that were in force."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.forms import Form
from aggregator.web.parts import Here, Parts, anybody
from aggregator.web.words import N_, Words

FOOTER = [("/privacy", N_("Privacy")), ("/imprint", N_("Imprint"))]


def routes(parts: Parts) -> list[Route]:
    return [anybody(parts, "/privacy", _privacy, kept=60), anybody(parts, "/imprint", _imprint, kept=60)]


def _privacy(here: Here, _: Form) -> Response:
    parts, say = here.parts, here.say
    return here.public("privacy", version=_named(_words(parts, say)), **_who(parts))


def _imprint(here: Here, _: Form) -> Response:
    return here.public("imprint", **_who(here.parts))


def _who(parts: Parts) -> dict[str, Any]:
    """Who answers for the data, line by line: what the operator has said, else what letters say of themselves."""
    settings, edition = parts.app.settings, parts.edition
    told = settings.controller.split(";") if settings.controller else edition.postal_address.splitlines()
    lines = [line.strip() for line in told if line.strip()]
    return {
        "controller": lines or [edition.title],
        "imprint": [line.strip() for line in settings.imprint.split(";") if line.strip()],
    }


def wording(parts: Parts, say: Words) -> str:
    """The name of the words on which somebody agrees now: the consent and the privacy notice, as this language
    shows them. It changes when they do, whoever has changed them; the words are kept by it."""
    text = _words(parts, say)
    parts.store.consents.keep_words(_named(text), text)
    return _named(text)


def _words(parts: Parts, say: Words) -> str:
    shown = {"my": "", "here": "", "me": None, **_who(parts)}
    return "\n".join(parts.pages.html(name, say, **shown).strip() for name in ("consent_text", "privacy_text"))


def _named(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
