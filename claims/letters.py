"""Letters to the partner about acts on a claim (section 2.5).

They go to the claim's partner contact and to the person who submitted it, each in their own
language, once if that is the same address. Every letter names the claim, whose move it is, and the
date by which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cpor_site.common import outbox, spoken
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.letters import RenderedLetter, Verbatim, render_letter, usable_locale
from cpor_site.common.models import OutboxMessage, User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.templatetags.letters import usable_zone

from . import actors, deadlines, letters_competing, reminding
from .actors import Capability
from .letter_words import claim_page, in_words, named_lines, ruling
from .models import (
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    Comment,
    Dispute,
    PartnerOrganization,
    ReviewDecision,
    ReviewFinding,
    belonging_to,
)
from .services.lines import approved_lines, included_lines
from .standing import renewal_of
from .standing_for_partners import standing_of
from .states import (
    DeadlineKind,
    DeficiencyCode,
    LineStatus,
    RejectionReason,
    Side,
    Status,
)

CUSTOMER_REASONS = {
    "not_our_partner": _("your company isn't their partner"),
    "wrong_products": _("the products are wrong"),
    "other_partner": _("another partner does this for them"),
    "project_ended": _("the project has ended"),
}
"""What a customer's reason for declining reads like to the partner; others aren't passed on."""


class Reader(NamedTuple):
    """Somebody at the partner who gets the letters about a claim."""

    email: str
    name: str
    locale: str
    zone: str


def readers(claim: Claim) -> list[Reader]:
    """Return the partner contact and the submitter, who must still be able to see the claim."""
    organization = claim.organization
    found = [
        contact_reader(organization, contact.email, contact.name, contact.locale)
        for contact in ClaimContact.objects.filter(claim=claim, kind=ClaimContact.Kind.PARTNER)
    ]
    submitter = claim.submitted_by
    if submitter is not None and actors.partner_can(submitter, Capability.SEE, claim):
        found.append(user_reader(organization, submitter))
    return each_once(found)


def contact_reader(organization: PartnerOrganization, email: str, name: str, locale: str) -> Reader:
    """Return a contact of a claim, in their own language or the organisation's."""
    return Reader(email, name, usable_locale(locale, organization.locale), organization.time_zone)


def user_reader(organization: PartnerOrganization, user: User) -> Reader:
    """Return a user, in their own language or the organisation's, with their own clock."""
    locale = usable_locale(user.locale, organization.locale)
    return Reader(user.email, user.full_name, locale, user.time_zone)


def each_once(found: Iterable[Reader]) -> list[Reader]:
    """Return who has an address, each address once.

    Of one address the last reader wins: a user's own language and zone are known best.
    """
    return list({each.email.strip().lower(): each for each in found if each.email}.values())


def owners(claim: Claim) -> list[Reader]:
    """Return who started the claim, if they may still work on it: who reads about a draft."""
    user = claim.created_by
    if not actors.partner_can(user, Capability.DRAFT, claim):
        return []
    return [user_reader(claim.organization, user)]


def write_letters(claim: Claim, event: ClaimEvent) -> list[OutboxMessage]:
    """Write the letters that the event calls for; most events call for none.

    Runs in the transaction of the act, with the claim as the act has saved it. Rows that a letter
    quotes (findings, comment) must have been written before.
    """
    compose = LETTERS.get(event.kind)
    own = compose(claim, event) if compose else None
    if own is None:
        return []
    context = shared_context(claim, event.at) | own
    calendar = operator_calendar()
    written = []
    is_draft = event.kind == DRAFT or claim.status == Status.EDITING
    for reader in owners(claim) if is_draft else readers(claim):
        letter = render_letter(
            f"{FOLDER}/{event.kind}",
            reader.locale,
            context | reader_context(claim, reader, event.at, calendar),
        )
        message = outbox.enqueue(**entry(claim, event, reader, letter))
        if message is not None:
            written.append(message)
    return written


def entry(claim: Claim, event: ClaimEvent, reader: Reader, letter: RenderedLetter) -> outbox.Entry:
    """Return what the outbox is given: one row for an event and a reader."""
    return {
        "key": f"{event.pk}:{event.kind}:{reader.email}",
        "kind": event.kind,
        "recipient": reader.email,
        "locale": reader.locale,
        "subject": letter.subject,
        "text_body": letter.text,
        "html_body": letter.html,
        "claim_number": claim.number,
        "now": event.at,
    }


def shared_context(claim: Claim, at: datetime) -> dict[str, Any]:
    """Return what every letter about the claim can name; ``at`` is when it happened."""
    customer = claim.tenant.name if claim.tenant else claim.domain_as_typed
    return {
        **names_of(claim, customer),
        "lines": [in_words(line) for line in included_lines(claim)],
        "due_at": claim.due_at,
        "happened_at": at,
    }


