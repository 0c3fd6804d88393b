"""A relay on a bad day: whatever goes wrong, each reader has one letter, and the report names what nobody knows."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from posting import Clock, letter, posted, put, service
from smtpserver import ChaoticRelay, ScriptedRelay

READERS = 120
FEATURES = [
    (),
    ("PIPELINING", "SIZE 100000", "8BITMIME", "SMTPUTF8"),
    ("SIZE 100000", "8BITMIME"),
    ("PIPELINING",),
]


@pytest.mark.parametrize("seed", range(len(FEATURES)))
def test_each_reader_has_one_letter_whatever_the_relay_does(tmp_path: Path, seed: int) -> None:
    letters = [letter(n, f"r{n}@d{n % 7}.example") for n in range(READERS)]
    gone = [one.recipient for one in letters[::17]]
    relay = ChaoticRelay(features=FEATURES[seed], per_connection=9, seed=seed, share=0.06, gone=gone)
    with relay as server:
        options = "starttls=none&connections=3&timeout=0.4&final_timeout=1"
        with service(tmp_path, f"smtp://127.0.0.1:{server.port}?{options}") as app:
            put(app, letters)
            clock, ambiguous, runs = Clock(), list[str](), 0
            while app.store.digests.counts().keys() & {"waiting", "deferred"}:
                figures, _ = posted(app, clock)
                ambiguous += [one["message_id"] for one in figures.ambiguous]
                clock.now += timedelta(hours=1)
                runs += 1
                assert runs < 96
            assert app.store.digests.counts() == {"sent": READERS - len(gone), "refused": len(gone)}
    had = Counter(content for _, _, content in server.letters if content)
    assert set(had) == {
        one.content for one in letters if one.recipient not in gone
    }  # byte for byte, Message-ID too
    assert set(had.values()) == {1}
    # Whole letters that got neither a yes nor a no may have arrived. Each of them is in the report, and beside them
    # only those whose last byte had left us when the relay hung up in the middle: that looks the same from here.
    unheard = Counter(server.unanswered) - Counter(server.turned_away)
    doubtful = Counter({message_id(content): count for content, count in unheard.items() if content})
    assert set(doubtful) <= set(ambiguous)
    cut_off = sum(count for what, count in server.happened.items() if what.startswith("BODY"))
    assert len(set(ambiguous) - set(doubtful)) <= cut_off
    assert sum(server.happened.values()) > READERS // 4
    never_unoffered(server)


def message_id(content: bytes) -> str:
    return content.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()


def never_unoffered(server: ScriptedRelay) -> None:
    """Nothing is asked for that was not offered, and none of it where nothing was."""
    mails = [line for line in server.lines if line.startswith("MAIL")]
    if not any(feature.startswith("SIZE") for feature in server.features):
        assert not any("SIZE=" in line for line in mails)
    assert not any("SMTPUTF8" in line or "BODY=" in line for line in mails)
    assert not {"STARTTLS", "AUTH", "BDAT"} & set(server.verbs())
