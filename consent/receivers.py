"""What consent does when a claim moves and when a letter has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from claims import onward as to_the_partner
from claims.models import Claim, ClaimEvent
from claims.signals import Moved, claim_moved, claims_moved, people_replaced
from cpor_site.common.deliveries import letter_delivered, letter_lost
from cpor_site.common.evidence.personal import People
from cpor_site.common.models import OutboxMessage
from cpor_site.common.outbox import letter_left, register_filler

from . import letters, onward
from .services import handoffs, links, overview, requests, retention, undelivered

NOTHING_LEFT_TO_REFUSE = frozenset(
    {
        "consent_declined",
        "consent_withdrawn",
        "window_closed",
        "association_ended",
        "association_closed_by_operator",
        "association_expired",
        "association_displaced",
    }
)
TAKEN_BACK = frozenset({"consent_withdrawn", "line_withdrawn"})

to_the_partner.register(onward.sentences)
register_filler(requests.FILLER, requests.link_for)
register_filler(letters.NEW_LINKS, links.links_of_letter)
register_filler(letters.OVERVIEWS, overview.links_of_letter)


@receiver(claim_moved, dispatch_uid="consent.follow_claim")
def follow_claim(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Ask the customer after an approval; close the request when nothing is left to answer.

    The end of an association is handed over and told to the customer's people who were asked.
    Whatever ends a line that was in force, its end is handed over: the lines are looked at, and
    not the event's name.
    """
    if event.kind == "claim_approved":
        requests.request_consent(claim, now=event.at)
    elif event.kind == "contact_replaced":
        undelivered.ask_anew(claim, now=event.at)
    elif event.kind == "consent_renewed":
        requests.ask_once_more(claim, now=event.at)
    elif event.kind in NOTHING_LEFT_TO_REFUSE:
        requests.close_request(claim, now=event.at)
    if claim.activated_at is not None and event.kind != "window_closed":
        handoffs.take_back(claim, now=event.at)
    if event.kind == "association_ended":
        letters.write_end(claim, now=event.at)
    elif event.kind == "association_closed_by_operator":
        letters.write_end(claim, now=event.at, operators_reason=claim.ended_reason)
    if event.kind in TAKEN_BACK | {"withdrawal_announced"}:
        letters.write_withdrawal(claim, event)


@receiver(claims_moved, dispatch_uid="consent.follow_claim")
def follow_claims(*, moves: Sequence[Moved], **kwargs: Any) -> None:
    """Do the same for many claims; the requests of passed windows are closed together."""
    passed = [move for move in moves if move.event.kind == "window_closed"]
    if passed:
        requests.close_requests([move.claim for move in passed], now=passed[0].event.at)
    for claim, event in moves:
        if event.kind != "window_closed":
            follow_claim(claim=claim, event=event, **kwargs)


@receiver(letter_left, dispatch_uid="consent.open_window")
def open_window(*, message: OutboxMessage, at: datetime, **kwargs: Any) -> None:
    """Open the window with the first consent letter that leaves; note when new links left."""
    kind, _colon, recipient_id = message.about.partition(":")
    if kind == requests.FILLER:
        came_back = message.bounced_at is not None
        requests.open_window(int(recipient_id), left_at=at, came_back=came_back)
    elif kind == letters.NEW_LINKS:
        links.note_letter(int(recipient_id), at)


@receiver(letter_delivered, dispatch_uid="consent.note_delivered")
def note_delivered(*, message: OutboxMessage, at: datetime, **kwargs: Any) -> None:
    """Note that a customer's person has the letter."""
    undelivered.note_delivered(message, at=at)


@receiver(letter_lost, dispatch_uid="consent.note_lost")
def note_lost(*, message: OutboxMessage, at: datetime, reason: str, **kwargs: Any) -> None:
    """Stop the clock where the customer can't be reached."""
    undelivered.note_lost(message, at=at, reason=reason)


@receiver(people_replaced, dispatch_uid="consent.forget_people")
def forget_people(*, claim: Claim, people: People, **kwargs: Any) -> None:
    """Follow the people of a claim to where they asked for links."""
    retention.forget_people(claim, people)
