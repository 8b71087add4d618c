"""When the letter to the customer doesn't arrive, and asking somebody else (7.2, 7.4).

Silence counts as consent only if the customer could have spoken. The business contact is asked, and
so are registered administrators, whom the operator knows; either of them having the letter is
enough. The technical contact gets a copy and doesn't stand in for them.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from claims import actors, door
from claims.models import Claim
from claims.states import AssociationState
from cpor_site.common.deliveries import shortened
from cpor_site.common.models import OutboxMessage

from .. import letters
from ..models import ConsentEvent, ConsentRecipient, ConsentRequest
from . import links, requests

Kind, Role = ConsentEvent.Kind, ConsentRecipient.Role


def note_delivered(message: OutboxMessage, *, at: datetime) -> None:
    """Note on whoever the letter has a link for that it has arrived."""
    for recipient in ConsentRecipient.objects.filter(
        pk__in=recipients_of(message), delivered_at=None
    ).select_related("request"):
        recipient.delivered_at = at
        recipient.save(update_fields=["delivered_at"])
        ConsentEvent.objects.create(
            request=recipient.request, recipient=recipient, kind=Kind.DELIVERED, at=at
        )


def note_lost(message: OutboxMessage, *, at: datetime, reason: str) -> None:
    """Note on whoever the letter has a link for that it was lost, and look at the clock anew."""
    found = ConsentRecipient.objects.filter(pk__in=recipients_of(message))
    for pk, claim_id in found.order_by("request__claim").values_list("pk", "request__claim"):
        with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
            _lose(claim, pk, message, at=at, reason=reason, now=now)


def ask_anew(claim: Claim, *, now: datetime) -> ConsentRequest:
    """Ask the customer again, after the partner has named another contact.

    Runs in the transaction of that act. Effects, in order: the open request closed, every older
    link superseded (TOK-02), a new request with letters to everybody, whose full window opens with
    the first one that leaves.
    """
    requests.close_request(claim, now=now)
    requests.supersede_links(claim, now=now)
    request = requests.request_consent(claim, now=now)
    business = request.recipients.filter(role=Role.BUSINESS).first()
    ConsentEvent.objects.create(
        request=request, recipient=business, kind=Kind.CONTACT_REPLACED, at=now
    )
    return request


def losses_of(claim: Claim) -> list[ConsentEvent]:
    """Return which letters to the customer came back, the newest first."""
    lost = ConsentEvent.objects.filter(request__claim=claim, kind=Kind.BOUNCED)
    return list(lost.select_related("recipient").order_by("-at", "-pk"))


def recipients_of(message: OutboxMessage) -> list[int]:
    """Return the keys of those whose links stand in the letter; none for letters of other kinds."""
    prefix, _colon, number = message.about.partition(":")
    if prefix == requests.FILLER:
        recipient = ConsentRecipient.objects.get(pk=int(number))
        overtaken_at, left_at = recipient.superseded_at, message.sent_at
        if overtaken_at is not None and (left_at is None or left_at >= overtaken_at):
            recipient = requests.present_link_of(recipient)
        return [recipient.pk]
    if prefix == letters.NEW_LINKS:
        return links.recipients_of_letter(int(number))
    return []


def _lose(
    claim: Claim,
    recipient_id: int,
    message: OutboxMessage,
    *,
    at: datetime,
    reason: str,
    now: datetime,
) -> None:
    recipient = ConsentRecipient.objects.get(pk=recipient_id)
    had_another = recipient.delivered_at is not None and message.delivered_at is None
    if recipient.bounced_at is not None or had_another:
        return
    recipient.bounced_at = at
    recipient.save(update_fields=["bounced_at"])
    ConsentEvent.objects.create(
        request_id=recipient.request_id,
        recipient=recipient,
        kind=Kind.BOUNCED,
        at=at,
        note=shortened(reason),
    )
    request = ConsentRequest.objects.select_for_update().get(pk=recipient.request_id)
    is_open = request.closed_at is None and request.undelivered_at is None
    if not is_open or claim.association_state != AssociationState.PROVISIONAL:
        return
    # Whoever has answered has read the letter, whatever a server says about it.
    if recipient.superseded_at is None and not request.answers.exists():
        _reckon(claim, request, now=now)


def _reckon(claim: Claim, request: ConsentRequest, *, now: datetime) -> None:
    """Let the window run from the first letter that wasn't lost, or stop it if there is none."""
    arrived = request.recipients.filter(bounced_at=None)
    first = arrived.aggregate(first=Min("sent_at"))["first"]
    if not any(requests.stands_in(each) for each in arrived.filter(superseded_at=None)):
        request.undelivered_at = claim.consent_undelivered_at = now
        requests.stop_window(claim, request, now=now, reason="consent_undelivered")
    elif request.opened_at is not None and first is None:
        requests.stop_window(claim, request, now=now, reason="consent_window_stopped")
    elif request.opened_at is not None and first > request.opened_at:
        requests.start_window(claim, request, left_at=first, now=now)
