"""Rules about subscriptions (section 3.4: SUB). The first check that fails is the one that is told.

What is on another customer's tenant gives the same answer as what doesn't exist (SUB-03), and what
another partner holds the same as what another partner has claimed (SUB-14, SUB-15).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cpor_site.common.problems import Problem, error, information, warning

from .identifiers import parse_guid
from .lines import LineFacts, own_other_activity

if TYPE_CHECKING:
    from ..conflicts import Conflict
    from ..models import ClaimLine, Product, Subscription

CSP, TRIAL = "csp", "trial"
NOT_ACTIVATED, ACTIVE, IN_GRACE = "not_activated", "active", "in_grace"
OVER = frozenset({"expired", "cancelled"})
ENDS_SOON = timedelta(days=60)
STALE = timedelta(hours=48)


@dataclass(frozen=True)
class SubscriptionFacts:
    """A line that needs a subscription, and what its customer has.

    ``on_tenant`` holds at least the customer's subscriptions of the line's product and the one with
    the ID that was typed, each with its listed product. ``always_required`` is the rule profile's.
    ``settled`` says that the claim was handed in before: then a choice that was made for lack of
    alternatives stands, even if the customer has bought more since.
    """

    line: ClaimLine
    on_tenant: Sequence[Subscription]
    tenant_id: UUID
    always_required: bool = False
    settled: bool = False


def choose(facts: SubscriptionFacts) -> Subscription | None:
    """Return the subscription the line means, if it means one of the line's product."""
    found = identify(facts)
    if isinstance(found, Problem) or not _fits(found, facts.line.product):
        return None
    return found


def subscription_problems(facts: SubscriptionFacts, *, today: date) -> list[Problem]:
    """SUB-01 to SUB-12 for one line: the first error, or else what to know about it."""
    found = identify(facts)
    if isinstance(found, Problem):
        return [found]
    fault = _not_claimable(facts, found)
    if fault is not None:
        return [fault]
    return _life_problems(facts.line, found, today)


def identify(facts: SubscriptionFacts) -> Subscription | Problem:
    """SUB-01 to SUB-04: return the subscription that was typed or is the only one possible."""
    typed = facts.line.subscription_as_typed.strip()
    candidates = candidates_for(facts.line.product, facts.on_tenant)
    if not typed:
        return _without_id(facts, candidates)
    subscription_id = parse_guid(typed)
    if subscription_id is None or not subscription_id.int or subscription_id == facts.tenant_id:
        return _fault(
            facts.line,
            "SUB-02",
            _(
                "This isn't a subscription ID. Ask the customer for the ID on the subscription's "
                "own page; the tenant ID, an order number or an agreement number won't do."
            ),
        )
    for subscription in facts.on_tenant:
        if subscription.subscription_id == subscription_id:
            return subscription if candidates else _not_among_products(facts.line)
    return _fault(
        facts.line,
        "SUB-03",
        _(
            "We can't find this subscription for %(product)s at this customer. Check it and the "
            "tenant ID with the customer. If it was set up in the last 7 days, try again later."
        )
        % {"product": facts.line.product.name},
    )


def candidates_for(product: Product, on_tenant: Sequence[Subscription]) -> list[Subscription]:
    """Return what a line of the product could mean.

    What is over counts only if there is nothing else.
    """
    fitting = [each for each in on_tenant if each.listed_product.product_id == product.pk]
    return [each for each in fitting if each.state not in OVER] or fitting


def conflict_problems(lines: Sequence[LineFacts], conflicts: Sequence[Conflict]) -> list[Problem]:
    """ACT-07, SUB-13 and SUB-14/15: who else has what is claimed here.

    What another partner holds and what another partner has only claimed yield the very same
    problem, code included: the code is in the page, and would tell them apart. Each subscription
    or workload is named once, however many others want it.
    """
    problems = []
    facts_of = {facts.line.pk: facts for facts in lines}
    for conflict in conflicts:
        facts = facts_of.get(conflict.line.pk)
        if facts is None:
            continue
        if conflict.own:
            problems.append(
                error(
                    "SUB-13",
                    _(
                        "Your company already has %(product)s in claim %(number)s. Take it out "
                        "of this claim, or open that one."
                    )
                    % {"product": _called(facts), "number": conflict.other_claim.number},
                    field="lines",
                    line=facts.line.pk,
                    subject=facts.subject,
                )
            )
        elif conflict.other_activity:
            problems.append(own_other_activity(facts, conflict))
        else:
            problems.append(
                warning(
                    "SUB-14",
                    _(
                        "Another partner is associated with %(product)s. You can go on. The "
                        "claim then passes the check for competing claims, which can take longer "
                        "than five business days; strong and recent proof matters."
                    )
                    % {"product": _called(facts)},
                    field="lines",
                    line=facts.line.pk,
                    subject=facts.subject,
                )
            )
    return problems


def freshness_problems(refreshed_at: datetime | None, *, now: datetime) -> list[Problem]:
    """SUB-16: the customer's subscriptions were last refreshed more than two days ago."""
    if refreshed_at is None or now - refreshed_at <= STALE:
        return []
    when = date_format(timezone.localtime(refreshed_at), "DATETIME_FORMAT")
    return [
        information(
            "SUB-16",
            _("What we know about this customer's subscriptions was last refreshed on %(when)s.")
            % {"when": when},
            field="lines",
        )
    ]


