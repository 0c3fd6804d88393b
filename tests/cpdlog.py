"""Activities for the tests of the log: the cases that schemes differ over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from aggregator.config.schemes import load_schemes
from aggregator.cpd import Activity
from aggregator.cpd.record import (
    Assessment,
    Certificate,
    Competency,
    Credit,
    Evidence,
    Reflection,
    SourceItem,
    Verifier,
)

SCHEMES = load_schemes()[0]
TODAY = date(2026, 11, 23)


def activity(number: int = 1, **more: Any) -> Activity:
    """A reading of an hour on 2 November 2026, logged for no scheme."""
    base: dict[str, Any] = {
        "id": f"a{number}", "subscriber": "r1", "title": f"Activity {number}", "start": date(2026, 11, 2),
        "minutes": 60,
    }  # fmt: skip
    return Activity(**base | more)


def mapped(**codes: str) -> tuple[Competency, ...]:
    """`mapped(lianza_cluster="1")` -> the code 1 of the framework lianza.cluster."""
    return tuple(Competency(name.replace("_", "."), code) for name, code in codes.items())


FULL = Activity(
    id="full", subscriber="r1", title="=Linked data, step by step", start=date(2025, 12, 30), end=date(2026, 1, 2),
    description="A course on linked data; tutors answer.", kind="course", mode="non_formal", role="participant",
    provider="Università di Zagabria", validator="AIB", place="online", minutes=750, suggested_minutes=900,
    credits=(Credit("AIB", Decimal("3.5"), "AIB"), Credit("CFU", Decimal(2)), Credit("AHIP", Decimal("12.5"))),
    certificate=Certificate("N. 17/2026", "AIB", date(2026, 1, 9)), assessment=Assessment("prova finale", True),
    source=SourceItem("i1", "https://courses.example/ld", "Linked data, step by step", "course", "Courses", "2025-W50"),
    topics=("Linked data", "Cataloguing"),
    reflection=Reflection("What I learned.\nTwo lines.", "So what?", "@Now what"),
    competencies=(
        *mapped(cilip_criterion="2", ahip_category="ce", ahip_organisation="mla", lianza_cluster="5",
                lianza_domain="knowing", alia_specialisation="research", eqf="6"),
        Competency("uni11535", "A.3", "2023"), Competency("pksb", "1.4"), Competency("cilip.criterion", "1"),
    ),
    pre_approved=False, verifier=Verifier("Maja Novak", "mentor", date(2026, 1, 10)),
    evidence=(
        Evidence("e1", "certificate", "attestato.pdf", "application/pdf", 1234, "ab" * 32),
        Evidence("e2", "other", url="https://badges.example/1"),
    ),
    schemes=("cilip", "aib", "alia", "ahip", "lianza", "generic", "hkd"),
)  # fmt: skip
