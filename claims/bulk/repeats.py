"""Claims of a file that an earlier upload has made already.

A file that was mended and is uploaded once more holds its good rows again. What a row asks for is
compared with what stands: the customer, the products with their subscriptions, the activities and
the partner ID. Names and contacts don't count, since two claims that differ in these alone could
never both be submitted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from cpor_site.common.models import User

from .. import actors
from ..actors import Capability
from ..models import Claim, ClaimLine, DraftUpload
from ..rules.identifiers import normalise_domain, parse_guid
from ..services.drafting import ClaimChanges
from ..states import OPEN_STATUSES, LineStatus
from .planning import Plan

Essence = tuple[Any, ...]


def twins(user: User, upload: DraftUpload, plans: Iterable[Plan]) -> dict[int, Claim]:
    """Return the claim of an earlier upload that asks for the same, by the plan's first row.

    Only claims that the user may see and that aren't over; the one of the same name
    or else the newest where there are several.
    Three queries and those of the user's roles, however long the file is.
    """
    wanted = {
        plan.rows[0].number: (_of_changes(plan.name, plan.changes), plan.changes, plan.name)
        for plan in plans
        if plan.changes is not None
    }
    if not wanted:
        return {}
    changes = [each for _essence, each, _name in wanted.values()]
    names = {name for _essence, _changes, name in wanted.values() if name}
    standing: dict[Essence, dict[str, Claim]] = {}
    for claim in _earlier(user, upload, changes, names):
        standing.setdefault(_of_claim(claim), {})[claim.name.casefold()] = claim
    return {
        number: _best(standing[essence], name)
        for number, (essence, _changes, name) in wanted.items()
        if essence in standing
    }


def _best(by_name: dict[str, Claim], name: str) -> Claim:
    return by_name.get(name.casefold()) or max(by_name.values(), key=lambda claim: claim.pk)


def _earlier(
    user: User, upload: DraftUpload, changes: Iterable[ClaimChanges], names: Iterable[str]
) -> QuerySet[Claim]:
    typed = {(each.tenant_id or "").strip() for each in changes} - {""}
    guids = {parse_guid(each) for each in typed} - {None}
    lines = ClaimLine.objects.filter(line_status__in=(LineStatus.INCLUDED, LineStatus.APPROVED))
    return (
        Claim.objects.filter(
            actors.reach(user, Capability.DRAFT),
            Q(tenant_id_as_typed__in=typed)
            | Q(tenant__tenant_id__in=guids)
            | Q(tenant_id_as_typed="", name__in=names),
            organization=upload.organization_id,
            uploaded_with__isnull=False,
            status__in=OPEN_STATUSES,
        )
        .exclude(uploaded_with=upload)
        .prefetch_related("activities", Prefetch("lines", lines))
        .order_by("pk")
    )


def _of_changes(name: str, changes: ClaimChanges) -> Essence:
    return _essence(
        name,
        changes.tenant_id or "",
        changes.domain or "",
        changes.location_id,
        changes.activity_ids or [],
        [(each.product_id, each.subscription) for each in changes.lines or []],
    )


def _of_claim(claim: Claim) -> Essence:
    return _essence(
        claim.name,
        claim.tenant_id_as_typed,
        claim.domain_as_typed,
        claim.location_id,
        [each.pk for each in claim.activities.all()],
        [(each.product_id, each.subscription_as_typed) for each in claim.lines.all()],
    )


def _essence(
    name: str,
    tenant_id: str,
    domain: str,
    location_id: int | None,
    activities: Iterable[int],
    lines: Iterable[tuple[int, str]],
) -> Essence:
    customer = parse_guid(tenant_id) or (
        tenant_id.strip().casefold(),
        normalise_domain(domain) or domain.strip().casefold(),
    )
    chosen = frozenset((product, typed.strip().lower()) for product, typed in lines)
    # Without a customer or a product only its name tells one gap from another.
    told = name.strip().casefold() if not (tenant_id.strip() and chosen) else ""
    return customer, location_id, frozenset(activities), chosen, told
