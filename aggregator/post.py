"""Hand stored letters over, and record what became of each before the next one goes.

A channel whose outbox is idempotent (a folder) takes letters by the hundred. Over SMTP each channel claims one at
a time, so that a run that dies can leave at most one letter in doubt for each connection: it goes out again with
the same Message-ID and the report names it. Back-off and the life of the queue follow the real clock."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aggregator import trust
from aggregator.app import App
from aggregator.bounces.verdicts import judge
from aggregator.deliver import CeilingReached, Channel, Outbox
from aggregator.deliver.receivers import Receivers, domain_of
from aggregator.errors import OutboxDown, Refused
from aggregator.figures import POSTING, Published
from aggregator.returns import refused_softly
from aggregator.store import MARK, Claimed, Posted
from aggregator.waiting import Waiting

LEASE = 3600  # seconds one claim may take before another run may take it over
BULK = 100  # letters claimed at once where a repetition does no harm
FIRST_RETRY = timedelta(minutes=15)
LONGEST_RETRY = timedelta(hours=6)
RESTING = "resting_domains"  # the setting in which runs remember which domains to leave alone
LONGEST_WAIT = timedelta(minutes=8)  # how long a run stays for domains that have had their share of a minute
QUEUE_LIFE = timedelta(days=4)  # then a letter that is still refused for now is given up (RFC 5321, 4.5.4.1)


def real_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller may ask of a run beyond the ordinary. `only`: addresses or ids of readers; `urgent`: only
    letters that somebody waits for; `hands`: how many processes prepare, else as many as there are processors."""

    only: Sequence[str] = ()
    dry_run: bool = False
    clock: Callable[[], datetime] = real_clock
    progress: Callable[[int, int], None] | None = None
    pause: Callable[[float], None] = time.sleep
    urgent: bool = False
    hands: int | None = None


def post(app: App, now: datetime, order: Order, figures: Published) -> None:
    """Post every letter whose time has come. Raises OutboxDown after recording what was done; all others wait."""
    only = app.subscriber_ids(order.only)
    if order.only and not only:
        return
    app.store.digests.free_the_dead(order.clock())
    ready = app.store.digests.ready(order.clock(), only, urgent=order.urgent)
    try:
        trust.admit(app.store, order.clock())
    except OutboxDown:
        figures.deferred += ready
        raise
    if said := trust.warning(app.store, order.clock()):
        figures.warnings.append(said)
    _tell_of_the_dead(app, order, figures, ready)
    if ready:
        _post(app, now, order, figures, (ready, only))


def post_urgent(app: App, clock: Callable[[], datetime] = real_clock) -> Published:
    """Hand over what somebody waits for, beside any run: letters are claimed one by one. Raises OutboxDown where
    nothing may go or the relay is down; then all of it waits for the next run."""
    figures = Published()
    if app.store.setting(MARK):
        raise OutboxDown("this database is a restored backup, so nothing is sent")
    post(app, clock(), Order(clock=clock, urgent=True), figures)
    return figures


def _tell_of_the_dead(app: App, order: Order, figures: Published, ready: int) -> None:
    """A run that is killed writes no report: what it may have sent twice stands in the next one's. The mark of
    this run stays until its own report is written (`reported`)."""
    begun = app.store.setting(POSTING)
    if begun:
        for digest_id, message_id in app.store.digests.repeated(datetime.fromisoformat(begun)):
            why = "it was posted again by a run that then died itself"
            figures.ambiguous.append({"digest": digest_id, "message_id": message_id, "why": why})
    elif ready:
        app.store.set(POSTING, order.clock().isoformat())


