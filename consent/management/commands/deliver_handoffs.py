from __future__ import annotations

from consent.services import delivery
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Write hand-offs to the incentive program that are due into signed files."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return delivery.deliver_handoffs(dry_run=dry_run)
