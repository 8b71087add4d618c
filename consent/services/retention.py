"""Addresses that are kept for the audit of an answer, and no longer than that (Q26)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from claims.models import Claim
from claims.services.pseudonymising import replace_in_letters
from cpor_site.common import clock
from cpor_site.common.evidence.personal import People
from cpor_site.common.jobs import Outcome, run_sweep
from cpor_site.common.mail_addresses import is_address
from cpor_site.common.models import JobRun, OutboxMessage

from ..models import ConsentAnswer, ConsentEvent, OverviewLink

KEPT = timedelta(days=365)
"""How long the IP address and browser of an answer or a request are kept."""

OF_NO_CLAIM = ("overview", "new_link")
"""Letters that may be about several claims, or about none."""


def forget_people(claim: Claim, people: People) -> None:
    """Give the claim's people their pseudonyms where links were asked for, and in those letters."""
    for email in list(people.emails):
        links = OverviewLink.objects.filter(is_address("email", email), tenant=claim.tenant_id)
        links.update(email=people.address_for(email))
        replace_in_letters(
            OutboxMessage.objects.filter(
                is_address("recipient", email), kind__in=OF_NO_CLAIM, claim_number=""
            ),
            people,
        )


def forget_addresses(*, dry_run: bool = False) -> JobRun:
    """Q26: clear IP addresses and browsers' names that are older than ``KEPT``.

    The run's rows are tables, each cleared by one statement. Answers and events themselves stay,
    as the record of what the customer said.
    """
    now = clock.now()
    return run_sweep(
        "forget_addresses", _due(now), lambda table: _forget(table, now), dry_run=dry_run, now=now
    )


def _due(now: datetime) -> Iterator[int]:
    for table, rows in _old(now).items():
        if rows.exists():
            yield table


def _forget(table: int, now: datetime) -> Outcome:
    rows = _old(now)[table]
    fields: dict[str, Any] = {"ip_address": None}
    if rows.model is ConsentAnswer:
        fields["user_agent"] = ""
    return Outcome.ACTED if rows.update(**fields) else Outcome.SKIPPED


def _old(now: datetime) -> dict[int, QuerySet[Any]]:
    before = now - KEPT
    has_address = Q(ip_address__isnull=False)
    return {
        1: ConsentAnswer.objects.filter(has_address | ~Q(user_agent=""), answered_at__lt=before),
        2: ConsentEvent.objects.filter(has_address, at__lt=before),
        3: OverviewLink.objects.filter(has_address, created_at__lt=before),
    }
