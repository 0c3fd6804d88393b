"""`aggregator serve`, run as an operator runs it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FEEDS = "sources:\n  one: https://example.org/feed.xml\n"


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    (folder / "feeds.yaml").write_text(FEEDS)
    command = [sys.executable, "-m", "aggregator", "serve", *options]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = start(tmp_path, "--port", "0")
    assert process.stderr
    line = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    if not found:
        pytest.fail(line + process.communicate()[1])
    yield process, int(found[1])
    if process.poll() is None:
        process.kill()
    process.communicate()


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    assert not response.headers["Server"]
    connection.close()
    return answer


def test_the_pages_answer_and_leave_no_trace_of_keys(served: tuple[subprocess.Popen[str], int]) -> None:
    process, port = served
    assert ask(port, "GET", "/health") == (200, "ok\n")
    assert ask(port, "HEAD", "/unsubscribe/secret-token-1") == (404, "")
    status, page = ask(port, "POST", "/unsubscribe/secret-token-1", "List-Unsubscribe=One-Click")
    assert (status, "Nothing was changed" in page) == (404, True)
    assert ask(port, "GET", "/preferences/secret-token-2")[0] == 404
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=30)
    assert said == ""
    assert "secret-token" not in errors
    assert "Traceback" not in errors


def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, "--port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Choose another --port" in errors
    assert "Traceback" not in errors
