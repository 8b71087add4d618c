"""Rows for the incentive program (section 1.4, IncentiveHandoff)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max

from claims.models import Association, Claim
from claims.services.submission import digest_of_documents, digests_of_documents
from claims.states import AssociationState
from cpor_site.common.operator_calendar import operator_zone

from ..models import IncentiveHandoff

PARTNER_ASSOCIATION = "CPOR"
"""How the partner is tied to the line, as earnings exports tell it from other kinds."""


def hand_over(association: Association, *, now: datetime) -> IncentiveHandoff:
    """Write the start row of a line whose association has come into force."""
    claim = association.claim
    row = _start(association, now, _next_number(claim), digest_of_documents(claim))
    row.save()
    return row


def hand_over_together(
    associations: Sequence[Association], *, now: datetime
) -> list[IncentiveHandoff]:
    """Write the start rows of many claims' lines; the caller holds the claims' locks."""
    claims = {association.claim_id for association in associations}
    numbers = dict(
        IncentiveHandoff.objects.filter(claim__in=claims)
        .order_by()
        .values_list("claim")
        .annotate(last=Max("sequence"))
    )
    digests = digests_of_documents(claims)
    rows = []
    for association in associations:
        key = association.claim_id
        numbers[key] = numbers.get(key, 0) + 1
        rows.append(_start(association, now, numbers[key], digests[key]))
    return IncentiveHandoff.objects.bulk_create(rows)


def _start(association: Association, now: datetime, sequence: int, digest: str) -> IncentiveHandoff:
    line, claim = association.line, association.claim
    effective_on = now.astimezone(operator_zone()).date()
    subscription = line.subscription
    return IncentiveHandoff(
        line=line,
        claim=claim,
        sequence=sequence,
        kind=IncentiveHandoff.Kind.START,
        effective_on=effective_on,
        created_at=now,
        payload={
            "claim_number": claim.number,
            "program": association.activity.program.code,
            "program_name": association.activity.program.name,
            "partner_association": PARTNER_ASSOCIATION,
            "partner_id": association.location.partner_id,
            "tenant_id": str(association.tenant.tenant_id),
            "subscription_id": str(subscription.subscription_id) if subscription else None,
            "subscription_starts_on": _day(subscription.starts_on) if subscription else None,
            "subscription_ends_on": _day(subscription.ends_on) if subscription else None,
            "solution_area": association.activity.area.name_in(claim.rule_profile_id),
            "product": line.product.code,
            "product_name": line.product.name,
            "activity": association.activity.code,
            "activity_name": association.activity.name_in(claim.rule_profile_id),
            "claimed_on": association.claimed_on.isoformat(),
            "effective_from": effective_on.isoformat(),
            "effective_to": None,
            "recognition_only": (
                association.activity.recognition_only or line.product.recognition_only
            ),
            "opt_out_of_incentive": claim.opt_out_of_incentive,
            "poe_sha256": digest,
        },
    )


def take_back(claim: Claim, *, now: datetime) -> list[IncentiveHandoff]:
    """Write the termination row of every line that was handed over and whose association ended.

    A line has one at most; one that never took effect was never handed over and needs none.
    """
    ended = Association.objects.filter(
        claim=claim, state=AssociationState.ENDED, effective_from__isnull=False
    ).order_by("pk")
    starts = {
        row.line_id: row
        for row in IncentiveHandoff.objects.filter(claim=claim, kind=IncentiveHandoff.Kind.START)
    }
    done = set(
        IncentiveHandoff.objects.filter(
            claim=claim, kind=IncentiveHandoff.Kind.TERMINATION
        ).values_list("line_id", flat=True)
    )
    rows = []
    for association in ended:
        start = starts.get(association.line_id)
        if start is None or association.line_id in done:
            continue
        assert association.effective_to is not None
        effective_on = association.effective_to.astimezone(operator_zone()).date()
        rows.append(
            IncentiveHandoff.objects.create(
                line_id=association.line_id,
                claim=claim,
                sequence=_next_number(claim),
                kind=IncentiveHandoff.Kind.TERMINATION,
                effective_on=effective_on,
                created_at=now,
                payload=start.payload
                | {
                    "effective_to": effective_on.isoformat(),
                    "end_reason": str(association.end_reason),
                },
            )
        )
    return rows


def _next_number(claim: Claim) -> int:
    """Return the next number of the claim's rows; the caller holds the claim's lock."""
    last = IncentiveHandoff.objects.filter(claim=claim).aggregate(last=Max("sequence"))["last"]
    return (last or 0) + 1


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
