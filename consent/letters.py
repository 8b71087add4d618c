"""Letters to customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from claims import deadlines
from claims.models import Association, Claim, ClaimEvent, ClaimLine, belonging_to
from claims.services.associations import replacing_lines
from claims.services.lines import approved_lines
from claims.states import AssociationState, DeadlineKind
from cpor_site.common import outbox
from cpor_site.common.countries import country_name
from cpor_site.common.letters import Verbatim, render_letter, usable_locale
from cpor_site.common.mail_addresses import folded
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.spoken import long_date_words

from .models import ConsentRecipient, ConsentRequest, OverviewLink
from .wording import line_text

ABOUT = "consent-recipient"
REQUEST = "consent/letters/request"
ENDED = "consent/letters/ended"
WITHDRAWN = "consent/letters/withdrawn"
EXTENDED = "consent/letters/extended"
REMINDER = "consent/letters/reminder"
NEW_LINK = "consent/letters/new_link"
OVERVIEW = "consent/letters/overview"
NEW_LINKS = "consent-links"
OVERVIEWS = "consent-overview"
WHOLE_CLAIM_ENDS = (
    Association.EndReason.PARTNER_ENDED,
    Association.EndReason.REPLACED,
    Association.EndReason.ADMINISTRATIVE,
)


def write_consent_request(
    recipient: ConsentRecipient, *, now: datetime, once_more: bool = False
) -> None:
    """Write the letter that asks one person at the customer; once for each recipient (7.2).

    The date in it is the one that holds if the letter leaves now; should it leave later, the
    customer has longer and the page says so. Where another partner is recorded now, the letter says
    so without naming it (5.7). ``once_more`` lets it say that the customer refused
    before (Q8).
    """
    claim = recipient.request.claim
    _kind, limit = deadlines.consent(claim.rule_profile, now)
    zone = operator_zone()
    locale = usable_locale(recipient.locale)
    with translation.override(locale):
        date = long_date_words(limit.due_at.astimezone(zone))
        lines = [line_text(line) for line in approved_lines(claim)]
        replacing = [line_text(line) for line in replacing_lines(claim)]
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
            "replacing": replacing,
            "date": date,
            "zone": zone.key,
            "is_admin": recipient.role == ConsentRecipient.Role.TENANT_ADMIN,
            "once_more": once_more,
            "about_page": _about_page(locale),
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


def write_end(claim: Claim, *, now: datetime, operators_reason: str = "") -> None:
    """Tell everybody at the customer who was asked that the association has ended (T13).

    ``operators_reason`` is why the operator ended it, if the operator did (T23).
    """
    for recipient in everybody_asked(claim):
        _write(
            ENDED,
            recipient,
            now,
            key=f"association_ended:{claim.pk}:{recipient.pk}",
            kind="consent_ended",
            day=now,
            lines=_ended_lines(claim),
            was_in_force=claim.activated_at is not None,
            operators_reason=Verbatim(operators_reason),
        )


def write_withdrawal(claim: Claim, event: ClaimEvent) -> None:
    """Tell everybody at the customer who was asked what a colleague has taken back (T12)."""
    gone = ClaimLine.objects.filter(claim=claim, pk__in=event.details["lines"])
    takes_effect_at = datetime.fromisoformat(event.details["takes_effect_at"])
    for recipient in everybody_asked(claim):
        _write(
            WITHDRAWN,
            recipient,
            event.at,
            key=f"{event.kind}:{event.pk}:{recipient.pk}",
            kind="consent_taken_back",
            lines=belonging_to(
                claim, gone.select_related("product", "activity", "subscription").order_by("pk")
            ),
            by=event.actor_name,
            day=takes_effect_at,
            announced=event.kind == "withdrawal_announced",
            was_in_force=claim.activated_at is not None,
        )


def write_extension(request: ConsentRequest, event: ClaimEvent) -> None:
    """Tell everybody who may still answer that there is more time, and until when (7.4)."""
    for recipient in everybody_asked(request.claim):
        if recipient.request_id == request.pk:
            _write(
                EXTENDED,
                recipient,
                event.at,
                key=f"{event.kind}:{event.pk}:{recipient.pk}",
                kind="consent_extended",
                about=f"{ABOUT}:{recipient.pk}",
                lines=approved_lines(request.claim),
                day=request.closes_at,
                link=outbox.MARKER,
            )


def write_reminder(recipient: ConsentRecipient, request: ConsentRequest, *, now: datetime) -> None:
    """Ask one person again, with the link that they have already (2.5)."""
    _write(
        REMINDER,
        recipient,
        now,
        key=f"consent_reminder:{request.pk}:{recipient.pk}",
        kind="consent_reminder",
        about_page=_about_page(usable_locale(recipient.locale)),
        about=f"{ABOUT}:{recipient.pk}",
        lines=approved_lines(request.claim),
        day=request.closes_at,
        link=outbox.MARKER,
    )


def write_new_links(recipients: list[ConsentRecipient], *, about: str, now: datetime) -> None:
    """Write one letter with a link for each claim that somebody is to answer for (TOK-02)."""
    first = recipients[0]
    claims = [recipient.request.claim for recipient in recipients]
    number = claims[0].number if len(claims) == 1 else ""
    _post(
        NEW_LINK,
        first.email,
        first.locale,
        now,
        key=f"new_link:{first.pk}",
        kind="new_link",
        about=f"{NEW_LINKS}:{about}",
        claim_number=number,
        number=number,
        name=first.name,
        zone=operator_zone().key,
        claims=[
            {
                "number": claim.number,
                "partner": claim.organization.name,
                "customer": claim.tenant.name if claim.tenant else "",
                "waits": claim.association_state == AssociationState.PROVISIONAL,
                "until": claim.due_at if claim.deadline_kind == DeadlineKind.CONSENT else None,
            }
            for claim in claims
        ],
        link=outbox.MARKER,
    )


def write_overview(links: list[OverviewLink], *, hours: int, now: datetime) -> None:
    """Write one letter with a link to the overview of each customer that the address is of."""
    first = links[0]
    _post(
        OVERVIEW,
        first.email,
        first.locale,
        now,
        key=f"overview:{first.pk}",
        kind="overview",
        about=f"{OVERVIEWS}:{first.pk}",
        customers=[link.tenant.name for link in links],
        hours=hours,
        link=outbox.MARKER,
    )


def everybody_asked(claim: Claim) -> list[ConsentRecipient]:
    """Return who holds a link to the claim and can be written to, the newest for each address."""
    found: dict[str, ConsentRecipient] = {}
    for recipient in (
        ConsentRecipient.objects.filter(request__claim=claim, superseded_at=None, bounced_at=None)
        .select_related("request")
        .order_by("-pk")
    ):
        found.setdefault(folded(recipient.email), recipient)
    return list(found.values())


def _write(
    template: str,
    recipient: ConsentRecipient,
    now: datetime,
    *,
    key: str,
    kind: str,
    lines: list[ClaimLine],
    about: str = "",
    day: datetime | None = None,
    **context: Any,
) -> None:
    """Write a letter about the recipient's claim; ``day`` is told in the operator's zone."""
    claim = recipient.request.claim
    with translation.override(usable_locale(recipient.locale)):
        words = [line_text(line) for line in lines]
        local = day.astimezone(operator_zone()) if day else None
        date = long_date_words(local) if local else ""
    _post(
        template,
        recipient.email,
        recipient.locale,
        now,
        key=key,
        kind=kind,
        about=about,
        claim_number=claim.number,
        number=claim.number,
        name=recipient.name,
        partner=claim.organization.name,
        customer=claim.tenant.name if claim.tenant else "",
        lines=words,
        date=date,
        zone=operator_zone().key,
        **context,
    )


def _post(
    template: str,
    email: str,
    locale: str,
    now: datetime,
    *,
    key: str,
    kind: str,
    about: str = "",
    claim_number: str = "",
    **context: Any,
) -> None:
    language = usable_locale(locale)
    letter = render_letter(template, language, context)
    outbox.enqueue(
        key=key,
        kind=kind,
        recipient=email,
        locale=language,
        subject=letter.subject,
        text_body=letter.text,
        html_body=letter.html,
        claim_number=claim_number,
        about=about,
        now=now,
    )


def _ended_lines(claim: Claim) -> list[ClaimLine]:
    """Return what the end of the whole claim ended, and not what had ended before."""
    return belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim, association__end_reason__in=WHOLE_CLAIM_ENDS)
        .select_related("product", "activity", "subscription")
        .order_by("pk"),
    )


def _about_page(language: str) -> str:
    """Return the address of the public page that explains all this, in a language."""
    return f"{settings.CPOR_PUBLIC_URL}{reverse('consent_about')}?lang={language}"


def _place(claim: Claim) -> str:
    location = claim.location
    if location is None:
        return ""
    return ", ".join(part for part in (location.city, country_name(location.country)) if part)
