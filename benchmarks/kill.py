#!/usr/bin/env python3
"""Kill `aggregator run` at random moments, many times; then one whole run: who has how many letters?

    python benchmarks/kill.py --kills 50 --readers 200 --feeds 200 --seed 7

Serves made-up feeds on loopback, imports readers, starts the run again and again and kills it (SIGKILL) after a
random while, so that every stage is hit; then lets one run finish. Exit 0 if every reader has exactly one letter.
"""

from __future__ import annotations

import argparse
import collections
import email
import email.policy
import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loopback_nginx import nginx
from made_up import write  # the made-up feeds of the benchmark beside this one


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("kills", 50), ("readers", 200), ("feeds", 200), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        write(Path(root), wish.feeds)
        with nginx(Path(root) / "before") as web:
            return loop(Path(folder), web.port, wish)


def loop(folder: Path, port: int, wish: argparse.Namespace) -> int:
    now = datetime.now(UTC).replace(microsecond=0)
    lines = [f"  s{n}: {{url: 'http://127.0.0.1:{port}/{n}.xml'}}" for n in range(wish.feeds)]
    (folder / "feeds.yaml").write_text("sources:\n" + "\n".join(lines) + "\n")
    readers = [f"r{n}@example.org,mentoring;copyright;research-data,library" for n in range(wish.readers)]
    when = f"{now.isoweekday()},{now.hour},UTC"
    rows = ["email,topics,keywords,weekday,hour,timezone", *(f"{reader},{when}" for reader in readers)]
    (folder / "readers.csv").write_text("\n".join(rows) + "\n")
    root = Path(__file__).resolve().parent.parent
    env = {**os.environ, "AGGREGATOR_ALLOW_PRIVATE": "127.0.0.1", "PYTHONPATH": str(root)}

    def command(*words: str) -> list[str]:
        return [sys.executable, "-m", "aggregator", *words]

    signed_up = (now - timedelta(days=2)).isoformat()
    subprocess.run(
        command("subscribers", "import", "readers.csv", "--confirmed", "--at", signed_up),
        cwd=folder,
        env=env,
        check=True,
    )
    run, rnd, killed = (
        command("run", "--at", now.isoformat(), "--report", "report.json"),
        random.Random(wish.seed),
        0,
    )
    for _ in range(wish.kills):
        process = subprocess.Popen(run, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(rnd.uniform(0.3, 6.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    subprocess.run(run, cwd=folder, env=env, check=True)
    found = collections.Counter()
    for path in (folder / "outbox").glob("*.eml"):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        found[letter["To"].addresses[0].addr_spec] += 1
    wrong = {f"r{n}@example.org": found[f"r{n}@example.org"] for n in range(wish.readers)}
    wrong = {who: count for who, count in wrong.items() if count != 1}
    print(f"{wish.kills} runs, {killed} killed; {len(found)} of {wish.readers} readers have a letter")
    print(f"not exactly one: {wrong or 'none'}")
    return 1 if wrong or len(found) != wish.readers else 0


if __name__ == "__main__":
    sys.exit(main())
