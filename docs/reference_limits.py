"""The limits and periods of docs/reference.md, each read from the constant that the program uses."""

from __future__ import annotations

import inspect
from datetime import timedelta

from aggregator import (
    archive,
    choose,
    collect,
    coworkers,
    dedupe,
    errand,
    joining,
    normalise,
    post,
    returns,
    schedule,
    table,
    tokens,
    tour,
    trust,
    urgent,
    visits,
)
from aggregator.bounces import message
from aggregator.cli import source_health, status
from aggregator.compose import letter
from aggregator.compose.preflight import SIZE as CLIPPED
from aggregator.config import cells, columns, fields
from aggregator.cpd import evidence as cpd_evidence
from aggregator.cpd import remarks
from aggregator.deliver import receivers
from aggregator.fetch import Policy, bundle, robots, turns
from aggregator.model import Limits, Request
from aggregator.rank import cards, pool, spread
from aggregator.read import mail
from aggregator.read.pool import Pool
from aggregator.topics import evidence, learn, measure, tag
from aggregator.topics.rules import syntax
from aggregator.web import forms, log_entry, my_feeds, pausing, signing_up
from aggregator.web import items as pages

Rows = list[tuple[str, str]]


def length(period: timedelta) -> str:
    """`15 minutes`, `12 hours`, `3.5 days`: the largest unit in which it is a round number."""
    for name, unit in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = period / unit
        if count >= 1 and (count * 2).is_integer():
            return f"{count:g} {name}{'' if count == 1 else 's'}"
    return seconds(period.total_seconds())


def seconds(count: float) -> str:
    return f"{count:g} s"


def size(count: int) -> str:
    """`8 MiB`, `64 KiB`, `100 000 bytes`."""
    for name, unit in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count:,} bytes".replace(",", " ")


def limits() -> dict[str, Rows]:
    """Title -> (what, value)."""
    return {
        "Visiting sources": visiting(),
        "When a source is visited again": returning(),
        "Reading a document": reading(),
        "What is news": news(),
        "Topics and duplicates": judging(),
        "When letters fall due": falling_due(),
        "What is in a letter": in_a_letter(),
        "Sending": sending(),
        "What comes back": coming_back(),
        "Readers and pages": readers(),
        "Issues and the archive": issues(),
    }


def visiting() -> Rows:
    policy = Policy()
    return [
        ("one source's whole visit, redirects included", seconds(Request("", "").budget)),
        ("visits under way at once", str(policy.concurrency)),
        ("of those, with one host", str(policy.per_host)),
        ("between two starts with one host", seconds(policy.spacing)),
        ("at once with a host opened by `AGGREGATOR_ALLOW_PRIVATE` (no spacing there)", str(policy.open_per_host)),
        ("size of an answer, as sent and unpacked", size(policy.max_bytes)),
        ("redirects followed", str(policy.max_redirects)),
        ("different addresses that must ask for a pause before their host gets one", str(turns.COMPLAINTS)),
        ("how long one host may hold up its other visits by asking for pauses", seconds(policy.patience)),
        ("documents in one visit (`options: {pages: N}`)", f"{tour.DOCUMENTS}, at most {tour.MOST_DOCUMENTS}"),
        ("of a robots.txt, read", size(robots.LARGEST)),
        ("its Crawl-delay is obeyed up to", seconds(robots.LONGEST_DELAY)),
        ("no visit is started later in a run than (`--budget`)", seconds(collect.Wish().seconds)),
        ("visits stored in one transaction", f"{errand.BATCH}, or those with {errand.ITEMS} items"),
        ("processes in one run", f"one for each processor, {coworkers.MOST} at most"),
        ("entries that have to come before a run takes more than one", str(coworkers.WORTH_IT)),
        ("of a mailbox, the newest messages", str(bundle.MOST_MESSAGES)),
        ("of all of them together, without attachments", size(bundle.MOST_BYTES)),
        ("of each message, the first", size(bundle.LONGEST_MESSAGE)),
        ("how far back a mailbox is read, unless its option `days` says otherwise", f"{mail.DAYS} days"),
    ]


