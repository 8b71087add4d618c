from __future__ import annotations

from claims.services import reminders
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Tell partners that the proof of an approved claim is 10 months old."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return reminders.remind_of_proof(dry_run=dry_run)
