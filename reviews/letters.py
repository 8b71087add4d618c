"""Letters to the operator's own people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from claims import door
from claims.models import Claim, ClaimEvent
from claims.states import DeadlineKind
from cpor_site.common import outbox
from cpor_site.common.letters import Verbatim, render_letter, usable_locale
from cpor_site.common.models import User

from .models import AdministrativeEnd, CompetingClaimsCase

LATE = "reviews/letters/review_late"
LATE_CASE = "reviews/letters/case_late"
LAPSED = "reviews/letters/end_lapsed"
LATE_CASE_KIND = "late_case_reported"


def write_late_review(claim: Claim, event: ClaimEvent, leads: list[User]) -> None:
    """Tell each lead reviewer that a deadline of the reviewers has passed (2.5: SLA breach)."""
    for lead in leads:
        locale = usable_locale(lead.locale)
        with translation.override(locale):
            clock = str(DeadlineKind(claim.deadline_kind).label)
        _send(
            event,
            event.kind,
            LATE,
            lead,
            {
                "number": claim.number,
                "claim_name": claim.name,
                "customer": claim.tenant.name if claim.tenant else "",
                "partner": claim.organization.name,
                "reviewer": str(claim.assigned_reviewer or ""),
                "clock": clock,
                "kind": claim.deadline_kind,
                "due_at": claim.due_at,
                "case": settings.CPOR_PUBLIC_URL
                + reverse("admin:claims_claim_change", args=[claim.pk]),
                "queue": settings.CPOR_PUBLIC_URL
                + reverse("admin:claims_claim_changelist")
                + "?queue=overdue",
            },
        )


def write_late_case(
    case: CompetingClaimsCase,
    claims: Sequence[Claim],
    event: ClaimEvent,
    leads: list[User],
    due_at: datetime,
) -> None:
    """Tell each lead reviewer that a case of competing claims is late (5.8).

    The letter stays with the operator: it names all parties.
    """
    for lead in leads:
        _send(
            event,
            LATE_CASE_KIND,
            LATE_CASE,
            lead,
            {
                "number": event.claim.number,
                "customer": claims[0].tenant.name if claims and claims[0].tenant else "",
                "claims": [f"{each.number} ({each.organization})" for each in claims],
                "arbiter": str(case.arbiter or ""),
                "opened_at": case.opened_at,
                "due_at": due_at,
                "case": settings.CPOR_PUBLIC_URL
                + reverse("admin:reviews_competingclaimscase_change", args=[case.pk]),
                "queue": settings.CPOR_PUBLIC_URL
                + reverse("admin:reviews_competingclaimscase_changelist")
                + "?stage=open",
            },
        )


def write_lapsed_end(proposal: AdministrativeEnd, claim: Claim, event: ClaimEvent) -> None:
    """Tell who proposed to close a claim that something else has closed it (T23)."""
    lead = proposal.proposed_by
    with translation.override(usable_locale(lead.locale)):
        stands = door.status_label(claim)
    _send(
        event,
        event.kind,
        LAPSED,
        lead,
        {
            "number": claim.number,
            "claim_name": claim.name,
            "customer": claim.tenant.name if claim.tenant else "",
            "partner": claim.organization.name,
            "status": stands,
            "reason": Verbatim(proposal.reason),
            "proposed_at": proposal.proposed_at,
            "case": settings.CPOR_PUBLIC_URL
            + reverse("admin:claims_claim_change", args=[claim.pk]),
        },
    )


def _send(event: ClaimEvent, kind: str, template: str, lead: User, context: dict[str, Any]) -> None:
    """Write a letter about the event to one lead; ``context`` is what it names beside them."""
    locale = usable_locale(lead.locale)
    about = {"reader_name": lead.full_name, "zone": lead.time_zone}
    letter = render_letter(template, locale, context | about)
    outbox.enqueue(
        key=f"{event.pk}:{kind}:{lead.email}",
        kind=kind,
        recipient=lead.email,
        locale=locale,
        subject=letter.subject,
        text_body=letter.text,
        html_body=letter.html,
        claim_number=event.claim.number,
        now=event.at,
    )
