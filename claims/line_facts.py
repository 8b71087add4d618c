"""A claim's lines with everything that the rules about them need, gathered by few queries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from .directory import DirectoryUnavailable, customer_directory
from .models import (
    Claim,
    ClaimLine,
    SolutionArea,
    Subscription,
    WorkloadUsage,
    belonging_to,
)
from .rules import subscriptions
from .rules.identifiers import parse_guid
from .rules.lines import LineFacts
from .rules.subscriptions import SubscriptionFacts
from .states import LineStatus


def included_lines(claim: Claim) -> list[ClaimLine]:
    """Return the lines in the running with all that the rules read of them; two queries."""
    return belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim, line_status=LineStatus.INCLUDED)
        .select_related("product", "activity__program", "subscription__listed_product")
        .prefetch_related("product__activities")
        .order_by("pk"),
    )


class GatheredLines:
    """A claim's lines with what the directory knows about their subscriptions, asked for once."""

    def __init__(self, claim: Claim, lines: Sequence[ClaimLine]) -> None:
        self.claim = claim
        self.lines = lines
        self.profile = claim.rule_profile

    def needs_subscription(self, line: ClaimLine) -> bool:
        area = self.claim.area
        return (
            area is not None
            and area.level == SolutionArea.Level.SUBSCRIPTION
            and line.product.area_id == area.pk
        )

    @cached_property
    def on_tenant(self) -> list[Subscription]:
        """The customer's subscriptions that matter here; may raise ``DirectoryUnavailable``."""
        needing = [line for line in self.lines if self.needs_subscription(line)]
        if self.claim.tenant is None or not needing:
            return []
        typed = {parse_guid(line.subscription_as_typed) for line in needing}
        return customer_directory().subscriptions(
            self.claim.tenant,
            product_ids={line.product_id for line in needing},
            subscription_ids={each for each in typed if each is not None},
        )

    def candidates(self) -> dict[int, list[Subscription]]:
        """Return the customer's subscriptions of each product on a line, by the product's key.

        Empty while the customer isn't known or the directory can't be asked.
        """
        try:
            on_tenant = self.on_tenant
        except DirectoryUnavailable:
            return {}
        return {
            line.product_id: subscriptions.candidates_for(line.product, on_tenant)
            for line in self.lines
            if self.needs_subscription(line)
        }

    def usage_percents(self) -> dict[int, int]:
        """Return the share of its paid units that the customer used in the last month on record.

        By the product's key; only for programs that ask for it, and not where nothing is paid for.
        """
        products = {
            line.product_id
            for line in self.lines
            if line.activity.program.usage_threshold_percent is not None
        }
        if self.claim.tenant is None or not products:
            return {}
        latest: dict[int, WorkloadUsage] = {}
        for each in WorkloadUsage.objects.filter(
            tenant=self.claim.tenant, product__in=products
        ).order_by("month"):
            latest[each.product_id] = each
        found = {product: usage.percent for product, usage in latest.items()}
        return {product: percent for product, percent in found.items() if percent is not None}

    def facts(self, line: ClaimLine) -> SubscriptionFacts | None:
        """Return the facts about the line's subscription; None if there is nothing to check."""
        if self.claim.tenant is None or not self.needs_subscription(line):
            return None
        return SubscriptionFacts(
            line=line,
            on_tenant=self.on_tenant,
            tenant_id=self.claim.tenant.tenant_id,
            always_required=self.profile.subscription_always_required,
            settled=self.claim.first_submitted_at is not None,
        )

    def chosen(self, line: ClaimLine) -> Subscription | None:
        facts = self.facts(line)
        return subscriptions.choose(facts) if facts else None

    @cached_property
    def line_facts(self) -> list[LineFacts]:
        return [
            LineFacts(
                line=line,
                offered_for=frozenset(each.pk for each in line.product.activities.all()),
                bought_as=self._bought_as(line),
            )
            for line in self.lines
        ]

    def _bought_as(self, line: ClaimLine) -> str:
        if not self.needs_subscription(line):
            return ""
        typed = line.subscription_as_typed.strip().lower()
        if typed:
            return str(parse_guid(typed) or typed)
        try:
            found = self.chosen(line)
        except DirectoryUnavailable:
            found = line.subscription
        return str(found.subscription_id) if found else ""
