"""The letters about many claims that moved at once: the same rows as ``letters.write_letters``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from cpor_site.common import outbox
from cpor_site.common.letter_series import LetterSeries
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar

from . import actors, letters
from .actors import Capability
from .letters import Reader
from .models import Claim, ClaimContact, ClaimLine, Membership
from .signals import Moved
from .standing import waiting_requests
from .standing_for_partners import move_facts
from .states import LineStatus

WRITTEN_TOGETHER = frozenset({"claim_rejected", "window_closed"})
MERGED = ("number", "claim_name", "customer", "lines", "claim_page", "reader_name")
"""What the templates of these letters only print."""


def write_letters(moves: Sequence[Moved]) -> None:
    """Write the letters that the events call for, those of frequent kinds by few statements."""
    for claim, event in moves:
        if event.kind not in WRITTEN_TOGETHER:
            letters.write_letters(claim, event)
    together = [move for move in moves if move.event.kind in WRITTEN_TOGETHER]
    if together:
        outbox.enqueue_many(_written(together))


def _written(moves: Sequence[Moved]) -> Iterable[outbox.Entry]:
    claims = [move.claim for move in moves]
    prefetch_related_objects(claims, waiting_requests())
    readers = _readers(claims)
    approved = _approved_lines([move.claim for move in moves if move.event.kind == "window_closed"])
    calendar = operator_calendar()
    series = LetterSeries(*MERGED)
    moves_told: dict[Any, str] = {}
    for claim, event in moves:
        if event.kind == "claim_rejected":
            own = letters.rejected_context(claim, event)
        else:
            own = letters.active_context(claim, approved[claim.pk])
        context = letters.shared_context(claim, event.at, lines=[]) | own
        for reader in readers[claim.pk]:
            alike = (reader.locale, reader.zone, event.at, *move_facts(claim))
            move = moves_told.get(alike)
            if move is None:
                move = letters.move_for(claim, reader, event.at, calendar)
                moves_told[alike] = move
            told = letters.reader_facts(reader, move)
            letter = series.render(f"{letters.FOLDER}/{event.kind}", reader.locale, context | told)
            yield letters.entry(claim, event, reader, letter)


def _readers(claims: Sequence[Claim]) -> dict[int, list[Reader]]:
    contacts = {
        contact.claim_id: contact
        for contact in ClaimContact.objects.filter(claim__in=claims, kind=ClaimContact.Kind.PARTNER)
    }
    users = User.objects.in_bulk(
        {claim.submitted_by_id for claim in claims if claim.submitted_by_id}
    )
    memberships: dict[tuple[int, int], list[Membership]] = defaultdict(list)
    for membership in (
        Membership.objects.filter(user__in=users, is_active=True)
        .select_related("organization")
        .prefetch_related("locations")
    ):
        memberships[membership.user_id, membership.organization_id].append(membership)

    def submitter_of(claim: Claim) -> User | None:
        user = users.get(claim.submitted_by_id or 0)
        if user is None or not user.is_active:
            return None
        in_organization = memberships[user.pk, claim.organization_id]
        has = actors.capabilities_by(in_organization, user, claim)
        return user if Capability.SEE in has else None

    return {
        claim.pk: letters.readers_among(claim, contacts.get(claim.pk), submitter_of(claim))
        for claim in claims
    }


def _approved_lines(claims: Sequence[Claim]) -> dict[int, list[ClaimLine]]:
    found: dict[int, list[Any]] = {claim.pk: [] for claim in claims}
    by_key = {claim.pk: claim for claim in claims}
    if claims:
        for line in (
            ClaimLine.objects.filter(claim__in=claims, line_status=LineStatus.APPROVED)
            .select_related("product", "activity", "subscription")
            .order_by("pk")
        ):
            line.claim = by_key[line.claim_id]
            found[line.claim_id].append(line)
    return found
