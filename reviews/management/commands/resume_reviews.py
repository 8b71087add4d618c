from __future__ import annotations

from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand
from reviews.services import comparing


class Command(SweepCommand):
    help = "Let review clocks run on that stand though no case of competing claims is open."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return comparing.resume_reviews(dry_run=dry_run)
