"""Doing an act to see what it would write, and undoing all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db import transaction

from cpor_site.common.models import OutboxMessage


def rehearse(perform: Callable[[], object], numbers: Collection[str]) -> list[OutboxMessage]:
    """Return the letters about claims of these numbers that the act would write; nothing stays.

    The act runs for real, with its checks and its templates, in a transaction that is rolled back:
    no row, no letter and no hint to the worker outlives it. Raises what the act raises.
    """
    with transaction.atomic():
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        perform()
        # Others may be writing letters about other claims just now.
        written = OutboxMessage.objects.filter(pk__gt=last, claim_number__in=numbers)
        letters = list(written.order_by("pk"))
        transaction.set_rollback(True)
    return letters
