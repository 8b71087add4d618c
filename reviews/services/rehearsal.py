"""Doing an act to see what it would write, and undoing all of it."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from claims.models import Claim
from cpor_site.common.models import OutboxMessage


def rehearse(perform: Callable[[], Claim]) -> list[OutboxMessage]:
    """Return the letters that the act would write, as they would leave; nothing stays.

    The act runs for real, with its checks and its templates, in a transaction that is rolled back:
    no row, no letter and no hint to the worker outlives it. Raises what the act raises.
    """
    with transaction.atomic():
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        claim = perform()
        letters = list(
            OutboxMessage.objects.filter(pk__gt=last, claim_number=claim.number).order_by("pk")
        )
        transaction.set_rollback(True)
    return letters
