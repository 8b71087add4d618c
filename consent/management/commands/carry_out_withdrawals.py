from __future__ import annotations

from consent.services import withdrawals
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "End associations whose customer withdrew with effect from a day that has come (T12)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return withdrawals.carry_out_withdrawals(dry_run=dry_run)
