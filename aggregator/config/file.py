"""The text of feeds.yaml, or what is wrong with the file as a whole."""

from __future__ import annotations

from pathlib import Path

from aggregator.errors import Problem

MAX_BYTES = 32 * 1024 * 1024


def text_of(path: Path) -> tuple[str | None, list[Problem]]:
    """The text of the file, or the problem that there is none."""
    file = str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None, [
            Problem(
                file,
                None,
                f"there is no such file (looked for {path.absolute()})",
                "name the file with --feeds PATH or AGGREGATOR_FEEDS",
            )
        ]
    except OSError as error:
        return None, [
            Problem(file, None, f"the file can't be read: {error.strerror}", "check its name and permissions")
        ]
    if len(raw) > MAX_BYTES:
        return None, [Problem(file, None, "the file is larger than 32 MB", "is it the right file?")]
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return None, [
            Problem(file, line, "the file is not UTF-8", "save it as UTF-8 (in the editor: Save as, encoding)")
        ]