def returning() -> Rows:
    return [
        ("at the soonest, unless `every` says less", length(schedule.SHORTEST)),
        ("`every` may be", f"{length(fields.SHORTEST)} to {length(fields.LONGEST)}"),
        ("after the first failure", length(schedule.FIRST_BACK_OFF)),
        ("doubling with each further one, up to", length(schedule.LONGEST_BACK_OFF)),
        ("visits on which a permanent redirect must prove itself", str(visits.PROOFS)),
        (
            "nothing new for so many of its usual gaps makes a source silent",
            f"{source_health.GAPS}, and at least {length(source_health.SHORTEST_SILENCE)}",
        ),
        ("the same, where no rhythm is known", length(source_health.SILENCE_WITHOUT_RHYTHM)),
        ("a silent source is frozen when its newest item is older than", length(source_health.FROZEN)),
    ]


def reading() -> Rows:
    pool = inspect.signature(Pool).parameters
    return [
        ("time for one document", seconds(pool["seconds"].default)),
        ("memory of one reading process", size(pool["memory"].default)),
        ("reading processes", str(pool["workers"].default)),
        ("text kept of an item", f"{normalise.LONGEST_TEXT} characters"),
        ("HTML kept of an item", f"{normalise.LONGEST_HTML} characters"),
        ("title", f"{normalise.LONGEST_TITLE} characters"),
    ]


def news() -> Rows:
    return [
        ("age at which items of a new source may be mailed", length(visits.FIRST_WINDOW)),
        ("the same, of a source that is known", length(visits.AGE_LIMIT)),
        ("items without a date that a new source may bring into letters", str(visits.FIRST_UNDATED)),
    ]


def judging() -> Rows:
    return [
        ("topics that an item gets by its words, at most", str(tag.MOST_TOPICS)),
        ("characters of the text that are looked at", str(evidence.READ_CHARACTERS)),
        (
            "characters / words / brackets within each other of a rule",
            f"{syntax.LONGEST} / {syntax.MOST_TERMS} / {syntax.DEEPEST}",
        ),
        ("words between what is NEAR: without a number / at most", f"{syntax.NEAR_BY} / {syntax.FARTHEST}"),
        ("a source's corrections make its evidence for a topic count", f"{learn.LEAST:g} to {learn.MOST:g} times"),
        ("judgements of a topic below which `topics test` says “too few”", str(measure.ENOUGH)),
        ("another source's copy comes within", length(dedupe.SAME_STORY)),
        ("the same title with the same text is the same story for", length(dedupe.REPEATED)),
        ("characters of a text that are compared with others", str(dedupe.READ)),
        ("held items that one arrival is compared with, at most", str(dedupe.CANDIDATES)),
        ("items that may share a passage before it counts as a template", str(dedupe.FULL)),
        (
            "weight of a keyword / of a saved search / of a followed source, beside topics of 1 to 3",
            f"{pool.KEYWORD:g} / {pool.SEARCH:g} / {pool.FOLLOWED:g}",
        ),
        ("what an item gains by being new halves every", length(cards.HALF_LIFE)),
        ("the nth item of one source in a letter counts", f"{spread.AGAIN:g}^(n-1) of its score"),
        ("items of one's own in a letter that carries one from outside", f"{spread.ENOUGH} or more"),
    ]


def falling_due() -> Rows:
    repaired = [
        (f"a missed {name} letter is repaired for", length(time)) for name, time in schedule.REPAIR.items()
    ]
    return [*repaired, ("no letter looks back further than", length(schedule.LOOK_BACK))]


def in_a_letter() -> Rows:
    own = Limits()
    return [
        ("items / from one source / in one section (an edition may say otherwise)",
         f"{own.items} / {own.per_source} / {own.per_section}"),
        ("best items that are looked at for one letter", str(table.CANDIDATES)),
        ("“closing soon”", length(choose.CLOSING_SOON)),
        ("size of a letter", size(letter.SIZE)),
        ("size beyond which the last check stops it", size(CLIPPED)),
        ("contrast of an edition's accent against white, at least", f"{fields.MIN_CONTRAST:g} to 1"),
    ]  # fmt: skip


