from __future__ import annotations

from claims.services import archive
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Archive drafts that nobody has touched for 90 days (Q16)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return archive.archive_idle_drafts(dry_run=dry_run)
