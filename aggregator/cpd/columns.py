"""What can stand in a column of a body's form: `VALUES` by name, and `framework:ID` for what members mapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aggregator.cpd.jsonform import certificate_file
from aggregator.cpd.record import Activity, Assessment, Certificate, Competency, SourceItem, Verifier
from aggregator.cpd.remarks import words_of
from aggregator.cpd.scheme import Framework, Scheme
from aggregator.cpd.totals import hours
from aggregator.cpd.words import Words

Cell = str | int | Decimal | date | None
MAPPED = "framework:"


@dataclass(frozen=True, slots=True)
class Row:
    """One activity in the form of one scheme, in its words."""

    activity: Activity
    scheme: Scheme
    words: Words

    @property
    def credits(self) -> str:
        known = self.scheme.systems
        asked = [one for one in self.activity.credits if not known or one.system in known]
        return "; ".join(f"{self.words.number(one.number)} {one.system}" for one in asked)

    @property
    def claimed(self) -> Decimal | None:
        found = [one.number for one in self.activity.credits if one.system in self.scheme.systems[:1]]
        return sum(found, Decimal(0)) if found else None

    @property
    def hours(self) -> Decimal | None:
        return None if self.activity.minutes is None else hours([self.activity])

    @property
    def certificate(self) -> Certificate:
        return self.activity.certificate or Certificate()

    @property
    def source(self) -> SourceItem:
        return self.activity.source or SourceItem("")

    @property
    def tested(self) -> str:
        test = self.activity.assessment or Assessment()
        return "; ".join(filter(None, (test.type, self.words.yes_no(test.passed)))) if test != Assessment() else ""

    @property
    def verified(self) -> str:
        one = self.activity.verifier or Verifier()
        return ", ".join(filter(None, (one.name, one.role, one.on.isoformat() if one.on else "")))

    @property
    def certificate_file(self) -> str:
        found = certificate_file(self.activity)
        return found.name if found else ""


VALUES: Mapping[str, Callable[[Row], Cell]] = {
    "title": lambda row: row.activity.title,
    "description": lambda row: row.activity.description,
    "kind": lambda row: row.words.name("kind", row.activity.kind),
    "mode": lambda row: row.words.name("mode", row.activity.mode),
    "role": lambda row: row.words.name("role", row.activity.role),
    "provider": lambda row: row.activity.provider,
    "validator": lambda row: row.activity.validator,
    "place": lambda row: row.activity.place,
    "start": lambda row: row.activity.start,
    "end": lambda row: row.activity.last_day,
    "minutes": lambda row: row.activity.minutes,
    "hours": lambda row: row.hours,
    "credits": lambda row: row.credits,
    "claimed": lambda row: row.claimed,
    "certificate_number": lambda row: row.certificate.number,
    "certificate_issuer": lambda row: row.certificate.issued_by,
    "certificate_date": lambda row: row.certificate.issued_on,
    "certificate_file": lambda row: row.certificate_file,
    "assessment": lambda row: row.tested,
    "source_title": lambda row: row.source.title,
    "source_url": lambda row: row.source.url,
    "topics": lambda row: "; ".join(row.activity.topics),
    "what": lambda row: row.activity.reflection.what,
    "so_what": lambda row: row.activity.reflection.so_what,
    "now_what": lambda row: row.activity.reflection.now_what,
    "reflection": lambda row: row.activity.reflection.text,
    "description_words": lambda row: words_of(row.activity, "description"),
    "reflection_words": lambda row: words_of(row.activity, "reflection"),
    "pre_approved": lambda row: row.words.yes_no(row.activity.pre_approved),
    "needs_form": lambda row: row.words.yes_no(needs_form(row.activity, row.scheme)),
    "verifier": lambda row: row.verified,
    "evidence": lambda row: "; ".join(one.name or one.url for one in row.activity.evidence),
    "hashes": lambda row: "; ".join(f"{e.name} {e.sha256}" for e in row.activity.evidence if e.sha256),
}


def cell(value: str, activity: Activity, scheme: Scheme, words: Words) -> Cell:
    """What stands in a column of that value for one activity."""
    if value.startswith(MAPPED):
        framework = scheme.framework(value.removeprefix(MAPPED))
        return _mapped(activity, framework) if framework else ""
    return VALUES[value](Row(activity, scheme, words))


def needs_form(activity: Activity, scheme: Scheme) -> bool:
    """Whether the body asks for a form of its own: the activity lies under a code that needs approval, and the
    member did not say that it was approved beforehand."""
    asked = any(
        code.approval and code.id in activity.codes(framework.id)
        for framework in scheme.frameworks
        for code in framework.codes
    )
    return asked and activity.pre_approved is not True


def _mapped(activity: Activity, framework: Framework) -> str:
    order = [code.id for code in framework.codes]  # the body's own; what members wrote themselves, as they did
    given = [one for one in activity.competencies if one.framework == framework.id]
    given.sort(key=lambda one: order.index(one.code) if one.code in order else len(order))
    return "; ".join(_named(one, framework) for one in given)


def _named(competency: Competency, framework: Framework) -> str:
    version = competency.version if not framework.codes else ""
    return f"{framework.label_of(competency.code)} ({version})" if version else framework.label_of(competency.code)
