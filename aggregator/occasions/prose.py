"""Deadlines and days that are written in prose: "Iscrizioni fino al 28 febbraio". Pure; linear in the text.

A text is cut into sentences, a sentence into clauses; each date in a clause is named by the words before it, or,
where a clause begins with its date, by those after it. A date that can't be decided is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from aggregator.model import Item, Occasion
from aggregator.occasions.cues import HAPPENINGS, SUBJECTS, Cue, cues_in
from aggregator.occasions.mentions import Mention, Reader, Token, Tongue, day_of, days_of, tokens_of, tongue
from aggregator.occasions.sentences import Clause, evidence, sentences
from aggregator.occasions.states import ANYWHERE_ON_EARTH, anywhere
from aggregator.occasions.words import CUES, READ_AS

_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+", re.I)  # days in it are those of a folder
READ = 20_000  # characters of a text that are read
KINDS = ("course", "event", "call", "job")
FIELDS = (
    "closes", "submissions", "opens", "early_bird", "starts", "ends", "certificate_by", "recordings_until",
)  # fmt: skip
_CLOSING = {
    "R": "closes", "r": "closes", "S": "submissions", "s": "submissions", "E": "early_bird",
    "C": "certificate_by", "V": "recordings_until", "N": "",
}  # fmt: skip
_BEFORE_IT = timedelta(days=200)  # a date so long before the text was published belongs to an earlier occasion
_CLOSE_BY = 4  # tokens between the word for enrolment and the days on which it is open
_MOST_BEGINNINGS = 3  # a text with more of them is a list of things: it can't be decided which is meant
# What may stand between "by" and its date, besides numbers and weekdays.
_FILLING = frozenset(
    """, : . ( uhr pm am cet cest utc gmt noon midnight midday ore ora h heures a at on the il l le el der dem
    zum giorno close cob eod end of business early late mid mezzogiorno mezzanotte las del dei di fine fin
    meta ende mitte anfang finales kraja sati p m hrs o clock and including ponoci inizio inicio et edt est
    aoe den pacific eastern central gmt bst est pst""".split()
)
# A span with one of these between its days is two days, each for itself.
_EACH = frozenset("and e ed et und y i".split())
# With a word for enrolment behind a span of days: the days on which one can enrol.
_BEING_OPEN = frozenset(
    """open aperte aperta aprono ouvertes ouverte ouvert offen geoffnet moglich abierta abiertas otvorene otvorena
    mozete konnen potete puoi puede pueden pouvez podeis""".split()
)
_TO_A_DAY = frozenset("to for until from on the al alla all au a auf den dem el za na je este ist est e".split())
_BEHIND = 6  # tokens behind a span in which both of them stand


@dataclass(slots=True)
class _Found:
    """What was read so far: field -> day; X marks what an extension said."""

    days: dict[str, date] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    precision: dict[str, str] = field(default_factory=dict)
    extended: set[str] = field(default_factory=set)
    everywhere: set[str] = field(default_factory=set)
    begins: set[date] = field(default_factory=set)


def deadlines(text: str, language: str | None, published: date | None) -> Occasion:
    """The dates that a text states, as an occasion of dates and nothing else.

    English, Italian, French, German, Spanish and Croatian are read (a `language` of None: whichever of them finds
    most); the order of day and month is the language's. `published` gives a day without a year its year. `said`
    has the sentence of every field that is filled, and `former_closes` (and the like) the ISO date that an
    extension took back; `evidence` is the sentence of the closing date, or else of the first date. A deadline
    "Anywhere on Earth" is a day in that zone, or, beside days elsewhere, the moment at which it ends.
    """
    text = text[:READ]
    code = (language or "").split("-")[0].lower()
    code = READ_AS.get(code, code)
    if code in CUES:
        return _occasion(_read(text, tongue(code, language or ""), published))
    if language:
        return Occasion()
    found = [_read(text, tongue(each, ""), published) for each in CUES]
    return _occasion(max(found, key=lambda one: len(one.days)))


def with_deadlines(item: Item) -> Item:
    """The item with the dates that its title and text state, where it is a course, event, call or job that has no
    closing date. What its source said in fields of their own stays; the closing day of a call is that of its
    papers where it names no other."""
    if item.kind not in KINDS:
        return item
    held = item.occasion or Occasion()
    if held.closes is not None:
        return item
    day = item.published_at.date() if item.published_at else None
    read = deadlines(f"{item.title}\n\n{item.text[:READ]}", item.language, day)
    if item.kind == "call" and read.closes is None and (papers := held.submissions or read.submissions):
        said = read.said.get("submissions", "") or held.said.get("submissions", "")
        read = replace(read, closes=papers, said=dict(read.said) | {"closes": said})
    merged = _merged(held, read, item.kind)
    return item if merged == held else replace(item, occasion=merged)


def _merged(held: Occasion, read: Occasion, kind: str) -> Occasion:
    """What is held, and what was read where nothing is. Of a job the closing date only: its other dates (when
    somebody starts to read applications) are not its own."""
    new: dict[str, Any] = {name: getattr(read, name) for name in FIELDS if getattr(held, name) is None}
    new = {name: day for name, day in new.items() if day is not None and (kind != "job" or name == "closes")}
    if held.starts is not None:
        new.pop("ends", None)  # an end read elsewhere may be that of another beginning
    if not new:
        return held
    in_zone = [getattr(held, name) for name in FIELDS]
    if read.zone and (held.zone or any(day and not isinstance(day, datetime) for day in in_zone)):
        new = {name: anywhere(day) if type(day) is date else day for name, day in new.items()}
    elif read.zone:
        new["zone"] = read.zone
    said = {name: words for name, words in read.said.items() if name.removeprefix("former_") in new}
    sentence = held.evidence or next((said[name] for name in FIELDS if name in said), "")
    precision = {name: words for name, words in read.precision.items() if name in new}
    return replace(
        held, **new, evidence=sentence, said=said | dict(held.said),
        precision=precision | dict(held.precision),
    )  # fmt: skip


def _occasion(found: _Found) -> Occasion:
    days: dict[str, Any] = dict(found.days)
    zone = ANYWHERE_ON_EARTH if days and found.everywhere == set(days) else ""
    if not zone:
        days |= {name: anywhere(found.days[name]) for name in found.everywhere}
    first = next((name for name in FIELDS if name in days), "")
    said = {name: words for name, words in found.said.items() if name.removeprefix("former_") in days}
    return Occasion(**days, zone=zone, said=said, precision=found.precision, evidence=said.get(first, ""))


# ----------------------------------------------------------------------------------------------------- reading
def _read(text: str, speech: Tongue, published: date | None) -> _Found:
    found, tokens = _Found(), tokens_of(_ADDRESS.sub(lambda one: " " * len(one[0]), text))
    mentions = Reader(tokens, speech).mentions()
    if not mentions:
        return found
    cues = cues_in(tokens, speech.code)
    spans: list[tuple[date, date, str]] = []
    for sentence in sentences(tokens, speech, mentions, cues):
        reading = _Reading(found, tokens, speech, published, evidence(text, tokens, sentence))
        for clause in sentence.clauses:
            spans += reading.clause(clause)
    for first, last, words in spans:
        _put_span(found, first, last, words, published)
    if len(found.begins) > _MOST_BEGINNINGS:
        for name in ("starts", "ends"):
            found.days.pop(name, None)
            found.precision.pop(name, None)
    return found


def _put_span(found: _Found, first: date, last: date, words: str, published: date | None) -> None:
    """A span of days that no word names: taken for the days of it all where nothing else says when it is."""
    if not {"starts", "ends"} & found.days.keys() and published is not None and last >= published:
        found.days |= {"starts": first, "ends": last}
        found.said |= {"starts": words, "ends": words}


@dataclass(slots=True)
class _Reading:
    """Reads clauses of one sentence into what was found."""

    found: _Found
    tokens: Sequence[Token]
    speech: Tongue
    published: date | None
    words: str
    latest: str = ""  # the field that was filled last

    def clause(self, clause: Clause) -> list[tuple[date, date, str]]:
        """Fill in what the clause says; returns the spans that it says nothing of."""
        if self._is_move(clause):
            return []
        spans, subject, after = [], "", clause.start
        for number, mention in enumerate(clause.mentions):
            before = clause.cues_between(after, mention.start)
            behind = self._behind(clause, mention, number)
            roles = self._roles(before, mention)
            alone = number == len(clause.mentions) - 1 or mention.start - clause.start <= 3
            if self._is_listed(clause, mention, behind):
                roles = roles | _first_roles(behind)
            elif alone and not roles & HAPPENINGS:
                roles = roles | _first_roles([cue for cue in behind if cue.roles != "t"])
            elif alone and roles & {"d", "v"} and not roles & SUBJECTS:
                roles = roles | (_first_roles(behind) & SUBJECTS)
            subject = _subject(before) or subject
            if not self._put(mention, roles, subject, before) and mention.last:
                spans += [(*days, self.words) for days in [days_of(mention, self.published)] if days]
            after = mention.end
        return spans

    def _is_move(self, clause: Clause) -> bool:
        """`Il webinar del 12 gennaio è rinviato al 26`: it begins on the day after the word, or, if none is there
        and it was put off, on no day that we know. False where the clause says nothing of the kind."""
        roles = {role for cue in clause.cues for role in cue.roles}
        if "M" not in roles or roles & (SUBJECTS | {"D"}) or not roles & {"T", "t"}:
            return False
        *before, last = clause.mentions
        target = any("M" in cue.roles and self._leads_to(cue.end, last.start) for cue in clause.cues)
        onto = [place for place in range(max(0, last.start - 5), last.start) if self.tokens[place].text == "auf"]
        if last.last is None and (target or any(self._leads_to(place, last.start) for place in onto)):
            self._put_day("starts", last, frozenset("X"))
            day = day_of(before[0].first, self.published) if len(before) == 1 else None
            if day is not None and self.latest == "starts":
                self.found.said.setdefault("former_starts", day.isoformat())
            return True
        return "X" in roles

    def _leads_to(self, start: int, end: int) -> bool:
        between = [one.text for one in self.tokens[start : min(end, start + 6)]]
        known = _TO_A_DAY | self.speech.weekdays.keys() | {","}
        return start <= end <= start + 5 and all(text in known for text in between)

    def _behind(self, clause: Clause, mention: Mention, number: int) -> list[Cue]:
        """The words behind a date, without "closes" and the like where they stand right before the next one."""
        if number + 1 == len(clause.mentions):
            return clause.cues_between(mention.end, clause.end)
        following = clause.mentions[number + 1]
        cues = clause.cues_between(mention.end, following.start)
        return [cue for cue in cues if not ({"v", "d"} & set(cue.roles) and self._adjacent(cue, following))]

    def _is_listed(self, clause: Clause, mention: Mention, behind: Sequence[Cue]) -> bool:
        """`15 January: deadline for papers`: a list that puts its dates first."""
        sign = self.tokens[mention.end].text if mention.end < clause.end else ""
        return sign in (":", "-", "–", "—") and any(set(cue.roles) & (HAPPENINGS | SUBJECTS) for cue in behind)

    def _roles(self, before: Sequence[Cue], mention: Mention) -> frozenset[str]:
        """What the words before a date make of it; of two things that happen the later."""
        happens = ""
        for cue in before:
            roles = "".join(role for role in cue.roles if role in HAPPENINGS)
            if roles and (roles not in ("d", "t", "o") or self._adjacent(cue, mention)):
                happens = roles + ("D" if "D" in happens and "v" in roles else "")
        happens = happens.replace("o", "O")
        rest = {role for cue in before for role in cue.roles if role in "XF"}
        last = next((cue for cue in reversed(before) if set(cue.roles) & {"X", "F"}), None)
        if last is not None and len(rest) == 2:
            rest = set(last.roles)
        if "X" in rest and any("D" in cue.roles for cue in before):
            happens += "D"
        subject = _subject(before)
        if not happens and self._is_entry(before, mention):
            happens = "D"
        return frozenset({*happens, *rest, *([subject] if subject else [])})

    def _is_entry(self, before: Sequence[Cue], mention: Mention) -> bool:
        """`Submission: 15 January`: an entry in a list of dates."""
        last = before[-1] if before else None
        between = self.tokens[last.end : mention.start] if last else ()
        return last is not None and last.roles == "S" and [one.text for one in between] == [":"]

    def _adjacent(self, cue: Cue, mention: Mention) -> bool:
        between = self.tokens[cue.end : mention.start][:12]
        weekdays = self.speech.weekdays
        return mention.start - cue.end < 12 and all(
            one.text in _FILLING or one.text in weekdays or one.text.isdigit() for one in between
        )

    def _put(self, mention: Mention, roles: frozenset[str], inherited: str, before: Sequence[Cue]) -> bool:
        """Fill in what this date is; False where nothing says what."""
        subject = next(iter(roles & SUBJECTS), "") or inherited
        if subject == "N" or (roles & {"C", "V"} and "T" in roles):
            return True
        if mention.last is not None:
            return self._put_days(mention, roles, subject, before)
        name = self.latest if "F" in roles and not roles & {"X", "D"} else _field_of(roles, subject)
        if name:
            self._put_day(name, mention, roles)
        return True

    def _put_days(self, mention: Mention, roles: frozenset[str], subject: str, before: Sequence[Cue]) -> bool:
        if "X" in roles:
            return self._put_change(mention, _field_of(roles, subject))
        days = days_of(mention, self.published)
        if days is None or (self.published and days[1] < self.published):
            return True
        of_papers = subject in ("S", "s")
        near = not roles & {"T", "t", "d"} and self._near(before, mention, "Ss" if of_papers else "R")
        near = near and not ("D" in roles and self._is_each(mention))
        if near and of_papers:
            self._keep("submissions", days[1], roles)
            return True
        if near or ("O" in roles and not of_papers) or self._is_when_open(mention, roles):
            names = ("opens", "closes")
        elif roles & {"D", "v"}:
            return True  # two days for one deadline
        elif roles & {"T", "t"}:
            names = ("starts", "ends")
        else:
            return False
        for name, day in zip(names, days, strict=True):
            self._keep(name, day, roles)
        return True

    def _near(self, before: Sequence[Cue], mention: Mention, subjects: str) -> bool:
        last = next((cue for cue in reversed(before) if set(subjects) & set(cue.roles)), None)
        return last is not None and mention.start - last.end <= _CLOSE_BY

    def _is_each(self, mention: Mention) -> bool:
        return any(one.text in _EACH for one in self.tokens[mention.start : mention.end])

    def _is_when_open(self, mention: Mention, roles: frozenset[str]) -> bool:
        """`Dal 1 al 28 febbraio sono aperte le iscrizioni`: days that are named by what stands behind them."""
        near = {one.text for one in self.tokens[mention.end : mention.end + _BEHIND]}
        return bool(roles & {"R", "r"} and not roles & HAPPENINGS and near & _BEING_OPEN)

    def _put_change(self, mention: Mention, name: str) -> bool:
        """`extended from 15 to 31 January`."""
        days = days_of(mention, self.published)
        if days is None or not name:
            return False
        self._keep(name, days[1], frozenset("X"))
        self.found.said[f"former_{name}"] = days[0].isoformat()
        return True

    def _put_day(self, name: str, mention: Mention, roles: frozenset[str]) -> None:
        day = day_of(mention.first, self.published, mention.weekday)
        if day is None or (self.published and day < self._earliest(name, mention)):
            return
        if "F" in roles:
            if self.found.days.get(name) not in (None, day):
                self.found.said.setdefault(f"former_{name}", day.isoformat())
            return
        if mention.first.day is None and name not in self.found.days:
            self.found.precision[name] = "month"
        self._keep(name, day, roles, mention)

    def _earliest(self, name: str, mention: Mention) -> date:
        """A day before this one belongs to something that is over: to another occasion, or to a report of one."""
        published = self.published or date.min
        if name in ("starts", "ends"):
            return published if mention.first.day else published.replace(day=1)
        return published - _BEFORE_IT

    def _keep(self, name: str, day: date, roles: frozenset[str], mention: Mention | None = None) -> None:
        """The first date of a field stands, but an extension wins, and the latest of several."""
        found, held = self.found, self.found.days.get(name)
        if name == "starts":
            found.begins.add(day)
        extends = "X" in roles and (name not in found.extended or held is None or day > held)
        if held is not None and not extends:
            return
        if held is not None and held != day:
            found.said[f"former_{name}"] = held.isoformat()
            found.precision.pop(name, None)
            found.everywhere.discard(name)
        if "X" in roles:
            found.extended.add(name)
        found.days[name], found.said[name], self.latest = day, self.words, name
        if mention is not None and self._is_everywhere(mention):
            found.everywhere.add(name)

    def _is_everywhere(self, mention: Mention) -> bool:
        near = " ".join(token.text for token in self.tokens[max(0, mention.start - 8) : mention.end + 9])
        return " aoe" in f" {near} " or "anywhere on earth" in near


def _first_roles(cues: Sequence[Cue]) -> frozenset[str]:
    """What the words after a date make of it; of two things that happen the earlier."""
    happens = next((cue.roles for cue in cues if set(cue.roles) & HAPPENINGS), "")
    subject = _subject(cues)
    kept = {role for role in happens if role in HAPPENINGS}
    return frozenset({*kept, *([subject] if subject else [])})


def _subject(cues: Sequence[Cue]) -> str:
    """Whose dates these are: the last that is named; early birds before all, verbs after all."""
    named = [role for cue in cues for role in cue.roles if role in SUBJECTS]
    if "E" in named:
        return "E"
    strong = [role for role in named if role not in "s"]
    return (strong or named or [""])[-1]


def _field_of(roles: frozenset[str], subject: str) -> str:
    """The field of an occasion that a date with these roles belongs to; empty where none is certain."""
    if "X" in roles and not roles & {"O", "T", "Z"}:
        return _CLOSING.get(subject, "closes" if "D" in roles else "")
    if "D" in roles or roles & {"d", "v"}:
        unnamed = "closes" if "D" in roles else "ends" if "Z" in roles else ""
        return _CLOSING[subject] if subject else unnamed
    if "O" in roles:
        return "opens" if subject in ("R", "r") else ""
    if roles & {"T", "t"}:
        return "starts"
    if "Z" in roles:
        return _CLOSING[subject] if subject in set("RrSs") else "ends"
    return "early_bird" if subject == "E" and not roles & HAPPENINGS else ""
