from __future__ import annotations

from claims.services import dispute_windows
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Close rejections that were not disputed in time (T19)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return dispute_windows.close_dispute_windows(dry_run=dry_run)
