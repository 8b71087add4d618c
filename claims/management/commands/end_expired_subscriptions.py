from __future__ import annotations

from claims.services import subscription_ends
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "End associations whose subscription is past its end and grace (T22)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return subscription_ends.end_expired_subscriptions(dry_run=dry_run)
