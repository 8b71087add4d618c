"""Rows for the incentive program (section 1.4, IncentiveHandoff)."""

from __future__ import annotations

from datetime import datetime

from claims.models import Association
from claims.services.submission import digest_of_documents
from cpor_site.common.operator_calendar import operator_zone

from ..models import IncentiveHandoff


def hand_over(association: Association, *, now: datetime) -> IncentiveHandoff:
    """Write the start row of a line whose association has come into force."""
    line, claim = association.line, association.claim
    effective_on = now.astimezone(operator_zone()).date()
    subscription = line.subscription
    return IncentiveHandoff.objects.create(
        line=line,
        claim=claim,
        kind=IncentiveHandoff.Kind.START,
        effective_on=effective_on,
        created_at=now,
        payload={
            "claim_number": claim.number,
            "program": association.activity.program.code,
            "partner_id": association.location.partner_id,
            "tenant_id": str(association.tenant.tenant_id),
            "subscription_id": str(subscription.subscription_id) if subscription else None,
            "product": line.product.code,
            "activity": association.activity.code,
            "claimed_on": association.claimed_on.isoformat(),
            "effective_from": effective_on.isoformat(),
            "effective_to": None,
            "recognition_only": (
                association.activity.recognition_only or line.product.recognition_only
            ),
            "opt_out_of_incentive": claim.opt_out_of_incentive,
            "poe_sha256": digest_of_documents(claim),
        },
    )
