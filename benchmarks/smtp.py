#!/usr/bin/env python3
"""Handing letters to a relay: our channels against Postfix's `smtp-source`, both into its `smtp-sink`, in one run.

    python benchmarks/smtp.py [--letters 2000] [--size 30000] [--connections 10] [--rounds 5]

Each round, in turn and with as many connections: smtp-source (connections used again), our channels, our channels
with every letter signed by DKIM before it is sent (RSA, 2048 bits), and the whole of `post` (claim, hand over,
record what became of it) from a SQLite file. Then the same through a relay that holds everything back for half of
`--round-trip` milliseconds each way, with a tenth of the letters. Prints medians of letters a second and of client
CPU milliseconds a letter, and ratios to smtp-source. Needs smtp-sink and smtp-source (Debian: postfix).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import Process, Queue
from pathlib import Path

from aggregator.model import Letter

PLACES = ":/usr/sbin:/usr/local/sbin"
HEAD = (
    b"From: Library digest <digest@library.example>\r\nTo: reader@library.example\r\nSubject: 20 new items\r\n"
    b"Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nMessage-ID: <%d@library.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
)
LINE = b"what a librarian reads on a Monday morning, one line after the other =C3=A9\r\n"


def letters(count: int, size: int) -> list[Letter]:
    body = LINE * (size // len(LINE))
    return [
        Letter(
            f"d{n}", "digest@library.example", f"reader{n}@library.example", f"<{n}@library.example>", "20 items",
            HEAD % n + body,
        )
        for n in range(count)
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------- the other side
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink on a free port."""
    port = free_port()
    command = [shutil.which("smtp-sink", path=os.environ["PATH"] + PLACES) or "smtp-sink"]
    command += [*(["-u", "nobody"] if os.getuid() == 0 else []), f"127.0.0.1:{port}", "200"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


async def held_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass everything on, each piece so many seconds after it came; the pieces do not wait for one another."""
    loop, last = asyncio.get_running_loop(), 0.0
    while piece := await reader.read(1 << 20):
        last = max(last, loop.time() + seconds)
        loop.call_at(last, writer.write, piece)
    loop.call_at(max(last, loop.time() + seconds), writer.close)


def far_away(port: int, seconds: float, ports: Queue[int]) -> None:
    async def serve() -> None:
        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            back, forth = await asyncio.open_connection("127.0.0.1", port)
            for one in (writer, forth):
                one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(
                held_back(reader, forth, seconds), held_back(back, writer, seconds), return_exceptions=True
            )

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def distance(port: int, milliseconds: float) -> Iterator[int]:
    """A port from which that one is so many milliseconds away, there and back."""
    ports: Queue[int] = Queue()
    process = Process(target=far_away, args=(port, milliseconds / 2000, ports), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=20)
    finally:
        process.terminate()
        process.join()


# ------------------------------------------------------------------------------------------------------ our side
def address(port: int, connections: int) -> str:
    return f"smtp://127.0.0.1:{port}?starttls=none&connections={connections}&per_connection=100000"


def channels(port: int, count: int, size: int, connections: int, sign: bool) -> None:
    """Hand that many letters over, in this process; print seconds and CPU seconds."""
    from aggregator.deliver import outbox

    made, signed = letters(count, size), signature() if sign else bytes
    waiting = iter(made)
    lock, out = threading.Lock(), outbox(address(port, connections), host="library.example")

    def taken() -> Letter | None:
        with lock:
            letter = next(waiting, None)
        return replace(letter, content=signed(letter.content)) if sign and letter else letter

    def work() -> None:
        with out.open() as channel:
            letter = taken()
            while letter:
                following = taken()
                channel.send(letter, following)
                letter = following

    told(lambda: together(work, connections), count)


def together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def told(what: Callable[[], None], count: int) -> None:
    before, cpu = time.perf_counter(), time.process_time()
    what()
    print(json.dumps([count / (time.perf_counter() - before), 1000 * (time.process_time() - cpu) / count]))


def signature() -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    from aggregator.deliver.dkim import key_of, signer

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "key.pem")
        path.write_bytes(key.private_bytes(*kinds))
        path.chmod(0o600)
        found = key_of(path, "s1", "library.example")
        return signer(found) if found else bytes


def whole(port: int, count: int, size: int, connections: int) -> None:
    """The same from the ledger: stored letters are claimed, handed over, and what became of them is recorded."""
    from aggregator.app import open_app
    from aggregator.cli.options import Common, settings_of
    from aggregator.figures import Published
    from aggregator.model import Due, Subscriber
    from aggregator.post import Order, post
    from aggregator.store import Written

    now = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["AGGREGATOR_FROM"] = "digest@library.example"
        os.environ["AGGREGATOR_BASE_URL"] = "https://digest.library.example"
        os.environ["AGGREGATOR_SECRET"] = "benchmark " * 4
        Path("feeds.yaml").write_text("sources: {s: {url: 'https://library.example/feed'}}\n")
        common = Common(feeds="feeds.yaml", database="d.db", outbox=address(port, connections))
        with open_app(settings_of(common)) as app:
            written = []
            for one in letters(count, size):
                due = Due(Subscriber(one.digest_id, one.recipient), "p", now, now, now)
                written.append(Written(one.digest_id, due, "waiting", now, letter=one))
            app.store.digests.write(written, now)
            figures = Published()
            told(lambda: post(app, now, Order(), figures), count)
            if figures.sent != count:
                raise SystemExit(f"only {figures.sent} of {count} letters were sent")


# ----------------------------------------------------------------------------------------------------- the rounds
def ours(what: str, port: int, wish: argparse.Namespace, count: int) -> tuple[float, float]:
    command = [sys.executable, __file__, "--inside", what, str(port), "--letters", str(count)]
    command += ["--size", str(wish.size), "--connections", str(wish.connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rate, cpu = json.loads(done.stdout)
    return rate, cpu


def theirs(port: int, wish: argparse.Namespace, count: int) -> tuple[float, float]:
    command = [shutil.which("smtp-source", path=os.environ["PATH"] + PLACES) or "smtp-source", "-d"]
    command += ["-s", str(wish.connections), "-m", str(count), "-l", str(wish.size)]
    command += ["-f", "digest@library.example", "-t", "reader@library.example", f"127.0.0.1:{port}"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return count / wall, 1000 * cpu / count


def rounds(port: int, wish: argparse.Namespace, count: int, kinds: Sequence[str]) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(wish.rounds):
        found.setdefault("smtp-source", []).append(theirs(port, wish, count))
        for kind in kinds:
            found.setdefault(kind, []).append(ours(kind, port, wish, count))
    base = [rate for rate, _ in found["smtp-source"]]
    for kind, several in found.items():
        ratios = sorted(rate / other for (rate, _), other in zip(several, base, strict=True))
        rate, cpu = (statistics.median(one[n] for one in several) for n in (0, 1))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        print(
            f"  {kind:12} {rate:7.0f}/s  CPU {cpu:.3f} ms  x {statistics.median(ratios):.2f} ({spread})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (
        ("letters", 2000),
        ("size", 30_000),
        ("connections", 10),
        ("rounds", 5),
        ("round-trip", 20),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.inside:
        what, port = wish.inside[0], int(wish.inside[1])
        if what == "post":
            whole(port, wish.letters, wish.size, wish.connections)
        else:
            channels(port, wish.letters, wish.size, wish.connections, what == "with DKIM")
        return
    print(f"{wish.letters} letters of {wish.size} bytes, {wish.connections} connections")
    with sink() as port:
        print("on this machine")
        rounds(port, wish, wish.letters, ("channels", "with DKIM", "post"))
        with distance(port, wish.round_trip) as far:
            print(f"{wish.round_trip} ms away, there and back")
            rounds(far, wish, max(1, wish.letters // 5), ("channels", "post"))


if __name__ == "__main__":
    main()
