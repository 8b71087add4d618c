from __future__ import annotations

from consent.services import retention
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Clear IP addresses and browsers' names of customers that are older than a year (Q26)."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return retention.forget_addresses(dry_run=dry_run)
