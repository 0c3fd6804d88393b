"""A small web server on this machine's own loopback address that prints the sample sources."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aggregator.model import Document

HOST = "127.0.0.1"


@contextmanager
def printing(documents: Mapping[str, Document]) -> Iterator[str]:
    """Serve the documents (path -> document) on a free port of 127.0.0.1 until the end; gives `http://host:port`.

    As publishers should, it names each version with an ETag and answers 304 to who holds it (RFC 9110, 13.1.2).
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, documents.get(self.path))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the tour has its own words."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _answer(handler: BaseHTTPRequestHandler, document: Document | None) -> None:
    if document is None:
        handler.send_response(404)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    etag = f'"{hashlib.blake2b(document.body, digest_size=8).hexdigest()}"'
    held = [tag.strip() for tag in handler.headers.get("If-None-Match", "").split(",")]
    body = b"" if etag in held else document.body
    handler.send_response(200 if body else 304)
    handler.send_header("ETag", etag)
    if body:
        handler.send_header("Content-Type", document.content_type or "application/octet-stream")
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
