from __future__ import annotations

from consent.services import webhook
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Post hand-offs that are due to the incentive program's address."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return webhook.post_handoffs(dry_run=dry_run)
