from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.services.canned_texts import load_canned_texts


class Command(BaseCommand):
    help = "Loads the canned texts for reviewers. What was changed here stays."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = load_canned_texts()
        except ValueError as problem:
            raise CommandError(f"Nothing was loaded. {problem}") from problem
        self.stdout.write(
            f"{len(report.created)} created, {len(report.updated)} updated, "
            f"{len(report.kept)} kept as changed here, {len(report.unchanged)} already as shipped."
        )
