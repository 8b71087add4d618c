"""Move the clock of web, worker and scheduler; in a demonstration or a test only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cpor_site.common import clock

FARTHEST = timedelta(days=36_525)


class Command(BaseCommand):
    help = "Move the product's clock, so that deadlines pass while one watches (demo and test)."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--days", type=float, help="Move by so many days; negative moves back.")
        how.add_argument("--hours", type=float, help="Move by so many hours; negative moves back.")
        how.add_argument("--reset", action="store_true", help="Go back to real time.")

    def handle(
        self, *args: Any, days: float | None, hours: float | None, reset: bool, **options: Any
    ) -> None:
        try:
            if reset:
                clock.reset()
            else:
                clock.move(_by(days or 0, hours or 0))
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        offset = clock.offset()
        where = f"{offset / timedelta(days=1):+.2f} days from real time" if offset else "real time"
        self.stdout.write(f"The clock shows {clock.now():%a %Y-%m-%d %H:%M:%S} UTC ({where}).")


def _by(days: float, hours: float) -> timedelta:
    try:
        by = timedelta(days=days, hours=hours)
        if abs(clock.offset() + by) <= FARTHEST:
            return by
    except (OverflowError, ValueError):
        pass
    raise CommandError("The clock can be moved by a hundred years at most.")
