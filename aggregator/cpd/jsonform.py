"""Activities as JSON: the form in which they are kept and given to their member, and back.

Days are `YYYY-MM-DD`, moments `YYYY-MM-DDTHH:MM:SSZ`, what is not known `null`. The secret of a meeting and the
reader's id are not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from aggregator.cpd.record import (
    Activity,
    Assessment,
    Certificate,
    Competency,
    Credit,
    Evidence,
    Membership,
    Reflection,
    SourceItem,
    Verifier,
)
from aggregator.cpd.scheme import Scheme
from aggregator.jsonlines import moment, moment_from

_SAME = (
    "description", "kind", "role", "provider", "validator", "place", "minutes", "suggested_minutes",
    "pre_approved",
)  # fmt: skip


def to_json(activity: Activity) -> dict[str, Any]:
    """Everything of one activity."""
    return {
        "id": activity.id,
        "activity_title": activity.title,
        **{name: getattr(activity, name) for name in _SAME},
        "learning_mode": activity.mode,
        "start_date": moment(activity.start),
        "end_date": moment(activity.end),
        "credits": [{**asdict(one), "number": _number(one.number)} for one in activity.credits],
        "certificate": _certificate(activity),
        "assessment": asdict(activity.assessment) if activity.assessment else None,
        "source_item": _source(activity.source),
        "topics": list(activity.topics),
        "reflection": asdict(activity.reflection),
        "competencies": [asdict(one) for one in activity.competencies],
        "verifier": _verifier(activity.verifier),
        "evidence": [evidence_json(one) for one in activity.evidence],
        "schemes": list(activity.schemes),
        "created": moment(activity.created_at),
        "changed": moment(activity.changed_at),
    }


def for_scheme(activity: Activity, scheme: Scheme) -> dict[str, Any]:
    """The same with what the scheme's frameworks are for: criteria, specialisation and the like by their names."""
    mapped = {
        one.id: [{"code": code, "label": one.label_of(code)} for code in activity.codes(one.id)]
        for one in scheme.frameworks
    }
    roles = {one.role: one.id for one in scheme.frameworks}
    criteria = activity.codes(roles.get("criterion", ""))
    specialisation = activity.codes(roles.get("specialisation", ""))
    return to_json(activity) | {
        "criteria": list(criteria), "specialisation": next(iter(specialisation), None), "mapping": mapped,
    }  # fmt: skip


def from_json(data: Mapping[str, Any], subscriber: str = "") -> Activity:
    """What `to_json` made, but for the evidence, which is kept by itself."""
    certificate, assessment, source = (data.get(name) for name in ("certificate", "assessment", "source_item"))
    return Activity(
        id=data["id"],
        subscriber=subscriber,
        title=data["activity_title"],
        start=_day(data["start_date"]) or date.min,
        end=_day(data.get("end_date")),
        mode=data["learning_mode"],
        **{name: data[name] for name in _SAME},
        credits=tuple(Credit(c["system"], Decimal(str(c["number"])), c["claimed_by"]) for c in data["credits"]),
        certificate=_certificate_of(certificate) if certificate else None,
        assessment=Assessment(**assessment) if assessment else None,
        source=_source_of(source) if source else None,
        topics=tuple(data["topics"]),
        reflection=Reflection(**data["reflection"]),
        competencies=tuple(Competency(**one) for one in data["competencies"]),
        verifier=_verifier_of(data.get("verifier")),
        schemes=tuple(data["schemes"]),
        created_at=moment_from(data.get("created")),
        changed_at=moment_from(data.get("changed")),
    )


def membership_json(membership: Membership) -> dict[str, Any]:
    return {
        "scheme": membership.scheme, "started": moment(membership.started), "level": membership.level,
        "statement": membership.statement, "changed": moment(membership.changed_at),
    }  # fmt: skip


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """What is said of a file or address; never the bytes."""
    return asdict(evidence) | {"added_at": moment(evidence.added_at)}


def certificate_file(activity: Activity) -> Evidence | None:
    """The file that is the certificate, where one is kept."""
    return next((one for one in activity.evidence if one.kind == "certificate"), None)


def _certificate(activity: Activity) -> dict[str, Any] | None:
    held, kept = activity.certificate, certificate_file(activity)
    if held is None and kept is None:
        return None
    own, proof = held or Certificate(), kept or Evidence("")
    return {
        "number": own.number, "issued_by": own.issued_by, "issued_on": moment(own.issued_on),
        "file_name": proof.name, "sha256": proof.sha256,
    }  # fmt: skip


def _certificate_of(data: Mapping[str, Any]) -> Certificate | None:
    found = Certificate(data["number"], data["issued_by"], _day(data["issued_on"]))
    return found if found != Certificate() else None


def _source(source: SourceItem | None) -> dict[str, Any] | None:
    if source is None:
        return None
    data = asdict(source)
    return data | {"seen_in_digest": data.pop("seen_in")}


def _source_of(data: Mapping[str, Any]) -> SourceItem:
    own = dict(data)
    return SourceItem(seen_in=own.pop("seen_in_digest"), **own)


def _verifier(verifier: Verifier | None) -> dict[str, Any] | None:
    return {"name": verifier.name, "role": verifier.role, "date": moment(verifier.on)} if verifier else None


def _verifier_of(data: Mapping[str, Any] | None) -> Verifier | None:
    return Verifier(data["name"], data["role"], _day(data["date"])) if data else None


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None
