"""People and what they may do for a partner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from cpor_site.common.models import User

from ..models import Membership, PartnerLocation, PartnerOrganization
from .engine import Importer, Item, Run
from .partner_batch import Planned, locked
from .partner_rows import USER, UserRow, kind_of, read_user
from .report import Place, RowRefused
from .rows import Row
from .writing import create, put, write_history, write_history_links

Scope = Membership.locations.through


@dataclass
class _Known:
    """What the database has of the organisations, locations and people of a batch."""

    organizations: dict[str, PartnerOrganization]
    locations: dict[str, PartnerLocation]
    users: dict[str, User]
    memberships: dict[tuple[int, int, str], Membership]
    scopes: dict[int, set[int]]


class UserImporter(Importer[UserRow]):
    """Last of the four: needs organisations and locations."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._new_people: set[str] = set()

    def read(self, row: Row) -> UserRow | None:
        try:
            mine = kind_of(row) == USER
        except RowRefused:
            return None  # The first importer reports it.
        return read_user(row) if mine else None

    def key(self, value: UserRow) -> tuple[str, Any]:
        return "email", (value.email, value.organization, value.role)

    def write(self, items: Sequence[Item[UserRow]], run: Run) -> None:
        known = _load([item.value for item in items], run)
        counts = run.counts(USER)
        people: dict[str, User] = {}
        new: list[Membership] = []
        different: dict[int, Membership] = {}
        scopes: list[tuple[Membership, set[int]]] = []
        for item in items:
            row = item.value
            if not self._fits(item.place, row, known, run):
                continue
            user = known.users.get(row.email) or people.get(row.email)
            organization = known.organizations.get(row.organization)
            if user is None:
                user = people[row.email] = _person(row)
                self._new_people.add(row.email)
            membership = None
            if user.pk is not None and organization is not None:
                membership = known.memberships.get((user.pk, organization.pk, row.role))
            if membership is None:
                membership = Membership(
                    user=user, organization=organization, role=row.role, **row.told
                )
                new.append(membership)
                counts.created += 1
                listed = row.locations or []
                scopes.append((membership, _scope(listed, known)))
                continue
            moved = row.locations is not None and (
                _scope(row.locations, known) != known.scopes.get(membership.pk, set())
            )
            is_active = row.told.get("is_active", membership.is_active)
            if not moved and is_active == membership.is_active:
                counts.unchanged += 1
                continue
            counts.changed += 1
            membership.is_active = is_active
            different[membership.pk] = membership
            if moved:
                scopes.append((membership, _scope(row.locations or [], known)))
        run.report.facts["new_people"] = len(self._new_people)
        if run.dry:
            return
        create(list(people.values()), now=run.now, reason=run.reason)
        self._write(new, list(different.values()), scopes, run)

    def _fits(self, place: Place, row: UserRow, known: _Known, run: Run) -> bool:
        organization = known.organizations.get(row.organization)
        if organization is None and row.organization not in self._planned.organizations:
            reason = _("There is no organisation with the global partner ID %(id)s.")
            run.report.refuse(place, ("organization", reason % {"id": row.organization}))
            return False
        faults = []
        for partner_id in row.locations or []:
            location = known.locations.get(partner_id)
            planned = self._planned.locations.get(partner_id) == row.organization
            own = (
                location is not None
                and organization is not None
                and location.organization_id == organization.pk
            )
            if not own and not planned:
                reason = _("%(id)s is not a location of the organisation %(organization)s.")
                named = {"id": partner_id, "organization": row.organization}
                faults.append(("locations", reason % named))
        if faults:
            run.report.refuse(place, *faults)
        return not faults

    def _write(
        self,
        new: list[Membership],
        different: list[Membership],
        scopes: list[tuple[Membership, set[int]]],
        run: Run,
    ) -> None:
        """Write memberships and their locations, then the history, which shows both."""
        Membership.objects.bulk_create(new)
        if different:
            put(different, ["is_active"])
        moved = [membership.pk for membership, _keys in scopes]
        Scope.objects.filter(membership_id__in=moved).delete()
        Scope.objects.bulk_create(
            Scope(membership_id=membership.pk, partnerlocation_id=key)
            for membership, keys in scopes
            for key in sorted(keys)
        )
        for rows, kind in ((new, "+"), (different, "~")):
            keys = [each.pk for each in rows]
            write_history(Membership, keys, kind=kind, now=run.now, reason=run.reason)
            write_history_links(Membership, "locations", keys)


def _load(rows: Sequence[UserRow], run: Run) -> _Known:
    organizations = PartnerOrganization.objects.filter(
        global_partner_id__in={row.organization for row in rows}
    )
    locations = PartnerLocation.objects.filter(
        partner_id__in={each for row in rows for each in row.locations or []}
    )
    users = {each.email: each for each in User.objects.filter(email__in={r.email for r in rows})}
    memberships = locked(Membership.objects.filter(user__in=users.values()), run)
    scopes: dict[int, set[int]] = {}
    for membership, location in Scope.objects.filter(
        membership__user__in=users.values()
    ).values_list("membership_id", "partnerlocation_id"):
        scopes.setdefault(membership, set()).add(location)
    return _Known(
        {each.global_partner_id: each for each in organizations},
        {each.partner_id: each for each in locations},
        users,
        {(each.user_id, each.organization_id, each.role): each for each in memberships},
        scopes,
    )


def _scope(partner_ids: Sequence[str], known: _Known) -> set[int]:
    return {known.locations[each].pk for each in partner_ids if each in known.locations}


def _person(row: UserRow) -> User:
    return User(
        email=row.email, full_name=row.full_name, password=make_password(None), **row.person
    )
