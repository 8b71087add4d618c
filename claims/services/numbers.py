"""Claim numbers, allocated when a draft is started since drafts are quoted in support (Q34)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from cpor_site.common.operator_calendar import operator_day

from ..models import ClaimCounter


def next_number(now: datetime) -> str:
    """Return a fresh number such as ``CPOR-2026-000123``; the year is that of the operator's zone.

    The year's counter row stays locked until the transaction ends, so no number is given twice; a
    transaction that is rolled back may leave a gap.
    """
    year = operator_day(now).year
    ClaimCounter.objects.get_or_create(year=year)
    ClaimCounter.objects.filter(year=year).update(last=F("last") + 1)
    last = ClaimCounter.objects.get(year=year).last
    return f"CPOR-{year}-{last:06d}"
