"""Seal what was written since the last run, and show the chain's head."""

from __future__ import annotations

from typing import Any

from cpor_site.common.evidence import sealing
from cpor_site.common.evidence.facts import printable
from cpor_site.common.models import JobRun
from cpor_site.common.sweep_command import SweepCommand


class Command(SweepCommand):
    help = "Seal evidence that was written since the last run, and show the chain's head."

    def sweep(self, *, dry_run: bool) -> JobRun:
        return sealing.seal_evidence(dry_run=dry_run)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        last = sealing.head()
        if last is not None:
            self.stdout.write(f"Head: seal {last.number}\n{printable(last.digest)}")
