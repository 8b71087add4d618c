from __future__ import annotations

from claims.services import renewal_reminders
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Tell partners 60, 30 and 7 days before a subscription ends."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return renewal_reminders.remind_of_subscriptions(dry_run=dry_run)
