"""What a run's report says of letters, apart from what sends them: a run that only collects reports none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.app import App

POSTING = "posting_since"  # the setting that a run leaves behind when it is killed while posting


@dataclass(slots=True)
class Published:
    """The figures of one run; `due` is the sum of the others."""

    sent: int = 0
    skipped: int = 0
    held: int = 0
    deferred: int = 0
    refused: int = 0
    failed: int = 0
    suppressed: int = 0  # of those refused: the reader's address is no more, so the letters end
    ambiguous: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # what should be known before sending stops

    def report(self) -> dict[str, object]:
        parts = {
            name: getattr(self, name) for name in ("sent", "skipped", "held", "deferred", "refused", "failed")
        }
        digests = {"due": sum(parts.values()), **parts}
        told = {"ambiguous": self.ambiguous, "warnings": self.warnings}
        return {"digests": digests, "suppressed": self.suppressed, **told}


def reported(app: App) -> None:
    """The run's report is written: what it may have sent twice has been told, and the next run need not say it."""
    if app.store.setting(POSTING):
        app.store.set(POSTING, None)
