"""One visit: an address asked for, its redirects followed one by one, its answer judged."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aggregator.errors import SourceError
from aggregator.fetch.decode import Decoder, coding_of
from aggregator.fetch.failures import POSTPONED, failure, place
from aggregator.fetch.guard import Guard, Target
from aggregator.fetch.headers import conditions, following, max_age, retry_after, sendable, validators
from aggregator.fetch.lean import Doubt, Response
from aggregator.fetch.policy import Policy
from aggregator.fetch.ways import Ways
from aggregator.model import Answer, Outcome, Request, Validators
from aggregator.urls import mailbox_scheme

if TYPE_CHECKING:
    import httpx

PERMANENT = (301, 308)
TEMPORARY = (302, 303, 307)
_LONGEST_LINKS = 10_000  # characters of a Link header that are kept

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Headers that frame the message are ours alone (RFC 9112): another value would break or smuggle requests.
_OURS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "accept-encoding"}
)


@dataclass(slots=True)
class Visit:
    """One request on its way: where it has got to, and what is left of its budget (seconds)."""

    request: Request
    target: Target
    conditions: Mapping[str, str]
    secret: Mapping[str, str]  # goes to `origin` only
    origin: tuple[str, str, int]
    left: float
    spent: float = 0.0
    waited: float = 0.0
    hops: int = 0
    permanent: bool = True
    login_in_address: bool = False
    form: Mapping[str, str] = field(default_factory=dict)
    rules_of: tuple[str, str, int] | None = None  # the origin whose robots.txt this visit asks for
    seen: set[str] = field(default_factory=set)

    def answer(self, outcome: Outcome, **more: Any) -> Answer:
        return Answer(self.request.key, self.target.url, outcome, **more)

    def failed(self, error: SourceError, **more: Any) -> Answer:
        detail = f"{error.detail}; redirected to {place(self.target.url)}" if self.hops else error.detail
        outcome: Outcome = "postponed" if error.code in POSTPONED else "failed"
        return self.answer(outcome, error=error.code, detail=detail, **more)

    @property
    def moved_to(self) -> str | None:
        """Where the source lives now, if its publisher said so on every hop. Never set where adopting it would
        lose the login or hand a source's own headers to another host."""
        if not self.hops or not self.permanent or (self.secret and self.target.origin != self.origin):
            return None
        return None if self.login_in_address else self.target.url


def pause_of(visit: Visit, answer: Answer, patience: float) -> float | None:
    """The seconds after which a patient visit is to come back; None where it has its answer."""
    if not visit.request.patient or answer.status not in (429, 503) or answer.retry_after is None:
        return None
    pause = answer.retry_after.total_seconds()
    # Whoever says "now" again and again is not waited for without end either.
    visit.waited += max(pause, 1.0)
    return pause if visit.waited <= patience else None


def begin(request: Request, guard: Guard, rules_of: tuple[str, str, int] | None = None) -> Visit:
    """A visit ready to wait for its turn; `rules_of` as in Visit. Raises SourceError for an address or header that
    can't be used."""
    if mailbox_scheme(request.url):
        from aggregator.fetch import mailbox

        box = mailbox.target(request.url, guard)
        return Visit(request, box, {}, {}, box.origin, request.budget)
    target = guard.target(request.url)
    secret = {"Authorization": target.login} if target.login else {}
    in_address = target.login is not None
    for name, value in request.headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS or sendable(value) is None:
            raise failure("bad-header", name if _NAME.fullmatch(name) else "")
        secret[name] = value
    held = conditions(request.validators)
    return Visit(
        request,
        target,
        held,
        secret,
        target.origin,
        request.budget,
        login_in_address=in_address,
        form=request.form,
        rules_of=rules_of,
        seen={target.url},
    )


