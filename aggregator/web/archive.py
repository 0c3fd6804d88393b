"""Past issues: those of the editions, for everybody, and a reader's own; each in every form."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from aggregator.issue import Issue, forms, written
from aggregator.issue.feeds import Head, atom_document, json_document
from aggregator.issue.feeds import issue_entry as atom_line
from aggregator.issue.feeds import issue_item as json_line
from aggregator.store import Kept
from aggregator.web.forms import Form, page_of
from aggregator.web.pages import PRIVATE
from aggregator.web.parts import Here, Me, Parts, anybody, mine
from aggregator.web.shown import LONG_AGO, feed_answer
from aggregator.web.words import N_

NAV = [("/issues", N_("Past issues"))]
MY_NAV = [("/issues", N_("My past letters"))]

PAGE = 50
LAST_PAGE = 99_999
FEED = 50
_ISSUE = 86_400  # seconds for which an issue may be kept: it never changes
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_PERIOD = re.compile(r"[0-9]{4}-[0-9W][0-9-]{1,4}(?:\+2)?")


class Link(NamedTuple):
    """An issue in one of its forms."""

    name: str
    address: str
    media_type: str


def routes(parts: Parts) -> list[Route]:
    return [
        anybody(parts, "/issues", _issues, kept=60),
        anybody(parts, "/issues.{form}", _feed, kept=60),
        anybody(parts, "/issues/{edition}", _issues, kept=60),
        anybody(parts, "/issues/{edition}/{period}", _issue, kept=300),
        anybody(parts, "/my/issues/{id}", _whose),
        mine(parts, "/issues", _mine),
        mine(parts, "/issues/{id}", _my_issue),
    ]


# ----------------------------------------------------------------------------------------------- of the editions
def _issues(here: Here, _: Form) -> Response:
    edition = here.path("edition") if "edition" in here.request.path_params else ""
    number = page_of(here.query, LAST_PAGE)
    if number is None or (edition and not here.store.issues.count(edition=edition)):
        return here.nothing()
    found = here.store.issues.listed(edition=edition, limit=PAGE + 1, offset=(number - 1) * PAGE)
    if not found and number > 1:
        return here.nothing()
    return here.public(
        "issues", issues=found[:PAGE], titles=_titles(here.parts), number=number, more=len(found) > PAGE,
        path=f"/issues/{edition}" if edition else "/issues", edition=edition,
    )  # fmt: skip


def _titles(parts: Parts) -> dict[str, str]:
    return {edition.name: edition.title for edition in parts.app.catalogue.editions.values()}


def _feed(here: Here, _: Form) -> Response:
    """The newest issues as a feed: an entry for each."""
    form, base_url = here.path("form"), here.parts.base_url
    if form not in ("atom", "json"):
        return here.nothing()
    ids = [kept.id for kept in here.store.issues.listed(limit=FEED)]
    found = [issue for id in ids if (issue := here.store.issues.get(id))]
    named = here.say.t("Past issues")
    title = f"{here.parts.title}: {named}"
    updated = max((issue.made_at for issue in found), default=LONG_AGO)
    head = Head(title, f"{base_url}/issues", here.parts.publisher, here.say.code, updated)
    if form == "atom":
        content = atom_document(head, [line for issue in found for line in atom_line(issue)])
    else:
        content = json_document(head, [json_line(issue) for issue in found], {})
    return feed_answer(here, form, content.encode("utf-8", "replace"), "issues")


def _issue(here: Here, _: Form) -> Response:
    edition, (period, form) = here.path("edition"), _parted(here.path("period"))
    issue = here.store.issues.get(f"{edition}/{period}") if _PERIOD.fullmatch(period) else None
    if issue is None:
        return here.nothing()
    if not form:
        return here.public("issue", fresh=_ISSUE // 24, issue=issue, links=links(issue, here.parts), neighbours=())
    return _in_form(here, issue, form)


def _parted(name: str) -> tuple[str, str]:
    """`2026-W48.csl.json` -> period and ending; nothing where there is a dot and no ending."""
    period, dot, ending = name.partition(".")
    return ("", "") if dot and not ending else (period, ending)


def _in_form(here: Here, issue: Issue, ending: str) -> Response:
    name = next((name for name, form in forms(issue).items() if form.ending == ending), "")
    if not name:
        return here.nothing()
    content, file = written(issue, name), f"{issue.id.replace('/', '-')}.{ending}"
    response = here.parts.pages.public(here.request, content, forms(issue)[name].media_type, fresh=_ISSUE)
    response.headers["Content-Disposition"] = f'inline; filename="{file}"'
    if name == "html":
        response.headers["Content-Security-Policy"] = _by_its_style(content.decode())
    return response


def _by_its_style(html: str) -> str:
    """What a page may load that brings its style with it: that very style, and nothing else."""
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in _STYLE.findall(html))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def links(issue: Issue, parts: Parts, below: str = "") -> list[Link]:
    """The forms of an issue, by the words under which they are offered. `below`: a reader's own address for it."""
    path = below or issue.address.removeprefix(issue.base_url)
    start = path if below else f"{parts.pages.root}{path}"
    return [Link(name, f"{start}.{form.ending}", form.media_type) for name, form in forms(issue).items()]


# ---------------------------------------------------------------------------------------------------- of a reader
def _whose(here: Here, _: Form) -> Response:
    """The permanent address of a reader's issue. It says the same of every id, so that nobody learns anything."""
    return here.page("whose", 403)


def _mine(me: Me, _: Form) -> Response:
    number = page_of(me.here.query, LAST_PAGE)
    if number is None:
        return me.here.nothing()
    found = me.store.issues.listed(me.reader.id, limit=PAGE + 1, offset=(number - 1) * PAGE)
    return me.page(
        "my_issues", issues=_addressed(me, found[:PAGE]), titles=_titles(me.parts), number=number,
        more=len(found) > PAGE,
    )  # fmt: skip


def _addressed(me: Me, found: list[Kept]) -> list[tuple[Kept, str]]:
    return [(kept, me.url("issues", kept.id)) for kept in found]


def _my_issue(me: Me, _: Form) -> Response:
    id, form = _parted(me.here.path("id"))
    issue = me.store.issues.get(id, me.reader.id) if id else None
    if issue is None:
        return me.here.nothing()
    if not form:
        return me.page("issue", issue=issue, links=links(issue, me.parts, me.url("issues", id)), neighbours=())
    response = _in_form(me.here, issue, form)
    response.headers.update(PRIVATE)
    return response
