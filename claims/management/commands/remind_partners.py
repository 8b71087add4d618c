from __future__ import annotations

from claims.services import reminders
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Remind partners of their answer, at half time and one business day before."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return reminders.remind_partners(dry_run=dry_run)