class Visitor:
    """Makes visits with the clients of one run."""

    def __init__(self, policy: Policy, guard: Guard, ways: Ways) -> None:
        self._policy, self._guard, self._ways = policy, guard, ways

    async def go_on(self, visit: Visit) -> Answer | None:
        """Ask, and follow redirects within one publisher. Returns the answer, or None when the next hop must wait
        for a turn: another publisher's, who has turns of his own, or one that robots.txt is to be asked about.
        Whatever the other side does, this ends within the budget."""
        started = time.monotonic()
        answer: Answer | None
        try:
            async with asyncio.timeout(visit.left):
                answer = await self._ask_here(visit)
        except TimeoutError:
            answer = visit.failed(failure("timeout", f"{visit.request.budget:g} s"))
        except SourceError as error:
            answer = visit.failed(error)
        took = time.monotonic() - started
        visit.spent, visit.left = visit.spent + took, visit.left - took
        return answer and replace(answer, seconds=visit.spent)

    async def _ask_here(self, visit: Visit) -> Answer | None:
        if mailbox_scheme(visit.request.url):
            return await self._ways.mailboxes.ask(visit.request, visit.target, visit.left)
        publisher = visit.target.publisher
        while visit.target.publisher == publisher:
            answer = await self._ask(visit)
            if answer is not None:
                return answer
            if visit.request.robots:
                break  # the host may have closed to programs what it redirects to
        return None

    async def _ask(self, visit: Visit) -> Answer | None:
        """One exchange. Returns None when it was a redirect; the visit then stands at the next hop."""
        secret = visit.secret if visit.target.origin == visit.origin else {}
        headers = {**visit.conditions, **secret}
        if not visit.form and (plain := await self._ways.lean.get(visit.target, headers)) is not None:
            try:
                return await self._judge(visit, plain)
            except Doubt:
                pass  # the body was not plain: all is asked again
            finally:
                await plain.aclose()
        return await self._ask_fully(visit, headers)

    async def _ask_fully(self, visit: Visit, headers: Mapping[str, str]) -> Answer | None:
        client = await self._ways.full(visit.target)
        from aggregator.fetch.client import TROUBLE, explain

        try:
            request = client.build_request(
                "POST" if visit.form else "GET",
                visit.target.url,
                headers=headers,
                data=dict(visit.form) or None,
            )
            response = await client.send(request, stream=True)
            try:
                return await self._judge(visit, response)
            finally:
                await response.aclose()
        except TROUBLE as error:
            raise explain(error) from error

    async def _judge(self, visit: Visit, response: httpx.Response | Response) -> Answer | None:
        status, headers = response.status_code, response.headers
        now = datetime.now(UTC)
        if status in PERMANENT or status in TEMPORARY:
            self._hop(visit, status, headers.get("location", ""))
            return None
        if status in (200, 203):
            return await self._whole(visit, response, now)
        if status == 304 and visit.conditions:
            held, said = visit.request.validators, validators(headers)
            kept = Validators(said.etag or held.etag, said.last_modified or held.last_modified)
            age = max_age(headers, now)
            return visit.answer("unchanged", status=status, validators=kept, moved_to=visit.moved_to, max_age=age)
        if status == 410 and visit.permanent:  # reached through a temporary redirect it says nothing of the source
            gone = failure("gone")
            return visit.answer("gone", status=status, error=gone.code, detail=gone.detail)
        error = failure("empty" if status in (204, 205) else f"http-{status}", f"HTTP {status}")
        return visit.failed(error, status=status, retry_after=retry_after(headers, now))

    async def _whole(self, visit: Visit, response: httpx.Response | Response, now: datetime) -> Answer:
        headers = response.headers
        decoder = Decoder(coding_of(headers.get("content-encoding", "")), self._policy.max_bytes)
        promised = headers.get("content-length", "")
        if promised.isascii() and promised.isdigit() and int(promised[:15]) > self._policy.max_bytes:
            raise failure("too-large", f"over {self._policy.max_bytes} bytes")
        async for piece in response.aiter_raw():
            decoder.feed(piece)
        body = decoder.finish()
        if not body:
            return visit.failed(failure("empty"), status=response.status_code)
        return visit.answer(
            "body",
            status=response.status_code,
            body=body,
            content_type=headers.get("content-type"),
            validators=validators(headers),
            moved_to=visit.moved_to,
            max_age=max_age(headers, now),
            following=following(headers, visit.target.url),
            links=headers.get("link", "")[:_LONGEST_LINKS],
        )

    def _hop(self, visit: Visit, status: int, location: str) -> None:
        """Move the visit to where a redirect leads. Raises SourceError where it must not go on."""
        target = self._guard.redirect(visit.target, location)
        if target.url in visit.seen:
            raise failure("redirect-loop")
        if visit.hops >= self._policy.max_redirects:
            raise failure("too-many-redirects", f"more than {self._policy.max_redirects}")
        if visit.form:
            if target.origin != visit.origin:
                raise failure("redirect-form", place(target.url))
            if status not in (307, 308):  # a GET from here on (RFC 9110, 15.4)
                visit.form = {}
        # A publisher may leave https, and feeds are no secret; but that is never taken for a lasting address.
        downgraded = visit.target.scheme == "https" and target.scheme == "http"
        visit.permanent = visit.permanent and status in PERMANENT and not downgraded
        visit.seen.add(target.url)
        visit.target = target
        visit.hops += 1
