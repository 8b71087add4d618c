"""Who acts on a claim, and what that person may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Exists, Q
from django.utils.translation import gettext_lazy as _

from .models import Claim, ClaimContact, Membership
from .states import Act, Side

if TYPE_CHECKING:
    from cpor_site.common.models import User


@dataclass(frozen=True)
class Actor:
    """The explicit author of an act.

    A partner or reviewer is a signed-in user; a customer is whoever holds a link to one claim
    (``claim_id``), known by ``name``; the system is neither.
    """

    side: Side
    user: User | None = None
    name: str = ""
    claim_id: int | None = None

    @property
    def display_name(self) -> str:
        return self.name or str(self.user or "")


def partner(user: User) -> Actor:
    """Return ``user`` acting for the partner."""
    return Actor(Side.PARTNER, user=user)


def reviewer(user: User) -> Actor:
    """Return ``user`` acting for the operator."""
    return Actor(Side.REVIEWER, user=user)


def customer(*, claim_id: int, name: str) -> Actor:
    """Return the holder of a valid consent link; ``name`` is what they call themselves."""
    return Actor(Side.CUSTOMER, name=name, claim_id=claim_id)


SYSTEM = Actor(Side.SYSTEM, name="System")


class Capability(StrEnum):
    """What a partner's role allows (section 1.1, D11)."""

    SEE = "see"
    DRAFT = "draft"
    COMMENT = "comment"
    CLAIM = "claim"  # submit, answer, recall, withdraw, dispute, end an association
    EXPORT = "export"
    MANAGE_USERS = "manage_users"


Role = Membership.Role
_FULL = frozenset(
    {Capability.SEE, Capability.DRAFT, Capability.COMMENT, Capability.CLAIM, Capability.EXPORT}
)
ROLE_CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.GLOBAL_ADMIN: _FULL | {Capability.MANAGE_USERS},
    Role.BILLING_ADMIN: _FULL,
    Role.INCENTIVES_ADMIN: _FULL,
    Role.INCENTIVES_USER: frozenset(
        {Capability.SEE, Capability.DRAFT, Capability.COMMENT, Capability.EXPORT}
    ),
    Role.REPORT_VIEWER: frozenset({Capability.EXPORT}),
}

ACT_SIDE: dict[Act, Side] = {
    Act.SUBMIT: Side.PARTNER,
    Act.TAKE_UP: Side.REVIEWER,
    Act.RECALL: Side.PARTNER,
    Act.REQUEST_ACTION: Side.REVIEWER,
    Act.RESUBMIT: Side.PARTNER,
    Act.REJECT_UNANSWERED: Side.SYSTEM,
    Act.APPROVE: Side.REVIEWER,
    Act.REJECT: Side.REVIEWER,
    Act.DECLINE: Side.CUSTOMER,
    Act.CLOSE_WINDOW: Side.SYSTEM,
    Act.WITHDRAW_CONSENT: Side.CUSTOMER,
    Act.END_ASSOCIATION: Side.PARTNER,
    Act.WITHDRAW: Side.PARTNER,
    Act.DISPUTE: Side.PARTNER,
    Act.DISPLACE: Side.SYSTEM,
    Act.EXPIRE: Side.SYSTEM,
    Act.DISCARD: Side.PARTNER,
    Act.SPLIT_OFF: Side.REVIEWER,
    Act.RENEW_CONSENT: Side.REVIEWER,
    Act.CLOSE_BY_OPERATOR: Side.REVIEWER,
}
ACT_CAPABILITY: dict[Act, Capability] = {
    Act.SUBMIT: Capability.CLAIM,
    Act.RECALL: Capability.CLAIM,
    Act.RESUBMIT: Capability.CLAIM,
    Act.END_ASSOCIATION: Capability.CLAIM,
    Act.WITHDRAW: Capability.CLAIM,
    Act.DISPUTE: Capability.CLAIM,
    Act.DISCARD: Capability.DRAFT,
}
LEAD_ACTS = frozenset({Act.RENEW_CONSENT, Act.CLOSE_BY_OPERATOR})
"""What only lead reviewers may do (Q8, T23)."""
REVIEW_PERMISSION = "claims.review_claim"
PROOF_PERMISSION = "claims.view_poedocument"
"""What lets the operator's people open proof, be it to decide on it or to check who did."""
LEAD_PERMISSION = "claims.lead_review"


def roles_with(*capabilities: Capability) -> list[str]:
    """Return the partner roles that have any of the capabilities."""
    return [role for role, has in ROLE_CAPABILITIES.items() if has.intersection(capabilities)]


