"""The most urgent case that a reviewer may decide, taken so that nobody else gets it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from claims import actors
from claims.actors import Actor
from claims.models import Claim, ClaimContact, Dispute, Membership, ReviewDecision
from claims.states import Status
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..models import CaseLease
from . import leases
from .leases import LENGTH, WITH_REVIEWERS

End = CaseLease.End


def next_case(*, actor: Actor, instead_of: int | None = None) -> CaseLease | None:
    """Take the most urgent case that the reviewer may decide; None if there is none.

    Order: resubmitted to them, disputes, overdue, then by due date. Left out: what somebody holds,
    they themselves included, other reviewers' claims, claims they are a party to, disputes of their
    own decisions. What they gave back within the last half hour comes last. ``instead_of`` is the
    claim they look at: its lease, if it is theirs, is given back first. Raises ``NotYours``.
    """
    user = leases.reviewing(actor)
    if instead_of is not None:
        _let_go(instead_of, user)
    passed: set[int] = set()
    while True:
        with transaction.atomic():
            claim = _most_urgent(user, clock.now(), passed)
            if claim is None:
                return None
            try:
                # The row is locked now; what the search saw of its lease may be out of date.
                with transaction.atomic():
                    return leases.take_case(claim_id=claim.pk, actor=actor)
            except Refused:
                passed.add(claim.pk)


def open_to(user: User, now: datetime) -> QuerySet[Claim]:
    """Return the cases that the user may decide and nobody has open.

    Claims whose clock is paused wait for an arbiter, who finds them by their case (5.8).
    """
    contacts = ClaimContact.objects.filter(claim=OuterRef("pk"), email__iexact=user.email)
    own_decisions = ReviewDecision.objects.filter(
        claim=OuterRef("pk"),
        reviewer=user,
        round__lt=Dispute.objects.filter(claim=OuterRef("claim"))
        .order_by("-number")
        .values("round")[:1],
    )
    taken = CaseLease.objects.filter(leases.running(now), claim=OuterRef("pk"))
    partners = Membership.objects.filter(user=user).values("organization")
    return Claim.objects.filter(
        Q(assigned_reviewer=None) | Q(assigned_reviewer=user),
        status__in=WITH_REVIEWERS,
        paused_at=None,
    ).exclude(
        Q(Exists(taken))
        | Q(Exists(contacts))
        | Q(organization__in=partners)
        | Q(Exists(own_decisions), status=Status.DISPUTED)
    )


def _most_urgent(user: User, now: datetime, passed: set[int]) -> Claim | None:
    given_back = CaseLease.objects.filter(
        claim=OuterRef("pk"), holder=user, end=End.RELEASED, ended_at__gt=now - LENGTH
    )
    cases = open_to(user, now).exclude(pk__in=passed)
    for group in (cases.exclude(Exists(given_back)), cases.filter(Exists(given_back))):
        for kind in (
            Q(status=Status.SUBMITTED, assigned_reviewer=user, round__gt=1),
            Q(status=Status.DISPUTED),
            Q(),  # What is overdue has the earliest due dates.
        ):
            found = (
                group.filter(kind)
                .order_by(F("due_at").asc(nulls_last=True), "pk")
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if found is not None:
                return found
    return None


def _let_go(claim_id: int, user: User) -> None:
    try:
        leases.release_case(claim_id=claim_id, actor=actors.reviewer(user))
    except Refused:
        return  # Somebody else's, or run out: there is nothing to give back.
