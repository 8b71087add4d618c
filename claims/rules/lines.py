"""Rules about activities and the products claimed for them (section 3.3: ACT, LIN)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cpor_site.common.problems import Problem, error, information, warning

if TYPE_CHECKING:
    from ..conflicts import Conflict
    from ..models import Activity, Claim, ClaimLine, Program

REVENUE_EXTRAS = {
    "solution_seller_name": _("name of the Dynamics solution seller"),
    "revenue_customer_name": _("name of the customer"),
    "isv_product_name": _("name of your product or solution"),
}


@dataclass(frozen=True)
class LineFacts:
    """A line and what the rules need to know about it.

    ``offered_for`` are the primary keys of the activities for which its product can be claimed;
    ``bought_as`` tells its purchase apart from others of the same product: the subscription's ID as
    found, or else as typed; empty where no subscription is needed.
    """

    line: ClaimLine
    offered_for: frozenset[int]
    bought_as: str = ""

    @property
    def subject(self) -> str:
        code = self.line.product.code
        return f"{code}/{self.bought_as}" if self.bought_as else code


def activity_problems(
    claim: Claim, activities: Sequence[Activity], *, today: date
) -> list[Problem]:
    """ACT-01 to ACT-06. ``activities`` are the claim's, each with its program."""
    if claim.area is None:
        return [
            error("ACT-01", _("Choose the solution area in which you worked."), field="area"),
        ]
    if not activities:
        return [error("ACT-01", _("Choose what you did for the customer."), field="activities")]
    problems = []
    alone = [each for each in activities if each.stands_alone]
    if alone and len(activities) > 1:
        problems.append(
            error(
                "ACT-02",
                _("%(activity)s can't be combined with other activities. Make a claim of its own.")
                % {"activity": alone[0].name_in(claim.rule_profile_id)},
                field="activities",
            )
        )
    problems += [
        error(
            "ACT-03",
            _("%(activity)s isn't available for %(area)s.")
            % {
                "activity": each.name_in(claim.rule_profile_id),
                "area": claim.area.name_in(claim.rule_profile_id),
            },
            field="activities",
            subject=each.code,
        )
        for each in activities
        if each.area_id != claim.area_id
    ]
    if alone:
        problems += _extras_problems(claim, alone[0])
    for each in activities:
        problems += _window_problems(claim, each, today)
    problems += [
        information(
            "ACT-06",
            _("%(activity)s gives recognition only, no payment.")
            % {"activity": each.name_in(claim.rule_profile_id)},
            field="activities",
            subject=each.code,
        )
        for each in activities
        if each.is_unpaid_in(claim.rule_profile_id)
    ]
    return problems


def line_problems(claim: Claim, lines: Sequence[LineFacts], *, today: date) -> list[Problem]:
    """LIN-01 to LIN-04. ``lines`` are those in the running, with product, activity and program."""
    if not lines:
        return [error("LIN-01", _("Choose at least one product or workload."), field="lines")]
    problems = []
    seen: set[tuple[int, str]] = set()
    for facts in lines:
        line = facts.line
        sentence = _not_eligible(claim, facts, today)
        if sentence:
            problems.append(
                error("LIN-02", sentence, field="lines", line=line.pk, subject=facts.subject)
            )
        # A subscription is one thing, whatever product it was entered for.
        thing = (line.activity_id, facts.bought_as or line.product.code)
        if thing in seen:
            problems.append(
                error(
                    "LIN-04",
                    _("%(product)s is listed twice.") % {"product": line.product.name},
                    field="lines",
                    line=line.pk,
                    subject=facts.subject,
                )
            )
        seen.add(thing)
        if _pays_nothing(claim, line):
            problems.append(
                warning(
                    "LIN-03",
                    _("%(product)s counts for recognition only; nothing is paid for it.")
                    % {"product": line.product.name},
                    field="lines",
                    line=line.pk,
                    subject=line.product.code,
                )
            )
    return problems