def unavailable_problem(*, last_chance: bool) -> Problem:
    """SUB-17: subscriptions can't be looked up; that stops an approval, but nothing before it."""
    if last_chance:
        return error(
            "SUB-17",
            _(
                "We can't check the subscriptions at present. The claim can be approved when they "
                "have been checked."
            ),
            field="lines",
        )
    return warning(
        "SUB-17",
        _(
            "We can't check the subscriptions at present. Keep the draft, or submit the claim and "
            "we check before the review."
        ),
        field="lines",
    )


def _without_id(
    facts: SubscriptionFacts, candidates: Sequence[Subscription]
) -> Subscription | Problem:
    line = facts.line
    if facts.always_required:
        return _fault(
            line,
            "SUB-01",
            _("Enter the ID of the customer's subscription for %(product)s.")
            % {"product": line.product.name},
        )
    if not candidates:
        return _not_among_products(line)
    if facts.settled:
        for candidate in candidates:
            if candidate.pk == line.subscription_id:
                return candidate
    if len(candidates) == 1:
        return candidates[0]
    sentence = ngettext_lazy(
        "%(product)s has %(number)d subscription at this customer. Choose the one you mean, "
        "or enter its ID.",
        "%(product)s has %(number)d subscriptions at this customer. Choose the one you mean, "
        "or enter its ID.",
        len(candidates),
    )
    return _fault(
        line, "SUB-01", sentence % {"product": line.product.name, "number": len(candidates)}
    )


def _not_among_products(line: ClaimLine) -> Problem:
    return _fault(
        line,
        "SUB-04",
        _(
            "%(product)s isn't among this customer's products. Choose the product that the "
            "subscription belongs to."
        )
        % {"product": line.product.name},
    )


def _fits(subscription: Subscription, product: Product) -> bool:
    return subscription.listed_product.product_id == product.pk and not (
        product.is_dynamics and not subscription.listed_product.is_dynamics
    )


def _not_claimable(facts: SubscriptionFacts, found: Subscription) -> Problem | None:
    """SUB-05 to SUB-10, the first that applies."""
    line, listed = facts.line, found.listed_product
    if not _fits(found, line.product):
        of_the_area = listed.product is not None and listed.product.area_id == line.product.area_id
        if listed.product_id != line.product_id and (listed.is_dynamics or of_the_area):
            return _fault(
                line,
                "SUB-05",
                _("This subscription is for another product: %(bought)s.")
                % {"bought": found.offer_name or listed.display_name},
            )
        return _fault(
            line,
            "SUB-06",
            _(
                "This subscription isn't for Dynamics 365. %(product)s can only be claimed with a "
                "subscription of it."
            )
            % {"product": line.product.name},
        )
    allowed = line.activity.restricted_to_channels
    if allowed and found.channel == CSP and CSP not in allowed:
        return _fault(
            line,
            "SUB-07",
            _(
                "This subscription was bought through a cloud solution provider (CSP). "
                "%(activity)s is only for purchases by volume licensing or Web Direct."
            )
            % {"activity": line.activity_name},
        )
    is_trial = found.is_trial and TRIAL not in allowed
    if allowed and (found.channel not in allowed or is_trial):
        channel = _("trial") if found.is_trial else found.get_channel_display()
        return _fault(
            line,
            "SUB-08",
            _(
                "%(activity)s is only for purchases by volume licensing or Web Direct; the channel "
                "of this subscription is: %(channel)s."
            )
            % {"activity": line.activity_name, "channel": channel},
        )
    if found.state == NOT_ACTIVATED:
        return _fault(
            line,
            "SUB-09",
            _(
                "The customer hasn't activated this subscription yet. Ask them to finish its "
                "set-up; after that it can take up to 7 days until it shows here."
            ),
        )
    if found.state not in (ACTIVE, IN_GRACE):
        return _fault(
            line,
            "SUB-10",
            _(
                "The state of this subscription is: %(state)s. Only active subscriptions and those "
                "in their grace period can be claimed."
            )
            % {"state": found.get_state_display()},
        )
    return None


def _life_problems(line: ClaimLine, found: Subscription, today: date) -> list[Problem]:
    """SUB-11 and SUB-12: how long the subscription will live."""
    subject = f"{line.product.code}/{found.subscription_id}"
    ends_on = found.ends_on
    if found.state == IN_GRACE:
        if ends_on is not None and ends_on >= today:
            sentence = _(
                "The subscription for %(product)s is in its grace period until %(date)s. When it "
                "ends the association ends too, and the renewed subscription needs a new claim."
            ) % {"product": line.product.name, "date": date_format(ends_on)}
        else:
            sentence = _(
                "The subscription for %(product)s is in its grace period. When it ends the "
                "association ends too, and the renewed subscription needs a new claim."
            ) % {"product": line.product.name}
        return [warning("SUB-11", sentence, field="lines", line=line.pk, subject=subject)]
    if ends_on is None or ends_on - today >= ENDS_SOON:
        return []
    return [
        information(
            "SUB-12",
            _("According to our records the subscription for %(product)s ends on %(date)s.")
            % {"product": line.product.name, "date": date_format(ends_on)},
            field="lines",
            line=line.pk,
            subject=subject,
        )
    ]


def _called(facts: LineFacts) -> str:
    """Return how the partner knows the line: its product, and the subscription if it has one."""
    if facts.bought_as:
        return _("%(product)s (subscription %(id)s)") % {
            "product": facts.line.product.name,
            "id": facts.bought_as,
        }
    return facts.line.product.name


def _fault(line: ClaimLine, code: str, sentence: str | Promise) -> Problem:
    typed = line.subscription_as_typed.strip().lower()
    subject = f"{line.product.code}/{typed}" if typed else line.product.code
    return error(code, sentence, field="lines", line=line.pk, subject=subject)
