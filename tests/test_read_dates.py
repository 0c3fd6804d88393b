"""Dates as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.read.dates import moment_of

DAY = datetime(2026, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 05 Oct 2026 18:00:00", DAY.replace(hour=18)),
        ("lun, 05 ott 2026 18:00:00 +0200", DAY.replace(hour=16)),
        ("lun., 5 octobre 2026 18:00 +02:00", DAY.replace(hour=16)),
        ("Mo, 05 Okt 2026 18:00:00 GMT", DAY.replace(hour=18)),
        ("pn, 05 paź 2026 18:00:00 GMT", DAY.replace(hour=18)),
        ("5 de octubre de 2026", DAY),
        ("5. Oktober 2026", DAY),
        ("October 5th, 2026 6:30 PM", DAY.replace(hour=18, minute=30)),
        ("Oct 5, 2026 12:05 am", DAY.replace(minute=5)),
        ("Monday, 05-Oct-26 18:00:00 EST", DAY.replace(hour=23)),
        ("05.10.2026", DAY),
        ("05.10.2026 08:15:30", DAY.replace(hour=8, minute=15, second=30)),
        ("12 juin 2026", datetime(2026, 6, 12, tzinfo=UTC)),
        ("12 juillet 2026", datetime(2026, 7, 12, tzinfo=UTC)),
        ("05/10/2026", None),
        ("31 Feb 2026", None),
        ("05 Oct 2026 25:00", None),
        ("05 Xyz 2026", None),
        ("05 Oct 0000", None),
        ("next week", None),
        ("", None),
    ],
)
def test_moment_of(text: str, expected: datetime | None) -> None:
    assert moment_of(text) == expected


@given(st.text(max_size=60))
@settings(deadline=None)
def test_anything_may_be_asked(text: str) -> None:
    found = moment_of(text)
    assert found is None or found.tzinfo is UTC