def names_of(claim: Claim, customer: str) -> dict[str, str]:
    """Return how letters name the claim, its customer and its page."""
    return {
        "number": claim.number,
        "claim_name": claim.name,
        "customer": customer,
        "claim_page": claim_page(claim),
    }


def reader_context(
    claim: Claim, reader: Reader, at: datetime, calendar: BusinessCalendar
) -> dict[str, Any]:
    """Return what depends on who reads: the name, the zone, and whose move it is in words."""
    return reader_facts(reader, move_for(claim, reader, at, calendar))


def move_for(claim: Claim, reader: Reader, at: datetime, calendar: BusinessCalendar) -> str:
    """Return whose move it is, in the reader's language and on the reader's clock."""
    zone = usable_zone(reader.zone)
    with translation.override(reader.locale), timezone.override(zone), spoken.written_out():
        return standing_of(claim, at, calendar).move


def reader_facts(reader: Reader, move: str) -> dict[str, Any]:
    """Return what a letter is told of its reader."""
    return {"reader_name": reader.name, "zone": reader.zone, "move": move}


def _submitted(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"may_edit": claim.rule_profile.edit_while_submitted}


def _undelivered(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    kind = ClaimContact.Kind.BUSINESS
    contact = ClaimContact.objects.filter(claim=claim, kind=kind).first()
    return {
        "contact": contact.name if contact else "",
        "address": contact.email if contact else "",
        "contact_page": settings.CPOR_PUBLIC_URL + reverse("claim_other_contact", args=[claim.pk]),
    }


def _nothing_more(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {}


def _action_requested(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    findings = ReviewFinding.objects.filter(claim=claim, round=claim.round, resolved_at=None)
    question = (
        Comment.objects.filter(claim=claim, round=claim.round, requires_response=True)
        .order_by("-created_at", "-pk")
        .first()
    )
    return {
        "in_dispute": claim.disputed_at is not None,
        "comment": Verbatim(question.body if question else ""),
        "findings": [
            {
                "label": DeficiencyCode(finding.code).label,
                "products": sorted({line.product.name for line in finding.lines.all()}),
                "explanation": finding.explanation,
            }
            for finding in findings.prefetch_related("lines__product")
        ],
    }


def _comment_added(claim: Claim, event: ClaimEvent) -> dict[str, Any] | None:
    """A reviewer's own comment; what is asked with T5 has a letter of its own."""
    comment = Comment.objects.get(pk=event.details["comment"])
    if comment.side != Side.REVIEWER or comment.requires_response:
        return None
    return {"comment": Verbatim(comment.body)}


def rejected_context(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """Return what the letter about a rejection names; reads the claim's own columns only."""
    can_dispute = claim.deadline_kind == DeadlineKind.DISPUTE_FILING
    return {
        "reasons": [RejectionReason(reason).label for reason in claim.rejection_reasons],
        "due_at": claim.due_at if can_dispute else None,
        "after_dispute": claim.disputed_at is not None,
        "was_silent": RejectionReason.NO_RESPONSE in claim.rejection_reasons,
        "lines": [],
    } | ruling(event)


def _approved(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    decision = ReviewDecision.objects.filter(
        claim=claim, outcome=ReviewDecision.Outcome.APPROVED
    ).latest("decided_at", "pk")
    return {
        "after_dispute": claim.disputed_at is not None,
        "grounds": ruling(event)["grounds"],
        "said": Verbatim(decision.text),
        "lines": [in_words(line) for line in approved_lines(claim)],
        "window_ends_at": deadlines.consent(claim.rule_profile, event.at)[1].due_at,
    }


def _declined(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """T10: what the customer declined, and what remains."""
    in_window = claim.deadline_kind == DeadlineKind.CONSENT
    return {
        "lines": [in_words(line) for line in named_lines(claim, event)],
        "remaining": [in_words(line) for line in approved_lines(claim)],
        "due_at": claim.due_at if in_window else None,
        "customer_reason": CUSTOMER_REASONS.get(event.details.get("customer_reason", ""), ""),
        "customer_message": Verbatim(event.details.get("customer_message", "")),
        "ask_again_until": _may_ask_again(claim),
    }


def _may_ask_again(claim: Claim) -> datetime | None:
    """Return until when the partner may ask that the customer be asked again, once (Q8)."""
    if claim.status != Status.REJECTED or renewal_of(claim) is not None:
        return None
    return deadlines.renewal_end(claim)


def _renewed(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """Q8: the customer is asked once more."""
    return {
        "said": Verbatim(event.details.get("text", "")),
        "lines": [in_words(line) for line in approved_lines(claim)],
        "window_ends_at": deadlines.consent(claim.rule_profile, event.at)[1].due_at,
    }


def _renewal_refused(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"said": Verbatim(event.details.get("text", "")), "lines": []}


def _taken_back(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """T12, done or announced: what the customer takes back, and what remains."""
    gone = set(event.details["lines"])
    return {
        "lines": [in_words(line) for line in named_lines(claim, event)],
        "remaining": [in_words(line) for line in approved_lines(claim) if line.pk not in gone],
        "takes_effect_at": datetime.fromisoformat(event.details["takes_effect_at"]),
        "was_in_force": claim.activated_at is not None,
        "due_at": None,
        "customer_reason": CUSTOMER_REASONS.get(event.details.get("customer_reason", ""), ""),
        "customer_message": Verbatim(event.details.get("customer_message", "")),
    }


def _active(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return active_context(claim) | {"lines": [in_words(line) for line in approved_lines(claim)]}


def active_context(claim: Claim) -> dict[str, Any]:
    """Return what the letter about an association in force says beside the approved lines."""
    return {
        "activated_at": claim.activated_at,
        "after_dispute": claim.disputed_at is not None,
    }


def _withdrawn(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"reason": Verbatim(event.details.get("text", "")), "lines": []}


def _disputed(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    dispute = Dispute.objects.get(claim=claim, opened_at=event.at)
    return {"justification": Verbatim(dispute.justification)}


def _association_ended(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    ended = ClaimLine.objects.filter(claim=claim, line_status=LineStatus.ENDED).select_related(
        "product", "activity", "subscription"
    )
    return {
        "reason": Verbatim(claim.ended_reason),
        "lines": [in_words(line) for line in belonging_to(claim, ended.order_by("pk"))],
        "was_in_force": claim.activated_at is not None,
    }


def _expired(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """T22: what ended with its subscription, what remains, and where to claim anew."""
    return {
        "lines": [in_words(line) for line in named_lines(claim, event)],
        "remaining": [in_words(line) for line in approved_lines(claim)],
        "renew_page": settings.CPOR_PUBLIC_URL + reverse("claim_renew", args=[claim.pk]),
    }


def _subscriptions_end(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    lines = belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim, pk__in=event.details["lines"])
        .select_related("product", "activity", "subscription")
        .order_by("subscription__ends_on", "pk"),
    )
    ends = [line.subscription.ends_on for line in lines if line.subscription]
    draft = Claim.objects.filter(copied_from=claim, is_renewal=True, status=Status.EDITING).last()
    return {
        "lines": [],
        "ending": [
            {"line": in_words(line), "ends_on": day} for line, day in zip(lines, ends, strict=True)
        ],
        "ends_on": ends[0],
        "draft": draft.number if draft else "",
        "renew_page": settings.CPOR_PUBLIC_URL + reverse("claim_renew", args=[claim.pk]),
    }


def _proof_is_old(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {
        "lines": [in_words(line) for line in approved_lines(claim)],
        "proof_on": date.fromisoformat(event.details["day"]),
        "months": claim.rule_profile.poe_max_age_months,
    }


def _document_refused(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """POE-05: the file in the partner's words and what was found in it."""
    return {"document": event.details["name"], "found": event.details["found"]}


def _idle_draft(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    return {"since": claim.changed_at, "archived_at": claim.changed_at + reminding.DRAFT_KEPT}


FOLDER = "claims/letters"
DRAFT = "draft_reminder_sent"

LETTERS: dict[str, Callable[[Claim, ClaimEvent], dict[str, Any] | None]] = {
    "claim_submitted": _submitted,
    "claim_resubmitted": _nothing_more,
    "claim_taken_up": _nothing_more,
    "action_requested": _action_requested,
    "comment_added": _comment_added,
    "claim_rejected": rejected_context,
    "claim_approved": _approved,
    "consent_undelivered": _undelivered,
    "consent_declined": _declined,
    "line_refused": _declined,
    "window_closed": _active,
    "withdrawal_announced": _taken_back,
    "consent_withdrawn": _taken_back,
    "line_withdrawn": _taken_back,
    "claim_withdrawn": _withdrawn,
    "competing_check_started": _nothing_more,
    "newer_proof_requested": letters_competing.newer_proof,
    "proof_request_closed": letters_competing.stays,
    "competing_case_ruled": letters_competing.ruled,
    "line_lost": letters_competing.lost,
    "association_spared": letters_competing.stays,
    "association_displaced": letters_competing.displaced,
    "line_displaced": letters_competing.displaced,
    "claim_split": letters_competing.split,
    "claim_disputed": _disputed,
    "association_ended": _association_ended,
    "consent_renewed": _renewed,
    "renewal_refused": _renewal_refused,
    "claim_closed_by_operator": _withdrawn,
    "association_closed_by_operator": _association_ended,
    "association_expired": _expired,
    "line_expired": _expired,
    "half_time_reminder_sent": _action_requested,
    "last_day_reminder_sent": _action_requested,
    "subscription_reminder_sent": _subscriptions_end,
    "proof_reminder_sent": _proof_is_old,
    "document_refused": _document_refused,
    DRAFT: _idle_draft,
}
