"""What the pages about the people and places of an organisation show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cpor_site.common.models import User

from .actors import ROLE_CAPABILITIES, Capability
from .models import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment
from .services.people import INVITED

Role = Membership.Role
CAPABILITY_WORDS: dict[Capability, Promise] = {
    Capability.SEE: _("See claims with their documents and comments"),
    Capability.DRAFT: _("Start, edit and discard drafts"),
    Capability.COMMENT: _("Comment on claims"),
    Capability.CLAIM: _("Submit, answer, recall and withdraw claims, dispute, end associations"),
    Capability.EXPORT: _("Export lists and reports"),
    Capability.MANAGE_USERS: _("Invite people and decide on their roles"),
}


@dataclass(frozen=True)
class Person:
    """Somebody of an organisation with their roles there.

    Until an invited person has signed in, nobody here learns anything of their account, which may
    be older than the invitation: ``name`` is then empty and ``last_login`` None.
    """

    user_id: int
    email: str
    name: str
    last_login: datetime | None
    is_awaited: bool
    is_closed: bool
    memberships: list[Membership] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        return not self.is_closed and any(each.is_active for each in self.memberships)


def people_of(organization: PartnerOrganization) -> QuerySet[User]:
    """Return the organisation's people by address, for paging."""
    members = Membership.objects.filter(organization=organization).values("user")
    return User.objects.filter(pk__in=members).order_by("email")


def persons(organization: PartnerOrganization, users: Sequence[User]) -> list[Person]:
    """Return the users as persons of the organisation; a constant number of queries."""
    rows: dict[int, list[Membership]] = {user.pk: [] for user in users}
    for membership in memberships(organization).filter(user__in=users):
        rows[membership.user_id].append(membership)
    return [_person(user, rows[user.pk]) for user in users]


def memberships(organization: PartnerOrganization) -> QuerySet[Membership]:
    """Return the organisation's memberships, each with user, locations and how it began."""
    born = Membership.history.filter(id=OuterRef("pk")).order_by("history_date", "history_id")
    return (
        Membership.objects.filter(organization=organization)
        .select_related("user", "organization")
        .prefetch_related("locations")
        .annotate(
            begun_at=Subquery(born.values("history_date")[:1]),
            begun_by=Subquery(born.values("history_change_reason")[:1]),
        )
        .order_by("user__email", "-is_active", "pk")
    )


def one_person(organization: PartnerOrganization, membership_id: int) -> Person | None:
    """Return whose membership it is, as a person with this one role; None if it isn't here."""
    membership = memberships(organization).filter(pk=membership_id).first()
    return None if membership is None else _person(membership.user, [membership])


def _person(user: User, rows: list[Membership]) -> Person:
    awaited = bool(rows) and all(_is_awaited(user, each) for each in rows)
    return Person(
        user_id=user.pk,
        email=user.email,
        name="" if awaited else user.full_name,
        last_login=None if awaited else user.last_login,
        is_awaited=awaited,
        is_closed=not user.is_active and not awaited,
        memberships=rows,
    )


def _is_awaited(user: User, membership: Membership) -> bool:
    begun_at, begun_by = membership.begun_at, membership.begun_by  # type: ignore[attr-defined]
    if begun_by != INVITED:
        return False
    return user.last_login is None or user.last_login < begun_at


def locations_of(organization: PartnerOrganization) -> list[PartnerLocation]:
    """Return the organisation's locations by name, each with its enrolments."""
    enrollments = Prefetch(
        "enrollments",
        ProgramEnrollment.objects.select_related("program").order_by("program__name", "-starts_on"),
    )
    return list(
        PartnerLocation.objects.filter(organization=organization)
        .prefetch_related(enrollments)
        .order_by("-is_active", "name", "partner_id")
    )


def role_table() -> list[tuple[Promise, list[bool]]]:
    """Return each capability in words, and for each role in turn whether it has it."""
    return [
        (words, [capability in ROLE_CAPABILITIES[role] for role in Role])
        for capability, words in CAPABILITY_WORDS.items()
    ]
