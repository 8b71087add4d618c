"""Which of their organisations a person is looking at.

The choice lies in the session and is checked against the person's memberships at every request.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .actors import ROLE_CAPABILITIES, Capability
from .models import Membership, PartnerOrganization

SESSION_KEY = "organization"
_CACHED = "_memberships_of_reader"


def memberships_of(request: HttpRequest) -> list[Membership]:
    """Return the reader's active memberships with their organisations; one query per request."""
    if not hasattr(request, _CACHED):
        user = getattr(request, "user", None)
        found: list[Membership] = []
        if user is not None and user.is_authenticated:
            found = list(
                Membership.objects.filter(user=user, is_active=True)
                .select_related("organization")
                .order_by("organization__name", "organization_id", "pk")
            )
        setattr(request, _CACHED, found)
    memberships: list[Membership] = getattr(request, _CACHED)
    return memberships


def choices(request: HttpRequest) -> list[PartnerOrganization]:
    """Return the organisations that the reader belongs to, by name."""
    return list(
        {each.organization_id: each.organization for each in memberships_of(request)}.values()
    )


def current_organization(request: HttpRequest) -> PartnerOrganization | None:
    """Return the organisation that the reader looks at; None for all of them, or none at all.

    Whoever belongs to one organisation looks at that one. A choice that the reader has no active
    membership of any more counts as "all".
    """
    found = choices(request)
    if len(found) == 1:
        return found[0]
    chosen = request.session.get(SESSION_KEY)
    return next((each for each in found if each.pk == chosen), None)


def choose(request: HttpRequest, organization_id: int | None) -> bool:
    """Look at one organisation from now on, or at all; False if it isn't one of the reader's."""
    if organization_id is None:
        request.session.pop(SESSION_KEY, None)
        return True
    if organization_id not in {each.pk for each in choices(request)}:
        return False
    request.session[SESSION_KEY] = organization_id
    return True


def managed(request: HttpRequest) -> list[PartnerOrganization]:
    """Return the organisations whose people the reader manages, by name."""
    found = {
        each.organization_id: each.organization
        for each in memberships_of(request)
        if Capability.MANAGE_USERS in ROLE_CAPABILITIES[each.role]
    }
    return list(found.values())


class Header:
    """What the header shows of the reader's organisations; asks for it when it is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self.organizations = choices(request)
        self.current = current_organization(request) if self.organizations else None
        self.can_switch = len(self.organizations) > 1
        self.manages_people = bool(managed(request))
        may: frozenset[Capability] = frozenset().union(
            *(ROLE_CAPABILITIES[each.role] for each in memberships_of(request))
        )
        self.may_see = Capability.SEE in may
        self.may_only_export = Capability.EXPORT in may and not self.may_see
        self.may_start = Capability.DRAFT in may


def header(request: HttpRequest) -> dict[str, Any]:
    """Give every page ``desk_header``; costs a query only on pages that show it."""
    return {"desk_header": SimpleLazyObject(lambda: Header(request))}
