"""Who rules on a case of competing claims: a lead reviewer with no part in it (5.5, Q28)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.actors import Actor
from claims.models import Claim
from claims.refusals import ChangedMeanwhile, NotYours
from claims.states import Side
from cpor_site.common.models import User
from cpor_site.common.problems import Refused, error

from ..models import CompetingClaimsCase, CompetingParty


def take_arbitration(
    *, case_id: int, actor: Actor, version: int | None = None
) -> CompetingClaimsCase:
    """Become the arbiter of an open case, whoever was it before.

    Raises what ``assign_arbiter`` raises.
    """
    assert actor.user is not None
    return assign_arbiter(case_id=case_id, actor=actor, to=actor.user, version=version)


def assign_arbiter(
    *, case_id: int, actor: Actor, to: User | None, version: int | None = None
) -> CompetingClaimsCase:
    """Let a lead reviewer rule on an open case, or nobody in particular (``to`` None).

    Both may be anybody who leads; the new arbiter must have no part in the case. Raises
    ``NotYours`` for an unknown case and for who doesn't lead, ``ChangedMeanwhile``,
    ``ConflictOfInterest`` and ``DecidedBefore`` for a party and for who decided before a dispute,
    and ``Refused``: REV-50 for a closed case, REV-51 for an arbiter who doesn't lead.
    """
    user = actor.user
    if actor.side != Side.REVIEWER or user is None or not _leads(user):
        raise NotYours
    with transaction.atomic():
        case = CompetingClaimsCase.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotYours
        if version is not None and version != case.version:
            raise ChangedMeanwhile
        if case.closed_at is not None:
            raise Refused(error("REV-50", _("The case is closed: there is nothing to rule on.")))
        if to is not None:
            if not (to.is_active and _leads(to)):
                raise Refused(
                    error("REV-51", _("Choose a lead reviewer as the arbiter."), field="to")
                )
            for claim in claims_in(case):
                door.ask_impartial(to, claim)
        case.arbiter = to
        case.version += 1
        case._history_user = user  # type: ignore[attr-defined]
        case.save()
    return case


def claims_in(case: CompetingClaimsCase) -> list[Claim]:
    """Return the claims that take part in the case now, in the order of their keys."""
    present = CompetingParty.objects.filter(case=case, left_at=None)
    return list(Claim.objects.filter(pk__in=present.values("claim")).order_by("pk"))


def _leads(user: User) -> bool:
    return actors.is_lead(user) and user.has_perm(actors.REVIEW_PERMISSION)
