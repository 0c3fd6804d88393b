"""What `doctor` finds by asking: the relay, the pages behind the links, and what time others say it is."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aggregator.cli.checks import Check
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.deliver.dkim import DkimKey

SECONDS = 10.0
MINUTES_OFF = timedelta(minutes=5)  # from here on signatures, links and dates are in doubt
# Names that are for examples and tests (RFC 2606): there is nobody to ask.
_NOBODY = re.compile(r"(?:.*\.)?(?:example|invalid|test|example\.(?:com|net|org))")


def outside(settings: Settings, key: DkimKey | None) -> Iterator[Check]:
    """Everything that is asked of others, where letters leave this machine."""
    met = _Met()
    yield from _relay(settings, met)
    yield from _dns(settings, key, met)
    yield from _pages(settings, met)
    yield from _clock(met, datetime.now(UTC))


@dataclass(slots=True)
class _Met:
    """What others said on the way: the relay's name and its TLS, and the time (by whom -> when)."""

    relay: str = ""
    tls: str = ""
    near: bool = False
    times: dict[str, datetime] = field(default_factory=dict)

    def told(self, who: str, text: str) -> None:
        """Note the date in a greeting or header, where there is one."""
        with suppress(ValueError):
            at = parsedate_to_datetime(text.strip())
            self.times[who] = at if at.tzinfo else at.replace(tzinfo=UTC)


def _relay(settings: Settings, met: _Met) -> Iterator[Check]:
    from aggregator.config import environment
    from aggregator.deliver import outbox
    from aggregator.deliver.smtp import SmtpChannel

    host = settings.sender.address.rpartition("@")[2]
    try:
        with outbox(settings.outbox, host=host, environ=environment()).open() as channel:
            if isinstance(channel, SmtpChannel):
                greeting, met.tls = channel.met
                met.relay, met.near = greeting.partition(" ")[0].lower(), channel.on_this_machine
                met.told("the relay", greeting.rpartition(";")[2])
    except AggregatorError as error:
        yield Check("bad", f"the mail server can't be used: {error}")
        return
    yield Check("good", "the mail server takes letters from here" + (f" ({met.tls})" if met.tls else ""))
    if not met.tls and not met.near:
        remedy = "use smtps://, or a relay that offers STARTTLS: what people read goes over the wire"
        yield Check("warning", "letters go to the relay in the clear", remedy)


def _dns(settings: Settings, key: DkimKey | None, met: _Met) -> Iterator[Check]:
    from aggregator.cli.checks_dns import Domains, dns_checks
    from aggregator.deliver.dns import Names, NoAnswer
    from aggregator.deliver.envelope import ascii_domain

    sender = ascii_domain(settings.sender.address.rpartition("@")[2].lower())
    bounces = ascii_domain(settings.bounce_domain.lower())
    if not settings.name_server and _NOBODY.fullmatch(sender):
        what = f"{sender} is a name for examples: SPF, DKIM, DMARC and MX were not looked up"
        yield Check("warning", what, "set AGGREGATOR_FROM to an address of yours")
        return
    try:
        names = Names(settings.name_server)
    except NoAnswer as silence:
        yield Check(
            "warning", f"SPF, DKIM, DMARC and MX were not looked up: {silence}", "set AGGREGATOR_NAME_SERVER"
        )
        return
    yield from dns_checks(names, Domains(sender, bounces, key, met.relay, met.near))


def _pages(settings: Settings, met: _Met) -> Iterator[Check]:
    """Whether the pages behind the links answer, as ours and with a certificate that mail programs trust."""
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or _NOBODY.fullmatch(host):
        return  # has had its line
    asking = http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=ssl.create_default_context())
    try:
        asking.request("GET", f"{parts.path}/health", headers={"User-Agent": "aggregator doctor"})
        answer = asking.getresponse()
        body = answer.read(100)
    except ssl.SSLCertVerificationError as error:
        remedy = "one-click unsubscribing fails: give the web server a valid certificate for this name"
        yield Check("bad", f"{settings.base_url} has a certificate that fails: {error.verify_message}", remedy)
        return
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        remedy = "run 'aggregator serve' behind the web server that answers for AGGREGATOR_BASE_URL"
        yield Check("bad", f"{settings.base_url} can't be reached from here: {said}", remedy)
        return
    finally:
        asking.close()
    met.told(host, answer.getheader("Date") or "")
    yield _answered(settings.base_url, answer.status, body)


def _answered(base_url: str, status: int, body: bytes) -> Check:
    if status == 200 and body.strip() == b"ok":
        return Check("good", f"{base_url} answers, and it is ours")
    if 300 <= status < 400:
        remedy = "a POST does not survive it, so one-click unsubscribing fails: set AGGREGATOR_BASE_URL to the end"
        return Check("bad", f"{base_url}/health is redirected ({status})", remedy)
    remedy = "lead this address to 'aggregator serve', its path included (docs/operator.md, The pages)"
    return Check("bad", f"{base_url}/health answers with {status}, and not as ours", remedy)


def _clock(met: _Met, now: datetime) -> Iterator[Check]:
    for who, at in met.times.items():
        if abs(now - at) > MINUTES_OFF:
            theirs, ours = (f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" for moment in (at, now))
            what = f"by the clock of {who} it is {theirs} UTC, by ours {ours}"
            yield Check("bad", what, "set the clock that is wrong, and keep it right with NTP")
            return
    if met.times:
        yield Check("good", f"the clock agrees with {' and '.join(met.times)}")
