from __future__ import annotations

from consent.services import windows
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Put associations in force whose consent window has passed unopposed (T11)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return windows.finalise_consent_windows(dry_run=dry_run)
