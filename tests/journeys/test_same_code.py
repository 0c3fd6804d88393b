"""The filters `tag` and `rank` say what `collect` and `publish` do: they are the same code."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from journeys.conftest import MONDAY, Inside

from aggregator.cli import cli
from aggregator.jsonlines import to_json
from aggregator.model import Limits
from aggregator.store import open_store

# Title and text of invented entries: a topic or two, a job, a call, a course, an event, and what is of no library.
TOLD = (
    (
        "A mentoring circle for new librarians",
        "Every month the circle meets. Mentors and mentees talk about mentoring.",
    ),
    ("Cataloguing with linked data", "How our cataloguers moved their MARC records to BIBFRAME and linked data."),
    (
        "Vacancy: metadata librarian",
        "We are hiring a metadata librarian. Apply by 14 December 2026. Salary by scale.",
    ),
    (
        "Call for papers: libraries and open access",
        "Papers on open access in libraries are welcome until 20 December 2026.",
    ),
    (
        "MOOC: information literacy for all",
        "Enrol in our MOOC on information literacy; it runs from 5 January 2027.",
    ),
    ("Webinar on research data management", "Join our webinar on research data management on 10 December 2026."),
    (
        "Il prestito digitale nelle biblioteche pubbliche",
        "Le biblioteche pubbliche e il prestito digitale degli e-book.",
    ),
    ("My sourdough is finally rising", "Flour, water, salt and a lot of patience; a recipe for the weekend."),
)
PROFILE = {
    "topics": {"mentoring": 3, "cataloguing-metadata": 2, "open-access": 1, "moocs": 2},
    "keywords": ["webinar"],
}


def feed() -> bytes:
    rows = "".join(
        f"<item><title>{title}</title><link>https://desk.example/{n}</link><guid>https://desk.example/{n}</guid>"
        f"<pubDate>{format_datetime(MONDAY - timedelta(hours=n + 1))}</pubDate><description>{text}</description></item>"
        for n, (title, text) in enumerate(TOLD)
    )
    return f'<rss version="2.0"><channel><title>Desk</title><link>https://desk.example/</link>{rows}</channel></rss>'.encode()


def through(*arguments: str) -> list[dict[str, Any]]:
    """What a filter prints."""
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_collect_tags_as_the_filter_does_and_letters_are_ranked_as_the_filter_ranks(inside: Inside) -> None:
    inside.press["/desk"] = feed()
    inside.feeds("/desk")
    inside.readers(
        "ann@example.org,mentoring:3;cataloguing-metadata:2;open-access:1;moocs:2,webinar,no,monday,8,UTC",
        head="email,topics,keywords,discovery,weekday,hour,timezone",
    )
    inside("collect", at=MONDAY)
    store = open_store(str(inside.folder / "aggregator.db"))
    held = store.items.window(MONDAY - timedelta(days=7), MONDAY)
    store.close()
    assert len(held) == len(TOLD)

    # As the source said them, through `tag`: the topics, reasons and kinds that collect stored.
    bare = [to_json(item) | {"topics": [], "kind": None, "occasion": None} for item in held]
    lines = Path(inside.folder / "items.jsonl")
    lines.write_text("\n".join(map(json.dumps, bare)), encoding="utf-8")
    tagged = {one["id"]: (one["topics"], one["why"], one["kind"]) for one in through("tag", str(lines))}
    assert tagged == {
        item.id: ([tag.id for tag in item.topics], {tag.id: tag.why for tag in item.topics}, item.kind)
        for item in held
    }
    assert sum(bool(item.topics) for item in held) >= 6

    # As they are held, through `rank`: the order of the letter, where nothing but relevance decides.
    lines.write_text("\n".join(json.dumps(to_json(item)) for item in held), encoding="utf-8")
    profile = Path(inside.folder / "profile.json")
    profile.write_text(json.dumps(PROFILE))
    ranked = through("rank", "--for", str(profile), "--at", MONDAY.isoformat(), str(lines))
    best = [one["id"] for one in ranked if one["score"] > 0]
    inside("publish", at=MONDAY)
    [letter] = inside.letters()
    text = str(letter.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    most = Limits().per_source
    assert len(best) > most
    best = best[:most]  # all come from one source, which may not fill a letter
    assert {item.id for item in held if item.title in text} == set(best)
    # A letter is in sections; within each the filter's order stands (all of them come from one source).
    places = {item.id: text.find(item.title) for item in held}
    kinds: dict[str, list[str]] = {}
    for one in best:
        item = next(item for item in held if item.id == one)
        kinds.setdefault("closing" if item.occasion and item.occasion.closes else item.kind, []).append(one)
    for name, ids in kinds.items():
        assert name == "closing" or ids == sorted(ids, key=places.__getitem__), name