def _post(app: App, now: datetime, order: Order, figures: Published, what: tuple[int, Sequence[str]]) -> None:
    ready, only = what
    outbox = app.outbox()
    receivers = Receivers(outbox.per_domain, json.loads(app.store.setting(RESTING) or "{}"))
    waiting = Waiting(app.store, receivers, now, only, order.urgent)
    desk = Desk(app, outbox, now, order, only, figures, ready, waiting, order.clock())
    threads = [threading.Thread(target=desk.work, daemon=True) for _ in range(min(outbox.channels, ready))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.deferred += app.store.digests.ready(order.clock(), only, urgent=order.urgent)
    kept = receivers.remembered(order.clock().timestamp())
    app.store.set(RESTING, json.dumps(kept) if kept else None)
    at_rest = receivers.at_rest(order.clock().timestamp())
    desk.raise_what_stopped_it(app.store.digests.ready(order.clock(), only, at_rest))


@dataclass(slots=True, eq=False)
class Turn:
    """What one channel brings to the desk and takes from it. `done`: what became of letters, not yet recorded;
    `news`: the same, not yet looked at; `following`: the letter that it may announce, and that it gets next."""

    claimed: list[Claimed] = field(default_factory=list)
    following: Claimed | None = None
    done: list[Posted] = field(default_factory=list)
    news: list[tuple[Claimed, Posted]] = field(default_factory=list)
    error: BaseException | None = None


@dataclass(slots=True)
class Desk:
    """Where the channels of one run meet: who takes the next letter, the figures, and what stops everybody.

    Whichever channel finds the desk free serves all that stand there in one transaction: what they sent is
    recorded and what they send next is claimed. So a transaction is shared, and each channel still has one letter
    at most that is claimed and not recorded."""

    app: App
    outbox: Outbox
    now: datetime
    order: Order
    only: Sequence[str]
    figures: Published
    ready: int
    waiting: Waiting
    begun: datetime
    refusals: trust.Refusals = field(default_factory=trust.Refusals)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)
    errors: list[BaseException] = field(default_factory=list)
    queue: deque[Turn] = field(default_factory=deque)
    gone: list[str] = field(default_factory=list)  # letters whose readers' addresses are no more
    soft: dict[str, str] = field(default_factory=dict)  # letters that mailboxes would not take, and why

    def work(self) -> None:
        """One channel's life: claim, send, record, until nothing is left or something stops it or the run."""
        turn = Turn()
        try:
            with self.outbox.open() as channel:
                try:
                    while self._served(turn):
                        self._hand_over(channel, turn)
                finally:
                    self._leave(turn)
        except BaseException as error:  # carried to the thread that joins, which raises it
            with self.lock:
                self.errors.append(error)
            # A relay may admit fewer connections than we would like, at first or after a while; the others go on.
            # Where it is down, each of them finds out by itself, and no letter is the worse for it.
            if not isinstance(error, OutboxDown):
                self.stopped.set()

    def _served(self, turn: Turn) -> bool:
        """Bring what is done and take what comes next; False when the channel's work is over."""
        while not self.stopped.is_set():
            self._queue_up(turn)
            if turn.claimed:
                return True
            if not self._waited():
                return False
        return False

    def _queue_up(self, turn: Turn) -> None:
        self.queue.append(turn)
        with self.lock:
            if turn in self.queue:  # nobody has served it meanwhile
                time.sleep(0)  # others may be about to come: a transaction costs the same for all of them
                turns = [self.queue.popleft() for _ in range(len(self.queue))]
                try:
                    self._serve(turns)
                except BaseException as error:
                    for one in turns:
                        one.error = error
        if turn.error:
            raise turn.error

    def _serve(self, turns: Sequence[Turn]) -> None:
        """Record what these channels have done, and give each the next letter, in one transaction."""
        self._hear(turns)
        asking = [] if self.refusals.too_many else list(turns)
        if self.outbox.idempotent or not asking:
            self._record(turns)
            for turn in asking:
                turn.claimed = self._hundred()
        else:
            self._claim(turns)
        if self.refusals.too_many:
            self.stopped.set()
            raise trust.stop(self.app.store, self.refusals, self.order.clock())

    def _hundred(self) -> list[Claimed]:
        now, urgent = self.order.clock(), self.order.urgent
        return self.app.store.digests.claim(now, LEASE, BULK, self.only, urgent=urgent)

    def _claim(self, turns: Sequence[Turn]) -> None:
        """A letter for each: the one that its channel has announced, where that may still go."""
        now, asking = self.order.clock(), list(turns)
        while asking:
            self.waiting.look_up(now, sum(1 if turn.following else 2 for turn in asking))
            wanted = [(turn, turn.following or self.waiting.take(now)) for turn in asking]
            taken = self._record(asking, [one for _, one in wanted if one], now)
            for turn, one in wanted:
                turn.following = None
                if one:
                    self.waiting.promised.discard(one.letter.digest_id)
                if one and (claimed := taken.get(one.letter.digest_id)):
                    turn.claimed = [claimed]
            # Where a reader has left meanwhile, or another run was faster, there is another letter.
            asking = [turn for turn, one in wanted if one and not turn.claimed]
        for turn in turns:
            if turn.claimed:
                turn.following = self.waiting.announce(now)

    def _record(
        self, turns: Sequence[Turn], wanted: Sequence[Claimed] = (), now: datetime | None = None
    ) -> dict[str, Claimed]:
        """Write down what became of letters and that these are being sent; those that could be claimed."""
        done = [one for turn in turns for one in turn.done]
        if not (done or wanted):
            return {}
        taken = self.app.store.digests.turn(done, wanted, now or self.order.clock(), LEASE)
        for turn in turns:
            turn.claimed, turn.done = [], []
        self._suppress()
        self._count(done)
        return taken

    def _hear(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            for one, posted in turn.news:
                domain = domain_of(one.letter.recipient)
                self.waiting.receivers.heard(domain, posted.state, posted.reason, posted.at.timestamp())
                self.refusals.heard(posted.state, posted.reason)
            turn.news = []

    def _hand_over(self, channel: Channel, turn: Turn) -> None:
        for one in turn.claimed:
            if self.stopped.is_set():
                return
            posted = self._send(channel, one, turn.following)
            turn.done.append(posted)
            turn.news.append((one, posted))

    def _leave(self, turn: Turn) -> None:
        """Record what is done, and give back what was not tried."""
        with self.lock:
            done = {one.digest_id for one in turn.done}
            left = [one for one in turn.claimed if one.letter.digest_id not in done]
            if turn.following:  # another channel may have it
                self.waiting.promised.discard(turn.following.letter.digest_id)
            self._hear([turn])
            self._record([turn])
            if left:
                resumed = [one.letter.digest_id for one in left if one.resumed]
                self.app.store.digests.release([one.letter.digest_id for one in left], resumed)

    def _waited(self) -> bool:
        """Wait a moment for a domain's next turn; False when nothing is left to wait for in this run."""
        now = self.order.clock()
        if self.waiting.promised:  # what another channel has announced may yet be left over
            self.order.pause(0.05)
            return True
        with self.lock:
            full = self.waiting.receivers.full(now.timestamp())
            resting = self.waiting.receivers.at_rest(now.timestamp())
        if not full or now - self.begun > LONGEST_WAIT:
            return False
        if not self.app.store.digests.ready(now, self.only, resting, urgent=self.order.urgent):
            return False
        self.order.pause(min(max(min(full.values()) - now.timestamp(), 0.01), 1.0))
        return True

    def _send(self, channel: Channel, one: Claimed, following: Claimed | None) -> Posted:
        digest_id, at = one.letter.digest_id, self.order.clock()
        if one.stale_at is not None and one.stale_at <= self.now:
            return Posted(digest_id, "failed", at, "a deadline in it passed while it waited; it is written anew")
        doubtful = one.resumed and not self.outbox.idempotent
        if doubtful:
            self._note_ambiguous(one, "an earlier run died while posting it")
        elif one.ambiguous:
            # Told already by the run that never heard the reply, if that run lived to tell.
            self._note_ambiguous(one, "an earlier try may have arrived")
        try:
            channel.send(one.letter, following.letter if following else None)
        except Refused as refusal:
            if refusal.ambiguous:
                self._note_ambiguous(one, "the reply was never heard")
            return self._refused(one, refusal, at)
        return Posted(digest_id, "sent", at, ambiguous=doubtful)

    def _refused(self, one: Claimed, refusal: Refused, at: datetime) -> Posted:
        digest_id = one.letter.digest_id
        if refusal.permanent:
            self._judge(digest_id, refusal)
            return Posted(digest_id, "refused", at, refusal.reason)
        if at - one.stored_at >= QUEUE_LIFE:
            self._judge(digest_id, refusal)
            return Posted(digest_id, "expired", at, f"given up after {QUEUE_LIFE.days} days: {refusal.reason}")
        wait = min(FIRST_RETRY * (1 << min(one.attempts - 1, 10)), LONGEST_RETRY) * random.uniform(0.8, 1.2)
        # The doubt that a dead run left stays with the letter until it is sent.
        doubtful = refusal.ambiguous or (one.resumed and not self.outbox.idempotent)
        return Posted(digest_id, "deferred", at, refusal.reason, at + wait, doubtful)

    def _judge(self, digest_id: str, refusal: Refused) -> None:
        """The relay's last word on an address is a bounce like any other: hard, or a full mailbox. Its word on us
        is not, nor is trouble of its own."""
        if not refusal.of_reader:
            return
        judged = judge(refusal.reason)
        with self.lock:
            if judged.verdict == "hard" and refusal.permanent:
                self.gone.append(digest_id)
            elif judged.reason == "mailbox-full":
                self.soft[digest_id] = judged.reason

    def _suppress(self) -> None:
        """End the letters of readers whose addresses were refused for good, or softly once too often; after that
        was recorded."""
        if not (self.gone or self.soft):
            return
        now = self.order.clock()
        for letter in self.app.store.returns.letters(self.gone):
            self.figures.suppressed += self.app.store.subscribers.suppress(letter.subscriber, "bounce", now)
        for digest_id, reason in self.soft.items():
            self.figures.suppressed += refused_softly(self.app, digest_id, reason, now)
        self.gone.clear()
        self.soft.clear()

    def _note_ambiguous(self, one: Claimed, why: str) -> None:
        with self.lock:
            letter = {"digest": one.letter.digest_id, "message_id": one.letter.message_id, "why": why}
            self.figures.ambiguous.append(letter)

    def _count(self, done: Sequence[Posted]) -> None:
        for one in done:
            self.figures.sent += one.state == "sent"
            self.figures.deferred += one.state == "deferred"
            self.figures.refused += one.state in ("refused", "expired")
            self.figures.failed += one.state == "failed"
        if self.order.progress:
            f = self.figures
            self.order.progress(f.sent + f.deferred + f.refused, self.ready)

    def raise_what_stopped_it(self, left: int) -> None:
        """A bug first, then the relay's failure; a ceiling that was reached is no error, nor is a connection that
        the relay ended or did not admit while others did all that was to be done."""
        for error in self.errors:
            if not isinstance(error, OutboxDown):
                raise error
        had_its_share = any(isinstance(error, CeilingReached) for error in self.errors)
        for error in self.errors:
            if not isinstance(error, CeilingReached) and (self.stopped.is_set() or (left and not had_its_share)):
                raise error
