"""An activity as the fields of its form, and back. What was typed is shown again as it was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from aggregator.cpd.record import (
    Activity,
    Assessment,
    Certificate,
    Competency,
    Credit,
    Mode,
    Reflection,
    Verifier,
)
from aggregator.cpd.remarks import LONGEST_SHORT
from aggregator.cpd.scheme import Framework, Scheme
from aggregator.web.forms import Form

_PLAIN = ("title", "kind", "role", "mode", "provider", "validator", "place", "description")
_MODES: Mapping[str, Mode] = {"formal": "formal", "non_formal": "non_formal", "informal": "informal"}
_YES_NO = {"yes": True, "no": False}
_SAID = {True: "yes", False: "no", None: ""}
MAP, CREDIT = "map:", "credit:"  # before the id of a framework, the name of a system of credits


# ------------------------------------------------------------------------------------------------------- shown
def shown(activity: Activity) -> Form:
    """The form of an activity. A suggested time is filled in for a new one: sending the form enters it."""
    return Form(tuple((name, value) for name, value in _shown(activity) if value))


def _shown(activity: Activity) -> Iterator[tuple[str, str]]:
    yield from ((name, getattr(activity, name)) for name in _PLAIN)
    yield "start", activity.start.isoformat()
    yield "end", activity.end.isoformat() if activity.end else ""
    minutes = activity.suggested_minutes if activity.minutes is None and not activity.id else activity.minutes
    if minutes is not None:
        yield from (("hours", str(minutes // 60) if minutes >= 60 else ""), ("minutes", str(minutes % 60 or "")))
    yield "topics", ", ".join(activity.topics)
    yield from (("scheme", name) for name in activity.schemes)
    said = activity.reflection
    yield from (("what", said.what), ("so_what", said.so_what), ("now_what", said.now_what))
    for framework in dict.fromkeys(one.framework for one in activity.competencies):
        yield from ((MAP + framework, code) for code in activity.codes(framework))
    yield from ((CREDIT + one.system, f"{one.number.normalize():f}") for one in activity.credits)
    yield "pre_approved", _SAID[activity.pre_approved]
    yield from _shown_proof(activity)


def _shown_proof(activity: Activity) -> Iterator[tuple[str, str]]:
    certificate, test = activity.certificate or Certificate(), activity.assessment or Assessment()
    yield "certificate_number", certificate.number
    yield "certificate_issuer", certificate.issued_by
    yield "certificate_date", certificate.issued_on.isoformat() if certificate.issued_on else ""
    yield from (("test", test.type), ("passed", _SAID[test.passed]))
    verifier = activity.verifier or Verifier()
    yield from (("verifier", verifier.name), ("verifier_role", verifier.role))
    yield "verified_on", verifier.on.isoformat() if verifier.on else ""


# --------------------------------------------------------------------------------------------------------- read
def read(form: Form, base: Activity, schemes: Mapping[str, Scheme]) -> tuple[Activity, dict[str, str]]:
    """The activity that a form makes of `base`, and the fields that can't be read, each with a key of
    `remarks.FAULTS`. `schemes` are those the form showed: what is mapped to others stays as it was."""
    faults: dict[str, str] = {}
    made = replace(
        base,
        title=" ".join(form.get("title").split()), description=form.get("description"),
        provider=_short(form.get("provider")), validator=_short(form.get("validator")),
        place=_short(form.get("place")),
        kind=form.get("kind"), role=form.get("role"), mode=_MODES.get(form.get("mode"), "informal"),
        start=_day(form, "start", faults) or base.start, end=_day(form, "end", faults),
        minutes=_minutes(form, faults),
        topics=tuple(_short(one) for one in _listed(form.get("topics")))[:20],
        reflection=Reflection(form.get("what"), form.get("so_what"), form.get("now_what")),
        schemes=_schemes(form, base, schemes),
        competencies=_competencies(form, base, schemes),
        credits=_credits(form, base, schemes, faults),
        pre_approved=_YES_NO.get(form.get("pre_approved")),
    )  # fmt: skip
    if not form.get("start"):
        faults["start"] = "day"
    return _with_proof(replace(made, end=None if made.end == made.start else made.end), form, faults), faults


def _with_proof(activity: Activity, form: Form, faults: dict[str, str]) -> Activity:
    certificate = Certificate(
        _short(form.get("certificate_number")), _short(form.get("certificate_issuer")),
        _day(form, "certificate_date", faults),
    )  # fmt: skip
    test = Assessment(_short(form.get("test")), _YES_NO.get(form.get("passed")))
    verified_on = _day(form, "verified_on", faults)
    verifier = Verifier(_short(form.get("verifier")), _short(form.get("verifier_role")), verified_on)
    return replace(
        activity,
        certificate=None if certificate == Certificate() else certificate,
        assessment=None if test == Assessment() else test,
        verifier=None if verifier == Verifier() else verifier,
    )


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST_SHORT]


def _listed(text: str) -> list[str]:
    return [one.strip() for one in re.split(r"[,;\n]", text) if one.strip()]


def _day(form: Form, name: str, faults: dict[str, str]) -> date | None:
    text = form.get(name)
    try:
        return day_of(text)
    except ValueError:
        faults[name] = "day"
        return None


def day_of(text: str) -> date | None:
    """A day as browsers send it (YYYY-MM-DD), or as people type it where the browser knows no days: 2.11.2026.
    None for nothing; raises ValueError."""
    if typed := re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})\.?", text):
        return date(int(typed[3]), int(typed[2]), int(typed[1]))
    return date.fromisoformat(text) if text else None


def _minutes(form: Form, faults: dict[str, str]) -> int | None:
    """Hours, which may have a fraction, and minutes beside them; None where neither is filled in."""
    hours, minutes = form.get("hours"), form.get("minutes")
    if not hours and not minutes:
        return None
    try:
        return round((_number(hours) * 60 + _number(minutes)).to_integral_value())
    except (InvalidOperation, OverflowError):
        faults["minutes"] = "minutes"
        return None


def _number(text: str) -> Decimal:
    """Raises InvalidOperation for what is none, or no sensible one."""
    if text and not re.fullmatch(r"\d{1,6}(?:[.,]\d{1,4})?", text):
        raise InvalidOperation
    return Decimal(text.replace(",", ".") or 0)


def _schemes(form: Form, base: Activity, schemes: Mapping[str, Scheme]) -> tuple[str, ...]:
    kept = [name for name in base.schemes if name not in schemes]
    return tuple(dict.fromkeys([*kept, *(name for name in form.all("scheme") if name in schemes)]))


def _competencies(form: Form, base: Activity, schemes: Mapping[str, Scheme]) -> tuple[Competency, ...]:
    asked = {one.id: one for scheme in schemes.values() for one in scheme.frameworks}
    kept = [one for one in base.competencies if one.framework not in asked]
    given = [
        Competency(framework.id, code, framework.version)
        for framework in asked.values()
        for code in _codes(form, framework)
    ]
    return tuple(dict.fromkeys([*kept, *given]))


def _codes(form: Form, framework: Framework) -> list[str]:
    said = form.all(MAP + framework.id)
    if not framework.codes:
        return [_short(code)[:80] for text in said for code in _listed(text)][:20]
    known = {code.id for code in framework.codes}
    return [code for code in said if code in known][: None if framework.several else 1]


def _credits(
    form: Form, base: Activity, schemes: Mapping[str, Scheme], faults: dict[str, str]
) -> tuple[Credit, ...]:
    asked = dict.fromkeys(system for scheme in schemes.values() for system in scheme.systems)
    kept = [one for one in base.credits if one.system not in asked]
    former = {one.system: one.claimed_by for one in base.credits}
    for system in asked:
        text = form.get(CREDIT + system)
        if not text:
            continue
        try:
            kept.append(Credit(system, _number(text), former.get(system, "")))
        except InvalidOperation:
            faults[CREDIT + system] = "credits"
    return tuple(kept)
