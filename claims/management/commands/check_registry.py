from __future__ import annotations

from claims.services import registry_age
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Say whether the customer data are too old."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return registry_age.check_registry(dry_run=dry_run)
