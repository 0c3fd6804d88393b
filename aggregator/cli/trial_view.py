"""What `aggregator sources add` shows: what was found and why, what its items would be, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click

from aggregator.cli.adding import Found, entry
from aggregator.jsonlines import moment
from aggregator.model import Item
from aggregator.read.discover import Candidate
from aggregator.trial import Trial

SHOWN = 5  # items, and addresses that were not tried
_NAMES = {"starts": "a beginning", "closes": "a closing date", "submissions": "a deadline for papers"}


def show(found: Found, now: datetime, *, dry_run: bool, feeds: str, several: bool) -> None:
    """Print one finding: what is there on standard output, why it was not added on standard error."""
    header = list(found_lines(found))
    if several and not header:
        click.echo(f"{found.address}:")
    for line in (*header, *(trial_lines(found.trial, now) if found.trial else _guess_lines(found))):
        click.echo(line)
    if found.added and found.source:
        if found.problem:
            click.echo(found.problem, err=True)
        verb = "would be added" if dry_run else "added"
        click.echo(f"{verb} to {feeds} as {found.added}: {found.source.shown}" + ("\n" if several else ""))
        return
    click.echo(f"not added: {found.problem}", err=True)
    for step in found.steps:
        click.echo(f"  → {step}", err=True)


# ------------------------------------------------------------------------------------------------ what was found
def found_lines(found: Found) -> Iterator[str]:
    """The candidates with their reasons, the chosen one marked; nothing where the address is all there is."""
    candidates, untried = found.candidates, found.untried
    only = len(candidates) == 1 and not candidates[0].guessed and not untried and found.search.asked == 1
    if not candidates or only:
        return
    number = len(candidates)
    asked = f"{found.search.asked} document{'s' if found.search.asked > 1 else ''}"
    yield f"{found.address}: {number} found, {asked} asked for"
    for count, one in enumerate(candidates, 1):
        mark = "*" if one is found.chosen else " "
        yield f" {mark}{count}  {one.source.kind}: {one.source.shown}"
        yield f"      {'; '.join(one.why)}"
    for lead in untried[:SHOWN]:
        yield f"   -  not tried: {lead.url} ({lead.why})"
    if number > 1 and found.chosen is not None:
        yield "   To take another one, add --pick and its number."


def _guess_lines(found: Found) -> Iterator[str]:
    """The items that a proposal would bring, so that a person can judge it."""
    for one in found.candidates[:1] if found.chosen is None else ():
        yield f"{one.source.title or one.source.shown} (proposal)"
        for key, value in one.source.options.items():
            yield f"  {key}: {value}"
        for item in one.reading.entries[:SHOWN]:
            day = item.published_at or (item.occasion.starts if item.occasion else None)
            yield f"  {f'{day:%Y-%m-%d}' if day else 'no date   '}  {item.title[:80]}"


# ------------------------------------------------------------------------------------------------- what it holds
def trial_lines(tried: Trial, now: datetime) -> Iterator[str]:
    """The trial for people."""
    dated, count = tried.dated, len(tried.reading.entries)
    named = tried.source.title or tried.reading.title or tried.source.id
    yield f"{named} ({tried.source.kind}, {tried.language or 'language not known'})"
    dates = f", {len(dated)} with a date, {dated[0]:%Y-%m-%d} to {dated[-1]:%Y-%m-%d}" if dated else ""
    if not dated and not any(item.occasion for item in tried.items):
        dates = ", none with a date"
    every = f", one every {_length(tried.rhythm)}" if tried.rhythm else ""
    fresh = sum(item.fresh for item in tried.items)
    entries = f"{count} entr{'y' if count == 1 else 'ies'}"
    yield f"  {entries}{dates}{every}; {fresh} recent enough for a letter"
    yield from _warnings(tried, now)
    yield from _occasions(tried, now)
    for item in _first(tried, now):
        yield f"  {_day(item)}  {item.kind}: {item.title[:80]}"
        yield f"              {', '.join(tag.id for tag in item.topics) or 'no topic'}"


def _warnings(tried: Trial, now: datetime) -> Iterator[str]:
    if tried.cut:
        yield "  There are further documents; a visit reads them too."
    if tried.trouble:
        yield f"  {tried.trouble}"
    if tried.dated and now - tried.dated[-1] > timedelta(days=365) and not tried.days("starts"):
        yield f"  Nothing new for {_length(now - tried.dated[-1])}: it may have stopped."
    if tried.refused:
        yield f"  {tried.refused} can't be used: they have neither a title nor a text, or no address"
    for origin, number in tried.overlap.items():
        yield f"  {number} of them came from {origin} already"


def _occasions(tried: Trial, now: datetime) -> Iterator[str]:
    told = [f"{len(days)} with {words}" for name, words in _NAMES.items() if (days := tried.days(name))]
    if told:
        left = tried.open(now)
        yield f"  Dates: {', '.join(told)}; {f'{left} not over yet' if left else 'all of them are over'}"


def _first(tried: Trial, now: datetime) -> list[Item]:
    """The newest; of courses and events what comes next."""
    from aggregator.occasions import closed

    coming = [item for item in tried.items if item.occasion and not closed(item.occasion, now)]
    if len(coming) * 2 < len(tried.items) or not coming:
        return tried.newest[:SHOWN]
    return sorted(coming, key=lambda item: str(_next_day(item) or "9999"))[:SHOWN]


def _next_day(item: Item) -> Any:
    return (item.occasion.closes or item.occasion.starts) if item.occasion else None


def _day(item: Item) -> str:
    if item.occasion and (day := _next_day(item)):
        return f"{'closes' if item.occasion.closes else 'starts'} {day:%Y-%m-%d}"
    return f"{item.published_at:%Y-%m-%d}" if item.published_at else "no date   "


def _length(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours < 36:
        return f"{max(1, round(hours))} hours"
    days = round(hours / 24)
    return f"{days} days" if days < 60 else f"{round(days / 30)} months"


# -------------------------------------------------------------------------------------------------- for programs
def as_json(found: Found, now: datetime) -> dict[str, Any]:
    """One finding for programs; `items` are the first ones, with the topics they would get."""
    tried, source = found.trial, found.source
    said: dict[str, Any] = {
        "address": found.address,
        "id": source.id if source else None,
        "added": bool(found.added),
        "problem": found.problem or None,
        "next": found.steps,
        "url": source.shown if source else None,
        "kind": source.kind if source else None,
        "title": (source.title or (tried.reading.title if tried else "")) if source else None,
        "entry": entry(source) if source else None,
        "asked": found.search.asked,
        "found": [_candidate(one, found.chosen) for one in found.candidates],
        "not_tried": [{"url": lead.url, "why": lead.why} for lead in found.untried],
    }
    return said | (_trial(tried, now) if tried else {})


def _candidate(one: Candidate, chosen: Candidate | None) -> dict[str, Any]:
    return {
        "kind": one.source.kind, "url": one.source.shown, "title": one.source.title,
        "options": dict(one.source.options), "why": list(one.why), "entries": len(one.reading.entries),
        "first": [item.title for item in one.reading.entries[:SHOWN]],
        "chosen": one is chosen, "guessed": one.guessed,
    }  # fmt: skip


def _trial(tried: Trial, now: datetime) -> dict[str, Any]:
    dated, rhythm = tried.dated, tried.rhythm
    return {
        "language": tried.language,
        "entries": len(tried.reading.entries),
        "dated": len(dated),
        "oldest": moment(dated[0]) if dated else None,
        "newest": moment(dated[-1]) if dated else None,
        "rhythm_days": round(rhythm.total_seconds() / 86_400, 1) if rhythm else None,
        "fresh": sum(item.fresh for item in tried.items),
        "occasions": {name: len(tried.days(name)) for name in _NAMES} | {"not_over": tried.open(now)},
        "moved_to": tried.answer.moved_to if not tried.source.written else None,
        "overlap": tried.overlap,
        "same_as": tried.twin or None,
        "trouble": tried.trouble or None,
        "items": [_item(item, shown=not tried.source.written) for item in _first(tried, now)],
    }


def _item(item: Item, *, shown: bool) -> dict[str, Any]:
    """`shown`: whether its address may be told; one that lies below a secret may hold it."""
    dated = item.occasion
    return {
        "title": item.title, "url": item.url if shown else None, "kind": item.kind,
        "published_at": moment(item.published_at),
        "starts": _said(dated.starts) if dated else None, "closes": _said(dated.closes) if dated else None,
        "topics": [{"id": tag.id, "why": tag.why} for tag in item.topics],
    }  # fmt: skip


def _said(day: Any) -> str | None:
    return moment(day) if isinstance(day, datetime) else day.isoformat() if day else None


def print_json(found: list[Found], now: datetime) -> None:
    """One address: one object; several: a list of them."""
    said = [as_json(one, now) for one in found]
    click.echo(json.dumps(said[0] if len(said) == 1 else said, indent=2, ensure_ascii=False))