def seat_problems(programs: Mapping[int, Program], seats: int) -> list[Problem]:
    """LIN-05. ``seats`` is what the customer has bought; 0 if nothing is on record."""
    return [
        information(
            "LIN-05",
            _("This customer has %(seats)d seats; %(program)s counts from %(minimum)d seats.")
            % {"seats": seats, "program": program.name, "minimum": program.minimum_seats},
            field="lines",
            subject=program.code,
        )
        for program in programs.values()
        if 0 < seats < program.minimum_seats
    ]


def usage_problems(lines: Sequence[LineFacts], percents: Mapping[int, int]) -> list[Problem]:
    """LIN-06. ``percents`` is how much of each product the customer uses, by its primary key."""
    problems = []
    for facts in lines:
        line = facts.line
        threshold = line.activity.program.usage_threshold_percent
        percent = percents.get(line.product_id)
        if threshold is not None and percent is not None and percent > threshold:
            problems.append(
                information(
                    "LIN-06",
                    _(
                        "The customer uses %(percent)d%% of its %(product)s already; only growth "
                        "from the day of your association on counts."
                    )
                    % {"percent": percent, "product": line.product.name},
                    field="lines",
                    line=line.pk,
                    subject=line.product.code,
                )
            )
    return problems


def own_other_activity(facts: LineFacts, conflict: Conflict) -> Problem:
    """ACT-07: the organisation holds or claims the same for another activity."""
    return warning(
        "ACT-07",
        _(
            "Your company already has %(product)s in claim %(number)s, as %(activity)s. Claim it "
            "again only if that choice was wrong, and withdraw that claim."
        )
        % {
            "product": facts.line.product.name,
            "number": conflict.other_claim.number,
            "activity": conflict.other_line.activity_name,
        },
        field="lines",
        line=facts.line.pk,
        subject=f"{facts.subject}/{conflict.other_claim.number}",
    )


def _extras_problems(claim: Claim, activity: Activity) -> list[Problem]:
    return [
        error(
            "ACT-04",
            _("%(activity)s also needs: %(missing)s.")
            % {"activity": activity.name_in(claim.rule_profile_id), "missing": words},
            field=name,
        )
        for name, words in REVENUE_EXTRAS.items()
        if not getattr(claim, name).strip()
    ]


def _window_problems(claim: Claim, activity: Activity, today: date) -> list[Problem]:
    window = activity.program.claim_window_days
    if window is None or claim.transaction_on is None:
        return []
    age = (today - claim.transaction_on).days
    if age <= window:
        return []
    sentence = ngettext_lazy(
        "The purchase was %(age)d day ago; %(program)s pays only for claims within %(window)d "
        "days.",
        "The purchase was %(age)d days ago; %(program)s pays only for claims within %(window)d "
        "days.",
        age,
    )
    return [
        warning(
            "ACT-05",
            sentence % {"age": age, "program": activity.program.name, "window": window},
            field="transaction_on",
            subject=activity.program.code,
        )
    ]


def _not_eligible(claim: Claim, facts: LineFacts, today: date) -> str:
    product, activity = facts.line.product, facts.line.activity
    names = {"product": product.name, "activity": activity.name_in(claim.rule_profile_id)}
    if product.area_id != claim.area_id or activity.pk not in facts.offered_for:
        return _("%(product)s can't be claimed for %(activity)s.") % names
    if product.eligible_from is not None and today < product.eligible_from:
        return _("%(product)s can't be claimed for %(activity)s before %(date)s.") % (
            names | {"date": date_format(product.eligible_from)}
        )
    if product.eligible_to is not None and product.eligible_to < today:
        return _("%(product)s can't be claimed for %(activity)s after %(date)s.") % (
            names | {"date": date_format(product.eligible_to)}
        )
    return ""


def _pays_nothing(claim: Claim, line: ClaimLine) -> bool:
    """Whether payment could be expected for a product that earns recognition only."""
    return (
        line.product.recognition_only
        and line.activity.program.compensable
        and not line.activity.is_unpaid_in(claim.rule_profile_id)
        and not claim.opt_out_of_incentive
    )
