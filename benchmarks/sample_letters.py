"""Letters for twenty invented readers, to be looked at from outside: by mail programs, filters, people.

    python benchmarks/sample_letters.py FOLDER [--items ITEMS.jsonl] [--at 2026-11-23T07:00Z] [--seed 5]

writes for each reader `NN.eml`, `NN.html` and `NN.txt` into FOLDER. ITEMS: items as `aggregator read` prints them,
one a line; without, those of the tour (`aggregator demo`). --at: when the letters are made (now). Readers differ
in language, number of items, edition, zone, dates, and in how their letters are sent: signed or not, and to what
kind of address.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from aggregator.choose import choose
from aggregator.compose import Composed, Composer, opened, preflight
from aggregator.config import parse
from aggregator.deliver.dkim import key_of, signer
from aggregator.errors import SourceError
from aggregator.jsonlines import item_from_json
from aggregator.model import (
    Draft,
    Due,
    Edition,
    Item,
    Limits,
    Occasion,
    Pick,
    Price,
    Rights,
    Schedule,
    Section,
    Selection,
    Sender,
    Source,
    Subscriber,
    Tag,
    Told,
)
from aggregator.normalise import normalise_all
from aggregator.read import read
from aggregator.sample import documents

SENDER = Sender(
    "digest@letters.example.org", "Library digest", "https://letters.example.org/d", "help@example.org"
)
OWN = {"it": "Biblioteche e lettori", "ar": "مكتبة المدينة"}
ARABIC = (
    ("دورة في فهرسة المخطوطات العربية", "تبدأ الدورة في الشهر القادم، وهي مفتوحة لأمناء المكتبات."),
    ("ملاحظات من مؤتمر المكتبات الرقمية", "ناقش المشاركون حفظ المواد الرقمية وعرضوا تجارب من خمس مكتبات."),
    ("دعوة لتقديم الأوراق: القراءة في العصر الرقمي", "ترحب اللجنة بأوراق عن القراءة العامة."),
)  # fmt: skip
ITALIAN = (
    ("Le biblioteche di quartiere e i nuovi lettori", "Un gruppo racconta sei mesi di letture all'aperto."),
    ("Corso: descrivere i libri antichi", "Tre incontri in linea per chi cataloga anche altro. È gratuito."),
    ("Catalogazione condivisa: le nuove linee guida", "Pubblicate le linee guida; i commenti sono aperti."),
)  # fmt: skip


ORDINARY = Edition("digest", "Library digest", introduction="Good morning.\n\nTwo things close soon.")


@dataclass(frozen=True)
class Kind:
    """What distinguishes one reader's letter."""

    language: str = "en"
    items: int = 12
    zone: str = "Europe/London"
    dated: bool = True
    own: tuple[tuple[str, str], ...] = ()
    edition: Edition = ORDINARY
    frequency: str = "weekly"
    signed: bool = True
    address: str = "reader@uni.example.net"
    name: str = ""


POSTAL = "Library of Example\n1 Reading Room\nLondon"
GREEN = Edition(
    "pilot",
    "Metadata & more",
    accent="#2f7d32",
    postal_address=POSTAL,
    library_link="https://p.example/login?url=",
)
BIBLIO = Edition("biblio", "Novità per le biblioteche", accent="#b3261e", introduction="Buona lettura.")
ARAB = Edition("arabic", "نشرة المكتبات", accent="#7a4b00", postal_address="مكتبة المثال\nبيروت")
PLAIN = Edition("plain", "New things", accent="#ffd400")
READERS = (
    Kind(name="Ann Archer"),
    Kind(items=1),
    Kind(items=1, dated=False, frequency="daily"),
    Kind(items=3),
    Kind(items=43),
    Kind(items=30, dated=False, edition=GREEN),
    Kind(items=20, edition=GREEN, zone="America/New_York"),
    Kind(items=8, edition=PLAIN, zone="Pacific/Auckland", signed=False),
    Kind(items=60, edition=PLAIN, frequency="monthly"),
    Kind("it", 10, "Europe/Rome", edition=BIBLIO, own=ITALIAN, name="Giulia Neri"),
    Kind("it", 25, "Europe/Rome", edition=BIBLIO, own=ITALIAN),
    Kind("it", 2, "Europe/Rome", own=ITALIAN, dated=False),
    Kind("ar", 10, "Asia/Beirut", edition=ARAB, own=ARABIC, name="ليلى"),
    Kind("ar", 3, "Africa/Cairo", own=ARABIC),
    Kind("ar", 25, "Africa/Cairo", edition=ARAB, own=ARABIC),
    Kind("de", 6, "Europe/Berlin"),
    Kind(items=5, address="anna@bücher.example", name="Zoë Müller"),
    Kind(items=2, dated=False, edition=PLAIN, signed=False),
    Kind(items=15, frequency="fortnightly", name="O'Brien, Pat"),
    Kind(items=20, dated=False, signed=False),
)


def main(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    topics = {topic.id: topic.label for topic in parse("", "", {})[0].topics.values()}
    world = World(options.at, _pool(options.items, options.at), topics, random.Random(options.seed))
    with TemporaryDirectory() as keys:
        plain, signed = Composer(), Composer((), _signing(Path(keys)))
        for number, kind in enumerate(READERS, 1):
            done = (signed if kind.signed else plain).write(world.draft(number, kind))
            _write(options.folder / f"{number:02d}", done)


def _write(stem: Path, done: Composed) -> None:
    for problem in preflight(done.letter, done.draft):
        print(f"{stem.name}: {problem}", file=sys.stderr)
    parts = opened(done.letter.content)
    stem.with_suffix(".eml").write_bytes(done.letter.content)
    stem.with_suffix(".html").write_text(parts.html or "", encoding="utf-8")
    stem.with_suffix(".txt").write_text(parts.text or "", encoding="utf-8")
    print(f"{stem.name} {len(done.letter.content):6d} bytes  {done.letter.subject}")


def _signing(folder: Path) -> Callable[[bytes], bytes]:
    path = folder / "dkim.pem"
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private.private_bytes(*form))
    path.chmod(0o600)
    key = key_of(path, "s1", "letters.example.org")
    assert key is not None
    return signer(key)


