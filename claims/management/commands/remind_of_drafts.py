from __future__ import annotations

from claims.services import reminders
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Tell owners of drafts that nobody has touched for 30 days."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return reminders.remind_of_drafts(dry_run=dry_run)
