"""Closing dates."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from aggregator.model import Occasion
from aggregator.occasions import closed, closing_at

NOW = datetime(2026, 2, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("occasion", "expected"),
    [
        (Occasion(closes=date(2028, 2, 29)), datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)),
        (Occasion(closes=datetime(2026, 3, 1, 10, tzinfo=UTC)), datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (Occasion(starts=date(2026, 3, 1)), None),
        (None, None),
    ],
)
def test_closing_at(occasion: Occasion | None, expected: datetime | None) -> None:
    assert closing_at(occasion) == expected


@pytest.mark.parametrize(
    ("occasion", "expected"),
    [
        (Occasion(closes=date(2026, 2, 28)), False),
        (Occasion(closes=date(2026, 2, 27)), True),
        (Occasion(closes=datetime(2026, 2, 28, 11, 59, tzinfo=UTC)), True),
        (Occasion(starts=date(2026, 2, 1), ends=date(2026, 3, 1)), False),
        (Occasion(starts=date(2026, 2, 1), ends=date(2026, 2, 20)), True),
        (Occasion(starts=date(2026, 2, 28)), False),
        (Occasion(starts=date(2026, 2, 27)), True),
        (Occasion(ends=date(2026, 12, 1), closes=date(2026, 1, 1)), True),
        (Occasion(closes=date(2026, 12, 1), ends=date(2026, 1, 1)), True),
        (Occasion(place="Zagreb"), False),
        (None, False),
    ],
)
def test_closed(occasion: Occasion | None, expected: bool) -> None:
    assert closed(occasion, NOW) is expected
