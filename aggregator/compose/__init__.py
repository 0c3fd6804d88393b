"""One personal letter: a draft in, finished bytes out; and what is wrong with it before it may leave.

Pure, but for the templates, which a `Composer` reads once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from aggregator.compose.arrange import Laid, Placed
from aggregator.compose.lastlook import LastLook
from aggregator.compose.letter import Composed, Composer
from aggregator.compose.mime import Opened, opened
from aggregator.compose.preflight import preflight
from aggregator.model import Draft, Letter

__all__ = ["Composed", "Composer", "Laid", "LastLook", "Opened", "Placed", "compose", "opened", "preflight"]


def compose(draft: Draft, templates: Sequence[Path] = ()) -> Letter:
    """Write one letter (see `Composer.write`). The composer for these template folders is kept."""
    return _composer(tuple(templates)).compose(draft)


@lru_cache(maxsize=4)
def _composer(templates: tuple[Path, ...]) -> Composer:
    return Composer(templates)