def memberships_with(user: User, *capabilities: Capability) -> list[Membership]:
    """Return the user's memberships that carry any of them, each with its locations loaded."""
    if not user.is_active:
        return []
    return list(
        Membership.objects.filter(user=user, is_active=True, role__in=roles_with(*capabilities))
        .select_related("organization")
        .prefetch_related("locations")
    )


def reach(user: User, capability: Capability) -> Q:
    """Return the condition for the claims on which the user has the capability.

    A membership with listed locations reaches the claims of those locations and the user's own
    drafts that have no location yet.
    """
    return reach_of(memberships_with(user, capability), user)


def reach_of(memberships: Iterable[Membership], user: User) -> Q:
    """Return ``reach`` where the user's memberships with the capability are known already."""
    condition = Q(pk__in=[])
    for membership in memberships:
        locations = [location.pk for location in membership.locations.all()]
        mine = Q(organization_id=membership.organization_id)
        if locations:
            mine &= Q(location_id__in=locations) | Q(location__isnull=True, created_by=user)
        condition |= mine
    return condition


def capabilities_on(user: User, claim: Claim) -> frozenset[Capability]:
    """Return all that the user may do with this claim, by organisation, role and location."""
    return capabilities_by(memberships_with(user, *Capability), user, claim)


def capabilities_by(
    memberships: Iterable[Membership], user: User, claim: Claim
) -> frozenset[Capability]:
    """Return what the user's active memberships, with their locations, allow with this claim."""
    return allowed(map(held, memberships), user, claim)


class Held(NamedTuple):
    """What matters of a membership for what it allows; no ``locations`` are all locations."""

    organization_id: int
    role: str
    locations: frozenset[int]


def held(membership: Membership) -> Held:
    """Return what matters of a membership whose locations are loaded."""
    locations = frozenset(location.pk for location in membership.locations.all())
    return Held(membership.organization_id, membership.role, locations)


def allowed(memberships: Iterable[Held], user: User, claim: Claim) -> frozenset[Capability]:
    """Return ``capabilities_by`` where the memberships are asked about many claims."""
    found: frozenset[Capability] = frozenset()
    for membership in memberships:
        if membership.organization_id != claim.organization_id:
            continue
        own = claim.location_id is None and claim.created_by_id == user.pk
        if not membership.locations or claim.location_id in membership.locations or own:
            found |= ROLE_CAPABILITIES[membership.role]
    return found


def partner_can(user: User, capability: Capability, claim: Claim) -> bool:
    """Whether the user has the capability on this claim, by organisation, role and location."""
    return capability in capabilities_on(user, claim)


def may(actor: Actor, act: Act, claim: Claim) -> bool:
    """Whether the actor may do the act to this claim, apart from its status."""
    if actor.side != ACT_SIDE[act]:
        return False
    if actor.side == Side.SYSTEM:
        return actor is SYSTEM
    if actor.side == Side.CUSTOMER:
        return actor.claim_id == claim.pk
    if actor.user is None or not actor.user.is_active:
        return False
    if actor.side == Side.REVIEWER:
        needed = LEAD_PERMISSION if act in LEAD_ACTS else REVIEW_PERMISSION
        return actor.user.is_staff and actor.user.has_perm(needed)
    return partner_can(actor.user, ACT_CAPABILITY[act], claim)


def reads_proof(user: User) -> bool:
    """Whether the user opens proof as one of the operator's people."""
    return user.is_staff and user.has_perm(PROOF_PERMISSION)


def is_lead(user: User) -> bool:
    """Whether the user may take over and rule on other reviewers' claims."""
    return user.is_staff and user.has_perm(LEAD_PERMISSION)


def interest(user: User, claim: Claim) -> Q:
    """Return the condition that a reviewer is a party: a contact or one of the partner's (Q28)."""
    contact = ClaimContact.objects.filter(claim=claim, email__iexact=user.email)
    member = Membership.objects.filter(user=user, organization_id=claim.organization_id)
    return Q(Exists(contact)) | Q(Exists(member))


def has_interest(user: User, claim: Claim) -> bool:
    """Whether a reviewer is a party to the claim (Q28)."""
    return Claim.objects.filter(interest(user, claim), pk=claim.pk).exists()


SIDE_NAMES = {
    Side.PARTNER: _("the partner"),
    Side.REVIEWER: _("the reviewer"),
    Side.CUSTOMER: _("the customer"),
    Side.SYSTEM: _("the system"),
}
