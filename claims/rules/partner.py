"""Rules about the partner's location, its enrolments and the person who claims (section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cpor_site.common.countries import country_name
from cpor_site.common.problems import Problem, error, warning

if TYPE_CHECKING:
    from ..models import PartnerLocation, PartnerOrganization, Program, ProgramEnrollment

ENROLLED = "enrolled"
UNDER_WAY = frozenset({"enrolling", "action_required", "validating"})
SUSPENDED = "suspended"
FRP = "frp"
FIELD = "location"


@dataclass(frozen=True)
class LocationFacts:
    """What the rules need to know about the location on a claim and who claims for it.

    ``programs`` are those of the claim's activities, ``enrollments`` all of the location's.
    ``window_ends_on`` is the last day of the customer's consent window if everything takes its full
    time. ``may_claim`` says whether the user has the right to claim at the location; ``admins`` are
    the names of people in the organisation who could give it.
    """

    organization: PartnerOrganization
    location: PartnerLocation | None
    programs: Sequence[Program]
    enrollments: Sequence[ProgramEnrollment]
    customer_country: str
    today: date
    window_ends_on: date
    may_claim: bool
    admins: Sequence[str] = ()


def location_problems(facts: LocationFacts) -> list[Problem]:
    """MPN-01 to MPN-09: whether this user may claim under this partner ID."""
    if facts.organization.standing == SUSPENDED:
        return [
            error(
                "MPN-09",
                _("Your organisation can't submit claims at present. Contact support."),
                field=FIELD,
            )
        ]
    location = facts.location
    if location is None:
        return [
            error(
                "MPN-01",
                _("Choose the partner ID of the location that does the work."),
                field=FIELD,
            )
        ]
    if not location.is_active:
        return [
            error(
                "MPN-01",
                _("%(partner_id)s is no longer in use. Choose the partner ID of another location.")
                % {"partner_id": location.partner_id},
                field=FIELD,
            )
        ]
    if location.partner_id == facts.organization.global_partner_id:
        return [
            error(
                "MPN-02",
                _(
                    "%(partner_id)s is your company's global ID, which can't stand on a claim. "
                    "Choose the partner ID of a location."
                )
                % {"partner_id": location.partner_id},
                field=FIELD,
            )
        ]
    if not facts.may_claim:
        return [_no_right(location, facts.admins)]
    problems = []
    for program in {each.pk: each for each in facts.programs}.values():
        problems += _enrollment_problems(facts, location, program)
    return problems + _fit_problems(facts, location)


def _no_right(location: PartnerLocation, admins: Sequence[str]) -> Problem:
    if admins:
        sentence = _(
            "You can't claim for %(partner_id)s. Ask %(admins)s for the Incentives admin role "
            "there."
        ) % {"partner_id": location.partner_id, "admins": ", ".join(admins)}
    else:
        sentence = _(
            "You can't claim for %(partner_id)s. Ask your company's administrator for the "
            "Incentives admin role there."
        ) % {"partner_id": location.partner_id}
    return error("MPN-08", sentence, field=FIELD)


def _enrollment_problems(
    facts: LocationFacts, location: PartnerLocation, program: Program
) -> list[Problem]:
    enrollments = [each for each in facts.enrollments if each.program_id == program.pk]
    now_in_force = [each for each in enrollments if _covers(each, facts.today)]
    names = {"partner_id": location.partner_id, "program": program.name}
    if any(each.enrollment_status == ENROLLED for each in now_in_force):
        ends_on = _enrolled_until(enrollments, facts.today)
        if ends_on is None or ends_on >= facts.window_ends_on:
            return []
        return [
            warning(
                "MPN-05",
                _(
                    "The enrolment of %(partner_id)s in %(program)s ends on %(date)s, perhaps "
                    "before the customer's time to refuse is over. Renew it in time."
                )
                % (names | {"date": date_format(ends_on)}),
                field=FIELD,
                subject=program.code,
            )
        ]
    if any(each.enrollment_status in UNDER_WAY for each in now_in_force):
        return [
            warning(
                "MPN-04",
                _(
                    "The enrolment of %(partner_id)s in %(program)s isn't complete. You can "
                    "submit the claim, but nothing can be earned until it is."
                )
                % names,
                field=FIELD,
                subject=program.code,
            )
        ]
    return [
        error(
            "MPN-03",
            _(
                "%(partner_id)s isn't enrolled in %(program)s. An Incentives admin of your company "
                "can enrol it; this claim is kept as a draft meanwhile."
            )
            % names,
            field=FIELD,
            subject=program.code,
        )
    ]


def _covers(enrollment: ProgramEnrollment, day: date) -> bool:
    return enrollment.starts_on <= day and (enrollment.ends_on is None or day <= enrollment.ends_on)


def _enrolled_until(enrollments: Sequence[ProgramEnrollment], day: date) -> date | None:
    """Return the last day of the unbroken enrolment over ``day``; None if it has no end."""
    enrolled = [each for each in enrollments if each.enrollment_status == ENROLLED]
    last = day
    while True:
        covering = [each for each in enrolled if _covers(each, last)]
        if any(each.ends_on is None for each in covering):
            return None
        ends = [each.ends_on for each in covering if each.ends_on is not None]
        if not ends:
            return last - timedelta(days=1)
        last = max(ends) + timedelta(days=1)


def _fit_problems(facts: LocationFacts, location: PartnerLocation) -> list[Problem]:
    problems = []
    if location.partner_type == FRP:
        problems.append(
            warning(
                "MPN-06",
                _(
                    "%(partner_id)s is a partner ID of the type %(type)s. A claim under the wrong "
                    "ID has to be made again. Is this the right one?"
                )
                % {"partner_id": location.partner_id, "type": location.get_partner_type_display()},
                field=FIELD,
                subject=location.partner_id,
            )
        )
    if facts.customer_country and location.country != facts.customer_country:
        problems.append(
            warning(
                "MPN-07",
                _(
                    "This location is in %(location_country)s, the customer in "
                    "%(customer_country)s. Normally the location in the customer's region claims."
                )
                % {
                    "location_country": country_name(location.country),
                    "customer_country": country_name(facts.customer_country),
                },
                field=FIELD,
                subject=location.partner_id,
            )
        )
    return problems
