"""Asking the rules of section 3.2 about partner IDs: one, or all among which a person chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from cpor_site.common.operator_calendar import operator_calendar, operator_day
from cpor_site.common.problems import Problem

from . import actors
from .actors import Capability
from .models import Claim, Membership, PartnerLocation, Program, ProgramEnrollment
from .rules import partner
from .rules.partner import LocationFacts

if TYPE_CHECKING:
    from cpor_site.common.models import User

MOST_ADMINS_NAMED = 3


@dataclass(frozen=True)
class LocationChoice:
    """A partner ID among which a person chooses, with what the rules say about it.

    ``enrollments`` names each program that the claim's activities need, with the location's newest
    enrolment in it or None. ``problems`` are those of section 3.2.
    """

    location: PartnerLocation
    enrollments: Sequence[tuple[Program, ProgramEnrollment | None]]
    problems: Sequence[Problem]

    @property
    def errors(self) -> list[Problem]:
        return [each for each in self.problems if each.blocks]

    @property
    def is_usable(self) -> bool:
        return not self.errors


def check_location(claim: Claim, user: User, now: datetime) -> list[Problem]:
    """MPN: whether this user may claim under this partner ID, and what speaks against it."""
    location = claim.location
    reach = _reach(claim, user, Capability.CLAIM)
    return _problems(claim, [location], now, reach)[location.pk if location else None]


def location_choices(claim: Claim, user: User, now: datetime) -> list[LocationChoice]:
    """Return the organisation's partner IDs, those that can be used first, then by name.

    Locations that are out of use are left out unless the claim names one. Whoever may only draft
    may choose what a colleague will submit. The number of queries doesn't depend on the number of
    locations.
    """
    locations = list(
        PartnerLocation.objects.filter(
            Q(is_active=True) | Q(pk=claim.location_id), organization=claim.organization_id
        ).order_by("name", "partner_id")
    )
    problems = _problems(claim, locations, now, _reach(claim, user, Capability.DRAFT))
    programs = _programs(claim)
    enrollments = _enrollments(locations)
    choices = []
    for location in locations:
        newest = {
            each.program_id: each
            for each in sorted(enrollments[location.pk], key=lambda each: each.starts_on)
        }
        asked = [(program, newest.get(program.pk)) for program in programs]
        choices.append(LocationChoice(location, asked, problems[location.pk]))
    return sorted(choices, key=lambda each: not each.is_usable)


def _problems(
    claim: Claim,
    locations: Sequence[PartnerLocation | None],
    now: datetime,
    reach: set[int] | None,
) -> dict[int | None, list[Problem]]:
    """Return what the rules say about each location; ``reach`` None means all of them."""
    listed = [each for each in locations if each is not None]
    enrollments = _enrollments(listed)
    may_claim = {
        each.pk: each.organization_id == claim.organization_id
        and (reach is None or each.pk in reach)
        for each in listed
    }
    admins = _admins(claim) if not all(may_claim.values()) or not listed else []
    programs, window_ends_on = _programs(claim), _window_ends_on(claim, now)
    today = operator_day(now)
    found: dict[int | None, list[Problem]] = {}
    for location in locations:
        key = location.pk if location else None
        found[key] = partner.location_problems(
            LocationFacts(
                organization=claim.organization,
                location=location,
                programs=programs,
                enrollments=enrollments.get(key, []) if key else [],
                customer_country=claim.tenant.country if claim.tenant else "",
                today=today,
                window_ends_on=window_ends_on,
                may_claim=may_claim.get(key, False) if key else False,
                admins=admins,
            )
        )
    return found


def _enrollments(locations: Sequence[PartnerLocation]) -> dict[int, list[ProgramEnrollment]]:
    found: dict[int, list[ProgramEnrollment]] = {each.pk: [] for each in locations}
    if found:
        for each in ProgramEnrollment.objects.filter(location__in=found):
            found[each.location_id].append(each)
    return found


def _programs(claim: Claim) -> list[Program]:
    activities = claim.activities.select_related("program")
    return list({each.program_id: each.program for each in activities}.values())


def _reach(claim: Claim, user: User, capability: Capability) -> set[int] | None:
    """Return the locations that the user's roles with the capability reach; None for all."""
    reached: set[int] = set()
    for membership in actors.memberships_with(user, capability):
        if membership.organization_id == claim.organization_id:
            scope = {each.pk for each in membership.locations.all()}
            if not scope:
                return None
            reached |= scope
    return reached


def _admins(claim: Claim) -> list[str]:
    """Return the names of some people who can give out roles in the claim's organisation."""
    roles = actors.roles_with(Capability.MANAGE_USERS)
    memberships = (
        Membership.objects.filter(
            organization=claim.organization_id,
            is_active=True,
            role__in=roles,
            user__is_active=True,
        )
        .select_related("user")
        .order_by("user__full_name", "pk")[:MOST_ADMINS_NAMED]
    )
    return [each.user.full_name or each.user.email for each in memberships]


def _window_ends_on(claim: Claim, now: datetime) -> date:
    """Return the last day of the customer's window if review and letters take their full time."""
    profile, calendar = claim.rule_profile, operator_calendar()
    days = max(profile.overall_decision_days, profile.pickup_days + profile.review_days)
    decided = calendar.business_deadline(now, days).due_at
    closes = calendar.calendar_deadline(decided, profile.consent_calendar_days).due_at
    return operator_day(closes)
