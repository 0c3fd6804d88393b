"""Does every reader get one letter from a relay on a bad day, when the run is killed again and again?

    python benchmarks/chaos.py --letters 10000 --kills 20 --share 0.01 --seed 7
    python benchmarks/chaos.py --postgres postgresql://postgres@127.0.0.1/postgres

Writes letters down, posts them to a relay that refuses, greylists, hangs up before and after the reply, and says
nothing (tests/smtpserver.py), kills the posting (SIGKILL) after a random while, and lets it finish then. Exit 0 if
each reader has exactly one letter, but for those that the reports name, and those with one Message-ID.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from posting import Clock, letter, put, service  # noqa: E402
from smtpserver import ChaoticRelay  # noqa: E402

from aggregator.errors import OutboxDown  # noqa: E402
from aggregator.figures import Published  # noqa: E402
from aggregator.post import Order, post  # noqa: E402

HOUR = timedelta(hours=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("letters", 10_000), ("kills", 20), ("seed", 7), ("connections", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--share", type=float, default=0.01, help="how often each step goes wrong")
    parser.add_argument(
        "--postgres", metavar="ADDRESS", help="a PostgreSQL database, in a schema of its own there"
    )
    parser.add_argument(
        "--work", nargs=4, metavar=("FOLDER", "DATABASE", "ADDRESS", "NOW"), help="(the run that is killed)"
    )
    wish = parser.parse_args()
    if wish.work:
        return work(*wish.work)
    with tempfile.TemporaryDirectory() as folder, database(Path(folder), wish.postgres) as held:
        return loop(Path(folder), held, wish)


@contextmanager
def database(folder: Path, postgres: str | None) -> Iterator[str]:
    """The address of an empty database."""
    if not postgres:
        yield str(folder / "a.db")
        return
    import psycopg

    schema = f"chaos_{secrets.token_hex(6)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{postgres}?options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def work(folder: str, held: str, address: str, now: str) -> int:
    """One run: post all that waits; the report goes to standard output."""
    clock, figures, code = Clock(datetime.fromisoformat(now)), Published(), 0
    with service(Path(folder), address, database=held) as app:
        try:
            post(app, clock(), Order(clock=clock, pause=clock.pause), figures)
        except OutboxDown as down:
            code = int(down.exit_code)
        # At once, as the command writes its report: closing the database takes a while.
        print(json.dumps({**figures.report(), "exit": code}), flush=True)
    return code


def loop(folder: Path, held: str, wish: argparse.Namespace) -> int:
    now, rnd, reports = datetime.now(UTC).replace(microsecond=0), random.Random(wish.seed), list[dict]()
    letters = [letter(n, f"r{n}@d{n % 50}.example") for n in range(wish.letters)]
    gone = [one.recipient for one in letters[::101]]
    relay = ChaoticRelay(
        features=("PIPELINING", "SIZE 1000000"), per_connection=200, seed=wish.seed, share=wish.share, gone=gone
    )
    began, killed, runs = time.monotonic(), 0, 0
    with relay as server:
        address = f"smtp://127.0.0.1:{server.port}?starttls=none&timeout=1&final_timeout=2&connections={wish.connections}"
        with service(folder, address, database=held) as app:
            put(app, letters, now)
        while True:
            limit = rnd.uniform(1.0, 6.0) if killed < wish.kills else None
            report = run((str(folder), held, address, now.isoformat()), limit)
            killed, runs, now = killed + (report is None), runs + 1, now + HOUR
            reports += [report] if report else []
            with service(folder, address, database=held) as app:
                counts = app.store.digests.counts()
            if not counts.keys() & {"waiting", "deferred"} or runs > 400:
                break
    print(
        f"{wish.letters} letters, {runs} runs, {killed} killed, {time.monotonic() - began:.0f} s; ledger: {counts}"
    )
    print("went wrong:", ", ".join(f"{what} {n}" for what, n in sorted(relay.happened.items())))
    return judge(relay, reports, {one.recipient: one.content for one in letters if one.recipient not in gone})


def run(what: tuple[str, ...], limit: float | None) -> dict | None:
    """The report of one run, or None when it was killed before it had one."""
    command = [sys.executable, __file__, "--work", *what]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        out, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    return json.loads(out) if out else None


def judge(relay: ChaoticRelay, reports: list[dict], wanted: dict[str, bytes]) -> int:
    named = {one["message_id"] for report in reports for one in report["ambiguous"]}
    had = Counter(content for _, _, content in relay.letters if content)
    maybe = Counter(relay.unanswered) - Counter(relay.turned_away)
    lost = [who for who, content in wanted.items() if not had[content]]
    copies = {content for content in had if had[content] + maybe[content] > 1}
    silent = [content for content in copies if message_id(content) not in named]
    other = set(had) - set(wanted.values())
    print(f"{len(had)} letters taken, {len(lost)} readers without one, {len(other)} changed on the way")
    print(
        f"copies that may have arrived: {len(copies)}, not in a report: {len(silent)}; named in all: {len(named)}"
    )
    return 1 if lost or silent or other else 0


def message_id(content: bytes) -> str:
    return content.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()


if __name__ == "__main__":
    sys.exit(main())