def sending() -> Rows:
    return [
        (
            "after a letter is refused for now, the next try",
            f"{length(post.FIRST_RETRY)} later, a fifth more or less",
        ),
        ("doubling with each further try, up to", length(post.LONGEST_RETRY)),
        ("given up after", length(post.QUEUE_LIFE)),
        (
            "letters refused for now, one after the other, until their domain gets a rest",
            f"{receivers.PATIENCE} (greylisting does not count)",
        ),
        (
            "such a rest, doubling each time",
            f"{length(timedelta(seconds=receivers.FIRST_REST))} to "
            f"{length(timedelta(seconds=receivers.LONGEST_REST))}, a fifth more or less",
        ),
        (
            "a run stays for domains that have had their share of a minute (`per_domain`)",
            length(post.LONGEST_WAIT),
        ),
        (
            "sending stops when so many letters were refused for what we are (policy, reputation)",
            f"{trust.MOST} of the last {trust.LAST}; tried again after {length(trust.PAUSE)}",
        ),
        (
            "complaints for each letter sent in 30 days: `doctor` warns / sending stops",
            f"{trust.ALARM:.1%} / {trust.STOP:.1%}, from {trust.FEWEST} complaints",
        ),
        ("a letter being posted belongs to its run for", length(timedelta(seconds=post.LEASE))),
        ("`status` raises an alarm for a letter that waits longer than", length(status.LATE)),
        ("the same, when nothing has run for", length(status.SILENT)),
    ]


def coming_back() -> Rows:
    return [
        ("soft bounces that end a reader's letters: issues in a row", str(returns.SOFT_ISSUES)),
        ("the same, at least this far apart", length(returns.SOFT_DAYS)),
        ("bytes of one mail that are looked at", size(message.LARGEST)),
        (
            f"`status` raises an alarm when in {length(status.RETURNS)} so many letters were refused for our sake",
            f"{status.FEW_BLOCKED}, and {status.SHARE_BLOCKED:.0%} of the active readers",
        ),
    ]


def issues() -> Rows:
    most = archive.LIMITS
    return [
        ("items in an edition's issue; of one source; in a section",
         f"{most.items}; {most.per_source}; {most.per_section}"),
        ("what was missed is made up for, back to", length(schedule.LOOK_BACK)),
        ("items on a page of a list; pages", f"{pages.PAGE}; {pages.LAST_PAGE}"),
        ("items in a public feed; in a calendar", f"{pages.FEED}; {pages.DATES}"),
        ("searches from one network in a minute", str(pages.SEARCHES)),
        ("characters of a search", str(pages.QUESTION)),
        ("items in a reader's own feed, of at most so many letters", f"{my_feeds.ITEMS}; {my_feeds.LETTERS}"),
        ("letters whose dates are in a reader's own calendar", length(my_feeds.DATED)),
    ]  # fmt: skip


def readers() -> Rows:
    return [
        ("unconfirmed readers are erased by any run after", length(joining.UNCONFIRMED)),
        ("a preferences link opens for", length(tokens.PREFERENCES_LAST)),
        ("a link that was mailed on request opens for", length(tokens.PRIVATE_LAST)),
        ("a link that confirms a sign-up or a change of address opens for", length(tokens.CONFIRM_LAST)),
        ("an unsubscribe link opens", "for ever"),
        (
            "asks from one network in an hour; at one address in a day",
            f"{signing_up.NETWORK}; {signing_up.ADDRESS}",
        ),
        (
            "letters that confirm, links, private links that one reader is sent in a day",
            "; ".join(str(urgent.A_DAY[kind]) for kind in ("confirm", "link", "private")),
        ),
        ("a pause that a reader sets lasts at most", length(pausing.LONGEST)),
        ("`max_items` of a reader, at most", str(columns.MOST_ITEMS)),
        ("entries in one list of a profile", str(cells.MOST_IN_A_LIST)),
        ("body of a POST to the pages", size(forms.BODY)),
        ("form of an activity in a CPD log", size(log_entry.LARGE)),
        ("a file kept as evidence", size(cpd_evidence.MOST_BYTES)),
        ("files kept with one activity", str(cpd_evidence.MOST_FILES)),
        ("files kept for one reader", size(cpd_evidence.MOST_BYTES_IN_ALL)),
        ("activities in the log of one reader", str(log_entry.MOST)),
        ("one text of an activity, characters", str(remarks.LONGEST_TEXT)),
    ]
