"""The lines of a claim: one for each product, subscription and activity."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Refused, error

from ..actors import Actor
from ..checks import resolve_subscriptions
from ..models import Claim, ClaimLine, Product
from ..states import LineStatus, Status


@dataclass(frozen=True)
class LineChoice:
    """A product, and the subscription as typed; empty where it isn't needed or not known."""

    product_id: int
    subscription: str = ""


def included_lines(claim: Claim) -> list[ClaimLine]:
    """Return the lines in the running, with product, activity, program and subscription."""
    return _lines(claim, LineStatus.INCLUDED)


def approved_lines(claim: Claim) -> list[ClaimLine]:
    """Return the lines that stand approved, loaded like ``included_lines``."""
    return _lines(claim, LineStatus.APPROVED)


def set_lines(claim: Claim, *, actor: Actor, choices: list[LineChoice] | None) -> int:
    """Make the claim's lines those of ``choices`` and return how many lines were taken out.

    None keeps the products chosen so far and only follows new activities or a new tenant. A line
    that was once submitted stays as removed; in a draft it goes. Subscriptions are looked up anew.
    Raises ``Refused`` for a product that is listed twice (LIN-04) or unknown (LIN-02).
    """
    current = included_lines(claim)
    if choices is None:
        choices = list(
            dict.fromkeys(
                LineChoice(line.product_id, line.subscription_as_typed) for line in current
            )
        )
    products = _products(choices)
    activities = list(claim.activities.all())
    wanted: dict[tuple[int, int, str], Product] = {}
    for choice in choices:
        product = products[choice.product_id]
        offered = {activity.pk for activity in product.activities.all()}
        fitting = [each for each in activities if each.pk in offered] or activities
        for activity in fitting:
            key = (product.pk, activity.pk, choice.subscription.strip().lower())
            if key in wanted:
                raise Refused(
                    error(
                        "LIN-04",
                        _("%(product)s is listed twice.") % {"product": product},
                        field="lines",
                        subject=product.code,
                    )
                )
            wanted[key] = product

    removed = 0
    for line in current:
        key = (line.product_id, line.activity_id, line.subscription_as_typed.lower())
        if key in wanted:
            del wanted[key]
        else:
            _take_out(claim, line, actor)
            removed += 1
    for product_id, activity_id, typed in wanted:
        line = ClaimLine(
            claim=claim,
            product_id=product_id,
            activity_id=activity_id,
            subscription_as_typed=typed,
        )
        line._history_user = actor.user  # type: ignore[attr-defined]
        line.save()
    look_up_subscriptions(claim, actor)
    return removed


def look_up_subscriptions(claim: Claim, actor: Actor) -> None:
    """Store on each line the subscription that its text or its product's only candidate names."""
    for line, subscription in resolve_subscriptions(claim, included_lines(claim)):
        if line.subscription != subscription:
            line.subscription = subscription
            line._history_user = actor.user  # type: ignore[attr-defined]
            line.save()


def _lines(claim: Claim, status: LineStatus) -> list[ClaimLine]:
    return list(
        ClaimLine.objects.filter(claim=claim, line_status=status)
        .select_related("product", "activity__program", "subscription__listed_product")
        .order_by("pk")
    )


def _products(choices: list[LineChoice]) -> dict[int, Product]:
    products = Product.objects.prefetch_related("activities").in_bulk(
        [choice.product_id for choice in choices]
    )
    if any(choice.product_id not in products for choice in choices):
        raise Refused(error("LIN-02", _("Choose products from the catalogue only."), field="lines"))
    return products


def _take_out(claim: Claim, line: ClaimLine, actor: Actor) -> None:
    line._history_user = actor.user  # type: ignore[attr-defined]
    if claim.first_submitted_at is None:
        line.delete()
        return
    advised = (
        claim.status == Status.PARTNER_ACTION_REQUIRED
        and line.findings.filter(round=claim.round).exists()
    )
    line.line_status = LineStatus.REMOVED_ON_ADVICE if advised else LineStatus.REMOVED_BY_PARTNER
    line.contested = False
    line.save()
