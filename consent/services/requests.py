"""Asking the customer after an approval, and opening the window when the letter has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from claims import actors, deadlines, door
from claims.models import Claim, ClaimContact, ClaimEvent, ConsentRenewal, CustomerTenant
from claims.states import AssociationState
from cpor_site.common.key_lists import Among
from cpor_site.common.mail_addresses import folded, is_address
from cpor_site.common.together import change_together

from .. import letters, tokens
from ..models import ConsentRecipient, ConsentRequest

FILLER = letters.ABOUT


@dataclass(frozen=True)
class Addressee:
    """Somebody at the customer who is to be asked."""

    role: str
    name: str
    email: str
    locale: str


def request_consent(claim: Claim, *, now: datetime) -> ConsentRequest:
    """T8: write the consent request and a letter with a link of its own to every addressee (7.2).

    Runs in the transaction of the approval. The window isn't open yet: it opens when the first
    letter has left (``open_window``), so that an outage doesn't eat the customer's days. Links from
    before a dispute are superseded (TOK-02): they could only withdraw what may be refused anew.
    """
    if claim.disputed_at is not None:
        supersede_links(claim, now=now)
    request = ConsentRequest.objects.create(claim=claim, created_at=now)
    once_more = was_asked_once_more(claim)
    for addressee in addressees(claim):
        nonce = tokens.fresh_nonce()
        recipient = ConsentRecipient.objects.create(
            request=request,
            role=addressee.role,
            name=addressee.name,
            email=addressee.email,
            locale=addressee.locale,
            nonce=nonce,
            token_hash=tokens.hash_of(tokens.token_for(nonce)),
        )
        letters.write_consent_request(recipient, now=now, once_more=once_more)
    return request


def ask_once_more(claim: Claim, *, now: datetime) -> ConsentRequest:
    """Q8: ask the customer who refused anew, with new links and a full window of its own.

    Runs in the transaction of the operator's act. Older links are superseded (TOK-02).
    """
    close_request(claim, now=now)
    supersede_links(claim, now=now)
    return request_consent(claim, now=now)


def supersede_links(claim: Claim, *, now: datetime) -> None:
    """Let every link to the claim say that a newer one was sent."""
    ConsentRecipient.objects.filter(request__claim=claim, superseded_at=None).update(
        superseded_at=now
    )


def was_asked_once_more(claim: Claim) -> bool:
    """Whether the customer refused before and the operator agreed to ask again (Q8)."""
    granted = ConsentRenewal.Outcome.GRANTED
    return ConsentRenewal.objects.filter(claim=claim, outcome=granted).exists()


def addressees(claim: Claim) -> list[Addressee]:
    """Return business contact, technical contact and tenant administrators, each address once."""
    tenant = claim.tenant
    assert tenant is not None
    kinds = {
        ClaimContact.Kind.BUSINESS: ConsentRecipient.Role.BUSINESS,
        ClaimContact.Kind.TECHNICAL: ConsentRecipient.Role.TECHNICAL,
    }
    contacts = {each.kind: each for each in claim.contacts.all()}
    found = [
        Addressee(role, contact.name, contact.email, contact.locale or _customer_locale(tenant))
        for kind, role in kinds.items()
        if (contact := contacts.get(kind)) is not None and contact.email
    ]
    found += [
        Addressee(ConsentRecipient.Role.TENANT_ADMIN, "", email, _customer_locale(tenant))
        for email in tenant.admin_emails
    ]
    once: dict[str, Addressee] = {}
    for addressee in found:
        once.setdefault(folded(addressee.email), addressee)
    return list(once.values())


def link_for(recipient_id: int) -> str:
    """Return the recipient's link; asked for by the outbox in the moment of sending.

    Whoever got a newer link while the letter waited finds that one in it.
    """
    recipient = present_link_of(ConsentRecipient.objects.get(pk=recipient_id))
    token = tokens.known_token(recipient.nonce, recipient.token_hash)
    path = reverse("consent_page", args=[token])
    return f"{settings.CPOR_PUBLIC_URL}{path}"


def present_link_of(recipient: ConsentRecipient) -> ConsentRecipient:
    """Return the link that the same address holds to the same request now, else ``recipient``."""
    if recipient.superseded_at is None:
        return recipient
    present = ConsentRecipient.objects.filter(
        is_address("email", recipient.email), request=recipient.request_id, superseded_at=None
    )
    return present.order_by("-pk").first() or recipient


def open_window(recipient_id: int, *, left_at: datetime, came_back: bool = False) -> None:
    """Record that the letter has left, and open the window if it is the request's first (7.4).

    ``came_back`` says that news of the letter's bounce were quicker than those of its leaving. A
    letter that was overtaken by a newer link to the same address counts, for it holds that link.
    Where the customer couldn't be written to before, the window opens with a letter to somebody who
    was asked, and not with the technical contact's copy.
    """
    recipient = ConsentRecipient.objects.select_related("request").get(pk=recipient_id)
    with door.open_for_change(claim_id=recipient.request.claim_id, actor=actors.SYSTEM) as (
        claim,
        _now,
    ):
        request = ConsentRequest.objects.select_for_update().get(pk=recipient.request_id)
        holder = present_link_of(recipient)
        for each in {recipient, holder}:
            if each.sent_at is None:
                # A refusal before the letter left is made good by its leaving; a bounce isn't.
                each.sent_at = left_at
                each.bounced_at = each.bounced_at if came_back else None
                each.save(update_fields=["sent_at", "bounced_at"])
        if request.opened_at is not None or request.closed_at is not None:
            return
        if holder.bounced_at is not None or holder.superseded_at is not None:
            return
        if claim.association_state != AssociationState.PROVISIONAL:
            return
        if request.undelivered_at is None or stands_in(holder):
            start_window(claim, request, left_at=left_at, now=left_at)


def stands_in(recipient: ConsentRecipient) -> bool:
    """Whether it is enough that this person got the letter: who is asked, not who gets a copy."""
    return recipient.role != ConsentRecipient.Role.TECHNICAL


def start_window(
    claim: Claim, request: ConsentRequest, *, left_at: datetime, now: datetime
) -> None:
    """Let the whole window run from ``left_at``; the caller holds claim and request.

    It ends no sooner than an extension has promised.
    """
    kind, limit = deadlines.consent(claim.rule_profile, left_at)
    closes_at = max(limit.due_at, _promised(request) or limit.due_at)
    request.opened_at, request.closes_at, request.undelivered_at = left_at, closes_at, None
    request.save()
    claim.consent_sent_at, claim.consent_closes_at = left_at, closes_at
    claim.consent_undelivered_at = None
    claim.deadline_kind, claim.due_at = kind, closes_at
    door.save(claim, actor=actors.SYSTEM, now=now, reason="consent_window_opened")
    event = door.record(claim, kind="consent_window_opened", actor=actors.SYSTEM, at=now)
    door.tell(claim, event=event, actor=actors.SYSTEM)


def _promised(request: ConsentRequest) -> datetime | None:
    """Return until when a lead gave the customer more time; it outlives a stop of the clock."""
    if request.extended_at is None:
        return None
    told = ClaimEvent.objects.filter(
        claim=request.claim_id, kind="consent_window_extended", at=request.extended_at
    ).first()
    return datetime.fromisoformat(told.details["closes_at"]) if told else None


def stop_window(claim: Claim, request: ConsentRequest, *, now: datetime, reason: str) -> None:
    """Stop the clock: no window runs, and nothing comes into force; event ``reason``.

    The caller holds claim and request.
    """
    before = claim.consent_closes_at
    request.opened_at = request.closes_at = None
    request.save()
    claim.consent_sent_at = claim.consent_closes_at = claim.due_at = None
    claim.deadline_kind = ""
    door.save(claim, actor=actors.SYSTEM, now=now, reason=reason)
    event = door.record(claim, kind=reason, actor=actors.SYSTEM, at=now, nominal_due_at=before)
    door.tell(claim, event=event, actor=actors.SYSTEM)


def close_request(claim: Claim, *, now: datetime) -> None:
    """Close the claim's open request: the window has passed or nothing is left to refuse."""
    for request in ConsentRequest.objects.filter(claim=claim, closed_at=None):
        request.closed_at = now
        request.save()


def close_requests(claims: Sequence[Claim], *, now: datetime) -> None:
    """Close the open requests of many claims at once."""
    of_these = Among("claim", [claim.pk for claim in claims])
    open_requests = ConsentRequest.objects.filter(of_these, closed_at=None)
    change_together(open_requests, {"closed_at": now}, now=now)


def _customer_locale(tenant: CustomerTenant) -> str:
    return tenant.locale or settings.LANGUAGE_CODE
