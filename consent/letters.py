"""Letters to customers."""

from __future__ import annotations

from datetime import datetime

from django.utils import formats, translation

from claims import deadlines
from claims.models import Claim, ClaimLine
from claims.services.lines import approved_lines
from claims.states import LineStatus
from cpor_site.common import outbox
from cpor_site.common.letters import render_letter, usable_locale
from cpor_site.common.operator_calendar import operator_zone

from .models import ConsentRecipient
from .wording import line_text

ABOUT = "consent-recipient"
REQUEST = "consent/letters/request"
ENDED = "consent/letters/ended"


def write_consent_request(recipient: ConsentRecipient, *, now: datetime) -> None:
    """Write the letter that asks one person at the customer; once for each recipient (7.2).

    The date in it is the one that holds if the letter leaves now; should it leave later, the
    customer has longer and the page says so.
    """
    claim = recipient.request.claim
    _kind, limit = deadlines.consent(claim.rule_profile, now)
    zone = operator_zone()
    locale = usable_locale(recipient.locale)
    with translation.override(locale):
        date = formats.date_format(limit.due_at.astimezone(zone), "DATE_FORMAT")
        lines = [line_text(line) for line in approved_lines(claim)]
    letter = render_letter(
        REQUEST,
        locale,
        {
            "number": claim.number,
            "name": recipient.name,
            "partner": claim.organization.name,
            "partner_id": claim.location.partner_id if claim.location else "",
            "place": _place(claim),
            "customer": claim.tenant.name if claim.tenant else "",
            "lines": lines,
            "date": date,
            "zone": zone.key,
            "link": outbox.MARKER,
        },
    )
    outbox.enqueue(
        key=f"consent_request:{recipient.pk}",
        kind="consent_request",
        recipient=recipient.email,
        locale=locale,
        subject=letter.subject,
        text_body=letter.text,
        html_body=letter.html,
        claim_number=claim.number,
        about=f"{ABOUT}:{recipient.pk}",
        now=now,
    )


def write_end(claim: Claim, *, now: datetime) -> None:
    """Tell everybody at the customer who was asked that the association has ended (T13)."""
    written: set[str] = set()
    for recipient in ConsentRecipient.objects.filter(
        request__claim=claim, superseded_at=None
    ).order_by("-pk"):
        if recipient.email.lower() in written:
            continue
        written.add(recipient.email.lower())
        locale = usable_locale(recipient.locale)
        with translation.override(locale):
            lines = [line_text(line) for line in _ended_lines(claim)]
        letter = render_letter(
            ENDED,
            locale,
            {
                "number": claim.number,
                "name": recipient.name,
                "partner": claim.organization.name,
                "customer": claim.tenant.name if claim.tenant else "",
                "lines": lines,
                "was_in_force": claim.activated_at is not None,
            },
        )
        outbox.enqueue(
            key=f"association_ended:{claim.pk}:{recipient.pk}",
            kind="consent_ended",
            recipient=recipient.email,
            locale=locale,
            subject=letter.subject,
            text_body=letter.text,
            html_body=letter.html,
            claim_number=claim.number,
            now=now,
        )


def _ended_lines(claim: Claim) -> list[ClaimLine]:
    return list(
        ClaimLine.objects.filter(claim=claim, line_status=LineStatus.ENDED)
        .select_related("product", "activity", "subscription")
        .order_by("pk")
    )


def _place(claim: Claim) -> str:
    location = claim.location
    if location is None:
        return ""
    return ", ".join(part for part in (location.city, location.country) if part)
