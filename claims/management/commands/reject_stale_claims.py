from __future__ import annotations

from claims.services import sweeps
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Reject claims whose partner did not answer in time (T7)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return sweeps.reject_stale_claims(dry_run=dry_run)
