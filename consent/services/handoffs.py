"""Rows for the incentive program (section 1.4, IncentiveHandoff)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from claims.models import Activity, Association, Claim
from claims.services.submission import digests_of_documents
from claims.states import AssociationState
from cpor_site.common.key_lists import Among
from cpor_site.common.many_rows import insert_many
from cpor_site.common.operator_calendar import operator_day

from ..models import IncentiveHandoff

PARTNER_ASSOCIATION = "CPOR"
"""How the partner is tied to the line, as earnings exports tell it from other kinds."""


COPIED = {
    "claim_number": "claim__number",
    "partner_id": "location__partner_id",
    "tenant_id": "tenant__tenant_id",
    "subscription_id": "line__subscription__subscription_id",
    "subscription_starts_on": "line__subscription__starts_on",
    "subscription_ends_on": "line__subscription__ends_on",
    "product": "line__product__code",
    "product_name": "line__product__name",
    "claimed_on": "claimed_on",
    "opt_out_of_incentive": "claim__opt_out_of_incentive",
}
"""Fields of a start row that are columns around the association."""


def hand_over(association_ids: Collection[int], *, now: datetime) -> None:
    """Write the start rows of lines whose associations have come into force.

    The caller holds the locks of the lines' claims. Reads columns and no objects, since a sweep may
    hand over a hundred thousand lines.
    """
    effective_on = operator_day(now)
    found = _starts(association_ids, effective_on)
    numbers = _last_numbers({claim_id for _line, claim_id, _payload in found})
    rows = []
    for line_id, claim_id, payload in found:
        numbers[claim_id] += 1
        rows.append((line_id, claim_id, numbers[claim_id], payload))
    insert_many(
        IncentiveHandoff,
        ("line_id", "claim_id", "sequence", "payload"),
        rows,
        kind=IncentiveHandoff.Kind.START,
        effective_on=effective_on,
        created_at=now,
    )


def _shared_fields(
    alike: Collection[tuple[int, str, bool]], effective_on: date
) -> dict[tuple[int, str, bool], dict[str, Any]]:
    """Return what start rows share, by activity, rule profile and the product's recognition."""
    activities = Activity.objects.select_related("program", "area").in_bulk(
        {activity for activity, _profile, _is_recognition in alike}
    )

    def fields(activity: Activity, profile: str, is_recognition: bool) -> dict[str, Any]:
        return {
            "program": activity.program.code,
            "program_name": activity.program.name,
            "partner_association": PARTNER_ASSOCIATION,
            "solution_area": activity.area.name_in(profile),
            "activity": activity.code,
            "activity_name": activity.name_in(profile),
            "effective_from": effective_on.isoformat(),
            "effective_to": None,
            "recognition_only": activity.is_unpaid_in(profile) or is_recognition,
        }

    return {each: fields(activities[each[0]], *each[1:]) for each in alike}


def _starts(
    association_ids: Collection[int], effective_on: date
) -> list[tuple[int, int, dict[str, Any]]]:
    """Return line, claim and what a start row holds for each of the associations."""
    alike = ("activity", "claim__rule_profile", "line__product__recognition_only")
    lines = (
        Association.objects.filter(Among("pk", association_ids))
        .order_by("pk")
        .values_list("line", "claim", *alike, *COPIED.values())
    )
    digests = digests_of_documents({claim_id for _line, claim_id, *_rest in lines})
    shared = _shared_fields({tuple(line[2:5]) for line in lines}, effective_on)
    return [
        (
            line_id,
            claim_id,
            {
                **dict(zip(COPIED, map(_as_json, copied), strict=True)),
                **shared[activity, profile, is_recognition],
                "poe_sha256": digests[claim_id],
            },
        )
        for line_id, claim_id, activity, profile, is_recognition, *copied in lines
    ]


def _start_elsewhere(association: Association) -> dict[str, Any]:
    """Return the start of an association that an earlier system handed over (Q30)."""
    assert association.effective_from is not None
    began_on = operator_day(association.effective_from)
    ((_line, _claim, payload),) = _starts([association.pk], began_on)
    return payload


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
        if association.line_id in done or (start is None and not claim.migrated):
            continue
        payload = start.payload if start else _start_elsewhere(association)
        assert association.effective_to is not None
        effective_on = operator_day(association.effective_to)
        rows.append(
            IncentiveHandoff.objects.create(
                line_id=association.line_id,
                claim=claim,
                sequence=_last_numbers([claim.pk])[claim.pk] + 1,
                kind=IncentiveHandoff.Kind.TERMINATION,
                effective_on=effective_on,
                created_at=now,
                payload=payload
                | {
                    "effective_to": effective_on.isoformat(),
                    "end_reason": str(association.end_reason),
                },
            )
        )
    return rows


def _last_numbers(claim_ids: Collection[int]) -> dict[int, int]:
    """Return the last number of each claim's rows, 0 without any; the caller holds the locks."""
    last = (
        IncentiveHandoff.objects.filter(Among("claim", claim_ids))
        .order_by()
        .values_list("claim")
        .annotate(last=Max("sequence"))
    )
    return dict.fromkeys(claim_ids, 0) | dict(last)


def _as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