# ------------------------------------------------------------------------------------------------------ the drafts
@dataclass(frozen=True)
class World:
    """What all letters are made from."""

    now: datetime
    pool: Sequence[Item]
    topics: dict[str, str]
    chance: random.Random

    def draft(self, number: int, kind: Kind) -> Draft:
        schedule = Schedule(kind.frequency, timezone=kind.zone)
        reader = Subscriber(f"r{number}", kind.address, kind.name, schedule=schedule, language=kind.language)
        token = f"{self.chance.getrandbits(128):032x}"
        sources = sorted({one.source for one in self.pool})
        edition = replace(kind.edition, limits=Limits(60, 60, 60))
        return Draft(
            f"2026-w48-r{number}",
            Due(reader, "2026-W48", self.now, self.now - timedelta(days=7), self.now),
            edition,
            self._selection(number, kind, edition),
            SENDER,
            f"{SENDER.base_url}/unsubscribe/{token}",
            f"{SENDER.base_url}/preferences/{token[::-1]}",
            sources={name: name.replace("-", " ").title() for name in sources}
            | {"own": OWN.get(kind.language, "")},
            topics=self.topics,
            return_path=f"back+{token[:16]}@letters.example.org",
            leave_address=f"leave+{token[16:]}@letters.example.org",
            rights={name: Rights(30, "CC BY 4.0" if n % 5 == 0 else "") for n, name in enumerate(sources)},
        )

    def _selection(self, number: int, kind: Kind, edition: Edition) -> Selection:
        held = self.chance.sample(self.pool, min(len(self.pool), 4 * kind.items + 8))
        chosen = [*self._own(number, kind), *held][: kind.items + 4]
        picks = [self._pick(self._dated(one) if kind.dated else replace(one, occasion=None)) for one in chosen]
        selection = choose(picks, edition, kind.items, self.now)
        return self._with_change(selection) if kind.items > 18 and kind.dated else selection

    def _pick(self, item: Item) -> Pick:
        why = f"Topic: {item.topics[0].id}" if item.topics else "Keyword: “library”"
        return Pick(item, self.chance.random(), why)

    def _with_change(self, selection: Selection) -> Selection:
        """The first item with dates under "Changed dates": its reader was told other ones."""
        first = next(pick for pick in selection.picks if pick.item.occasion and pick.item.occasion.starts)
        assert first.item.occasion is not None
        day = self.now.date() + timedelta(days=9)
        was = replace(first.item.occasion, starts=day, ends=None, status="")
        moved = replace(first, told=Told(was, self.now - timedelta(days=7)))
        rest = [replace(s, picks=tuple(p for p in s.picks if p is not first)) for s in selection.sections]
        changed = Section("changed", (moved,))
        return replace(selection, sections=(changed, *(section for section in rest if section.picks)))

    def _own(self, number: int, kind: Kind) -> list[Item]:
        """Items in the reader's own language."""
        return [
            Item(
                f"own{number}-{place}", "own", url=f"https://www.kutub.example.org/{number}/{place}", title=title,
                text=text, language=kind.language, published_at=self.now - timedelta(days=place),
                first_seen_at=self.now, topics=(Tag("moocs"),),
            )
            for place, (title, text) in enumerate(kind.own)
        ]  # fmt: skip

    def _dated(self, item: Item) -> Item:
        """An item with the dates that its kind has, all invented."""
        if item.occasion or item.kind not in ("course", "event", "call", "job"):
            return item
        chance, today = self.chance, self.now.date()
        starts = today + timedelta(days=chance.randrange(9, 60))
        closes = today + timedelta(days=chance.randrange(2, 30)) if chance.random() < 0.7 else None
        price = Price("", chance.choice([0.0, 40.0, 1250.0]), "EUR")
        if item.kind == "job":
            return replace(item, occasion=Occasion(closes=closes))
        if item.kind == "event":
            at = datetime(starts.year, starts.month, starts.day, 14, tzinfo=UTC)
            hours = Occasion(at, at + timedelta(hours=1), closes, zone="Europe/Rome", online=True, prices=(price,))
            return replace(item, occasion=hours)
        days = Occasion(starts, starts + timedelta(days=20), closes, "Zagreb", prices=(price,), hours=(2, 3))
        return replace(item, occasion=days)


def _pool(path: Path | None, now: datetime) -> list[Item]:
    found = _read(path) if path else _of_the_tour(now)
    kept = [item for item in found if item.title and item.url]
    return [replace(item, first_seen_at=item.first_seen_at or now, fresh=True) for item in kept]


def _read(path: Path) -> list[Item]:
    return [item_from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _of_the_tour(now: datetime) -> list[Item]:
    found: list[Item] = []
    for path, document in documents(now).items():
        source = Source(path.strip("/").partition(".")[0], f"https://sample.example{path}")
        with suppress(SourceError):  # one of them is no feed: that is what it shows
            found += normalise_all(read(document, source), source, now)[0]
    return found


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--items", type=Path)
    options.add_argument("--at", type=datetime.fromisoformat, default=datetime.now(UTC).replace(microsecond=0))
    options.add_argument("--seed", type=int, default=5)
    return options.parse_args()


if __name__ == "__main__":
    main(_arguments())
