"""Letters to the operator's own people."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from claims.models import Claim, ClaimEvent
from claims.states import DeadlineKind
from cpor_site.common import outbox
from cpor_site.common.letters import render_letter, usable_locale
from cpor_site.common.models import User

LATE = "reviews/letters/review_late"


def write_late_review(claim: Claim, event: ClaimEvent, leads: list[User]) -> None:
    """Tell each lead reviewer that a deadline of the reviewers has passed (2.5: SLA breach)."""
    for lead in leads:
        locale = usable_locale(lead.locale)
        with translation.override(locale):
            clock = str(DeadlineKind(claim.deadline_kind).label)
        letter = render_letter(
            LATE,
            locale,
            {
                "number": claim.number,
                "claim_name": claim.name,
                "customer": claim.tenant.name if claim.tenant else "",
                "partner": claim.organization.name,
                "reader_name": lead.full_name,
                "reviewer": str(claim.assigned_reviewer or ""),
                "clock": clock,
                "kind": claim.deadline_kind,
                "due_at": claim.due_at,
                "zone": lead.time_zone,
                "case": settings.CPOR_PUBLIC_URL
                + reverse("admin:claims_claim_change", args=[claim.pk]),
                "queue": settings.CPOR_PUBLIC_URL
                + reverse("admin:claims_claim_changelist")
                + "?queue=overdue",
            },
        )
        outbox.enqueue(
            key=f"{event.pk}:{event.kind}:{lead.email}",
            kind=event.kind,
            recipient=lead.email,
            locale=locale,
            subject=letter.subject,
            text_body=letter.text,
            html_body=letter.html,
            claim_number=claim.number,
            now=event.at,
        )
