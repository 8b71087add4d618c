"""The lines of a claim: one for each product, subscription and activity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Refused, error

from .. import checks
from ..actors import Actor
from ..models import Claim, ClaimLine, Product, belonging_to
from ..rules.identifiers import parse_guid
from ..states import LineStatus, Status
from .look_ups import log_miss, look_up_all


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


def set_lines(
    claim: Claim,
    *,
    actor: Actor,
    choices: list[LineChoice] | None,
    other_customer: bool = False,
) -> int:
    """Make the claim's lines those of ``choices`` and return how many lines were taken out.

    None keeps the products chosen so far and only follows new activities or a new tenant. A line
    that was once submitted stays as removed; in a draft it goes. Subscriptions are looked up anew.
    ``other_customer`` tells that the claim was another customer's before, or nobody's, so that the
    subscriptions that stood there already are looked up for the first time too.

    Raises ``Refused`` for a product that is listed twice (LIN-04) or unknown (LIN-02), and after
    too many subscriptions that weren't the customer's (LIM-01).
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

    known = set() if other_customer else {line.subscription_as_typed.lower() for line in current}
    _count_misses(claim, actor, {typed for _product, _activity, typed in wanted} - known)
    kept, gone = _matched(claim, current, wanted)
    for line, typed in kept:
        if line.subscription_as_typed.lower() != typed:
            line.subscription_as_typed = typed
            line._history_user = actor.user  # type: ignore[attr-defined]
            line.save()
    for line in gone:
        _take_out(claim, line, actor)
    by_key = {each.pk: each for each in activities}
    lines = [line for line, _typed in kept]
    for (_product_id, activity_id, typed), product in wanted.items():
        line = ClaimLine(
            claim=claim,
            product=product,
            activity=by_key[activity_id],
            subscription_as_typed=typed,
        )
        line._history_user = actor.user  # type: ignore[attr-defined]
        line.save()
        lines.append(line)
    _store_subscriptions(claim, sorted(lines, key=lambda line: line.pk), actor)
    return len(gone)


def look_up_subscriptions(claim: Claim, actor: Actor) -> None:
    """Store on each line the subscription that its text or its product's only candidate names."""
    _store_subscriptions(claim, included_lines(claim), actor)


def _store_subscriptions(claim: Claim, lines: list[ClaimLine], actor: Actor) -> None:
    for line, subscription in checks.resolve_subscriptions(claim, lines):
        if line.subscription != subscription:
            line.subscription = subscription
            line._history_user = actor.user  # type: ignore[attr-defined]
            line.save()


def _count_misses(claim: Claim, actor: Actor, typed: set[str]) -> None:
    """Count which of these texts are IDs of no subscription of the customer's (LIM-01)."""
    if actor.user is None or claim.tenant_id is None:
        return
    asked = sorted({each for each in map(parse_guid, typed) if each is not None})
    for missing in look_up_all(
        actor.user, asked, partial(checks.unknown_subscriptions, claim), field="lines"
    ):
        log_miss(actor.user, claim, what="subscription", asked=str(missing))


def _matched(
    claim: Claim, current: list[ClaimLine], wanted: dict[tuple[int, int, str], Product]
) -> tuple[list[tuple[ClaimLine, str]], list[ClaimLine]]:
    """Take out of ``wanted`` what the claim has; return lines that stay, as typed now, and others.

    A line whose subscription was found by itself stays when that very one is written out. In a
    draft a line also stays when its subscription is exchanged, so that what its documents cover
    isn't forgotten.
    """
    kept, gone = [], []
    for line in current:
        typed = line.subscription_as_typed.lower()
        found = str(line.subscription.subscription_id) if line.subscription and not typed else typed
        for text in dict.fromkeys([typed, found]):
            if wanted.pop((line.product_id, line.activity_id, text), None) is not None:
                kept.append((line, text))
                break
        else:
            gone.append(line)
    if claim.first_submitted_at is not None:
        return kept, gone
    left = []
    for line in gone:
        others = [key for key in wanted if key[:2] == (line.product_id, line.activity_id)]
        if others:
            del wanted[others[0]]
            kept.append((line, others[0][2]))
        else:
            left.append(line)
    return kept, left


def _lines(claim: Claim, status: LineStatus) -> list[ClaimLine]:
    return belonging_to(
        claim,
        ClaimLine.objects.filter(claim=claim, line_status=status)
        .select_related("product", "activity__program", "subscription__listed_product")
        .order_by("pk"),
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
