"""nginx on loopback over a folder, for benchmarks: static files with validators, plain or over TLS."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_CONF = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  types {{ application/rss+xml xml; }}
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port} {tls}; root {root}; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Web:
    """A running server: its port, and the file with its own authority (for SSL_CERT_FILE) where it speaks TLS."""

    port: int
    authority: Path | None = None


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def nginx(root: Path, *, tls: bool = False) -> Iterator[Web]:
    """Serve `root` until the block ends. Needs `nginx`, and `openssl` for TLS (P-256, for *.localhost)."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        said = ""
        if tls:
            _certificate(folder)
            said = f"ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem"
        (folder / "nginx.conf").write_text(_CONF.format(folder=folder, port=port, root=root, tls=said))
        command = ["nginx", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            _wait(port, server)
            try:
                yield Web(port, folder / "cert.pem" if tls else None)
            finally:
                server.terminate()


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:*.localhost",
         "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("nginx did not start")
