"""How old the customer data are that claims are checked against (SUB-16 tells partners)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.problems import Refused, error

from ..models import Subscription


def refreshed_at() -> datetime | None:
    """Return when a subscription was last refreshed; None without any."""
    found = Subscription.objects.aggregate(newest=Max("last_synced_at"))
    return found["newest"] if isinstance(found["newest"], datetime) else None


def stale_since(now: datetime) -> datetime | None:
    """Return when the customer data were last refreshed, if that is too long ago."""
    newest = refreshed_at()
    longest = timedelta(hours=settings.CPOR_REGISTRY_MAX_AGE_HOURS)
    return newest if newest is not None and now - newest > longest else None


def check_registry(*, dry_run: bool = False) -> JobRun:
    """Say in the run's row (as refused) if the customer data are too old; changes nothing."""
    now = clock.now()
    newest = stale_since(now)
    keys: list[int] = []
    if newest is not None:
        refreshed_then = Subscription.objects.filter(last_synced_at=newest)
        keys = list(refreshed_then.order_by("pk").values_list("pk", flat=True)[:1])

    def refuse(_key: int) -> Outcome:
        assert newest is not None
        raise TooOld(newest)

    return run_sweep("check_registry", keys, refuse, dry_run=dry_run, now=now)


class TooOld(Refused):
    """REG-01: nobody has refreshed the customer data for too long."""

    def __init__(self, newest: datetime) -> None:
        moment = formats.date_format(newest.astimezone(operator_zone()), "DATETIME_FORMAT")
        super().__init__(
            error(
                "REG-01",
                _(
                    "Customer data was last refreshed %(moment)s, more than %(hours)s hours ago. "
                    "Run the import of subscriptions."
                )
                % {"moment": moment, "hours": settings.CPOR_REGISTRY_MAX_AGE_HOURS},
            )
        )
