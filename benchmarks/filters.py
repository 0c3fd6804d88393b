"""What spam filters say of a folder of letters, without a network (Debian: apt install rspamd spamassassin).

    python benchmarks/sample_letters.py FOLDER && python benchmarks/filters.py FOLDER

rspamd runs with its shipped settings on a port of its own; its module hfilter, which asks the DNS about the host
that brought the letter, is switched off, since there is neither. --all leaves it on. SpamAssassin runs its local
tests.
"""

from __future__ import annotations

import argparse
import email
import json
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SETTINGS = Path("/etc/rspamd")
Symbols = dict[str, float]


def main(folder: Path, everything: bool) -> None:
    letters = sorted(folder.glob("*.eml"))
    fired: Counter[str] = Counter()
    worst = {"rspamd": -99.0, "spamassassin": -99.0}
    with rspamd(everything) as port:
        for letter in letters:
            score, symbols = asked(letter, port)
            other = spamassassin(letter)
            fired.update(symbols.keys())
            worst = {name: max(worst[name], one) for name, one in (("rspamd", score), ("spamassassin", other))}
            told = ", ".join(f"{name} {value:+.1f}" for name, value in symbols.items() if value >= 0.1)
            print(f"{letter.name}  rspamd {score:5.2f}  spamassassin {other:5.2f}  {told}")
    print(
        f"{len(letters)} letters, at most: rspamd {worst['rspamd']:.2f}, spamassassin {worst['spamassassin']:.2f}"
    )
    print("rspamd found: " + ", ".join(f"{name} {count} times" for name, count in fired.most_common()))


def asked(letter: Path, port: int) -> tuple[float, Symbols]:
    """The score, and each symbol that counts for or against the letter."""
    recipient = str(email.message_from_bytes(letter.read_bytes())["To"])
    command = ["rspamc", "-h", f"127.0.0.1:{port}", "--json", "--rcpt", recipient, "symbols", str(letter)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer = json.loads(printed[printed.index("{") :])
    counted = {name: one["score"] for name, one in answer["symbols"].items() if one["score"]}
    return answer["score"], dict(sorted(counted.items(), key=lambda pair: -pair[1]))


def spamassassin(letter: Path) -> float:
    command = ["spamassassin", "--local", "--test-mode"]
    printed = subprocess.run(command, input=letter.read_bytes(), capture_output=True, check=True).stdout
    status = email.message_from_bytes(printed)["X-Spam-Status"]
    return float(str(status).partition("score=")[2].split()[0])


@contextmanager
def rspamd(everything: bool) -> Iterator[int]:
    """A server of our own; its port."""
    with TemporaryDirectory() as place, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        folder = Path(place)
        shutil.copytree(SETTINGS, folder / "conf")
        _settings(folder / "conf" / "local.d", port, everything)
        for name in ("db", "run", "log"):
            (folder / name).mkdir()
        command = ["rspamd", "-f", "-i", "-c", str(folder / "conf" / "rspamd.conf")]
        names = {"CONFDIR": "conf", "LOCAL_CONFDIR": "conf", "DBDIR": "db", "RUNDIR": "run", "LOGDIR": "log"}
        command += [f"--var={name}={folder / part}" for name, part in names.items()]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                _listening(port)
                yield port
            finally:
                server.terminate()


def _settings(folder: Path, port: int, everything: bool) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n')
    for worker in ("controller", "proxy", "fuzzy"):
        (folder / f"worker-{worker}.inc").write_text("enabled = false;\n")
    if not everything:
        (folder / "hfilter.conf").write_text("enabled = false;\n")


def _listening(port: int) -> None:
    for _ in range(120):
        with socket.socket() as ours:
            if ours.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise SystemExit("rspamd does not listen")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--all", action="store_true", help="leave hfilter on")
    given = options.parse_args()
    main(given.folder, given.all)
