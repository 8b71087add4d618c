from __future__ import annotations

from consent.services import reminders
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Ask customers again who have not answered by day 4 of their window."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return reminders.remind_customers(dry_run=dry_run)
