from __future__ import annotations

from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand
from reviews.services import lateness


class Command(SweepCommand):
    help = "Tell the lead reviewers of deadlines of the reviewers that have passed."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return lateness.report_late_reviews(dry_run=dry_run)
