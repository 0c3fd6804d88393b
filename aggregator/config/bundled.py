"""Where the files that ship with the program are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """The shipped file or folder of that name, such as `feeds.yaml` or `templates`.

    A wheel carries it in `aggregator/shipped/`; in a source checkout it lies next to the package. The path is
    returned whether or not it exists: whoever opens it says what is missing.
    """
    inside = _PACKAGE / "shipped" / name
    return inside if inside.exists() else _PACKAGE.parent / name
