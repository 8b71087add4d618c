"""Who else is on the same key: exclusivity is judged per line (section 5.1, Q5, Q6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from .models import Claim, ClaimLine, CustomerTenant, Program
from .states import UNDECIDED_STATUSES, AssociationState, LineStatus, Status

IN_THE_RUNNING = (LineStatus.INCLUDED, LineStatus.APPROVED)


@dataclass(frozen=True)
class Conflict:
    """A line of this claim meets a line of another claim on one key.

    ``own``: the other claim is the organisation's own and for the same activity (SUB-13).
    ``other_activity``: it is the organisation's own, for another activity, which is allowed
    (ACT-07). Otherwise it is another organisation's (SUB-14, SUB-15). ``standing`` says whether the
    other line stands approved or is still undecided.
    """

    line: ClaimLine
    other_line: ClaimLine
    key: str
    own: bool
    other_activity: bool
    standing: Literal["holder", "undecided"]

    @property
    def other_claim(self) -> Claim:
        return self.other_line.claim

    @property
    def rival(self) -> bool:
        """Whether the other line belongs to another organisation."""
        return not (self.own or self.other_activity)


def exclusivity_key(claim: Claim, line: ClaimLine) -> str:
    """Return the line's key: ``workload:<tenant>:<product>`` or ``subscription:<subscription>``.

    Empty if what the key is made of isn't known yet. ``line.activity.program`` and
    ``line.subscription`` should be loaded.
    """
    if line.activity.program.exclusivity_scope == Program.ExclusivityScope.WORKLOAD:
        tenant = claim.tenant
        return f"workload:{tenant.tenant_id}:{line.product.code}" if tenant else ""
    subscription = line.subscription
    return f"subscription:{subscription.subscription_id}" if subscription else ""


def find_conflicts(claim: Claim) -> list[Conflict]:
    """Return every conflict of the claim's lines that are in the running; at most two queries.

    Lines of claims that are submitted, under review, with the partner, disputed or approved count;
    drafts, rejected, cancelled and ended claims don't. The claim named in ``replaces`` is no
    conflict. Ordered by line, then by the other claim.
    """
    tenant = claim.tenant
    if tenant is None:
        return []
    mine = [(line, exclusivity_key(claim, line)) for line in _lines(claim)]
    others: dict[str, list[ClaimLine]] = {}
    for other in _other_lines(claim, tenant):
        others.setdefault(exclusivity_key(other.claim, other), []).append(other)
    return [
        _conflict(claim, line, other, key)
        for line, key in mine
        if key
        for other in others.get(key, [])
    ]


def _conflict(claim: Claim, line: ClaimLine, other: ClaimLine, key: str) -> Conflict:
    same_organization = other.claim.organization_id == claim.organization_id
    same_activity = other.activity_id == line.activity_id
    return Conflict(
        line=line,
        other_line=other,
        key=key,
        own=same_organization and same_activity,
        other_activity=same_organization and not same_activity,
        standing="holder" if other.claim.status == Status.APPROVED else "undecided",
    )


def _lines(claim: Claim) -> list[ClaimLine]:
    return list(
        ClaimLine.objects.filter(claim=claim, line_status__in=IN_THE_RUNNING)
        .select_related("product", "activity__program", "subscription")
        .order_by("pk")
    )


def _other_lines(claim: Claim, tenant: CustomerTenant) -> list[ClaimLine]:
    undecided = Q(claim__status__in=UNDECIDED_STATUSES, line_status=LineStatus.INCLUDED)
    standing = Q(
        claim__status=Status.APPROVED,
        claim__association_state__in=[AssociationState.PROVISIONAL, AssociationState.ACTIVE],
        line_status=LineStatus.APPROVED,
    )
    lines = (
        ClaimLine.objects.filter(undecided | standing, claim__tenant=tenant)
        .exclude(claim=claim.pk)
        .select_related("product", "activity__program", "subscription", "claim__tenant")
        .order_by("claim_id", "pk")
    )
    if claim.replaces_id is not None:
        lines = lines.exclude(claim=claim.replaces_id)
    return list(lines)
