"""Write the whole file of a claim into a ZIP, as the button in the admin does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims import actors
from claims.models import Claim
from reviews.services import case_bundle


class Command(BaseCommand):
    help = "Write everything about a claim into one ZIP file; for the operator's own use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="the claim's number")
        parser.add_argument("folder", type=Path, help="where the file is written")

    def handle(self, *args: Any, number: str, folder: Path, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        key = Claim.objects.filter(number=number).values_list("pk", flat=True).first()
        if key is None:
            raise CommandError(f"There is no claim {number}.")
        bundle = case_bundle.export_case(claim_id=key, actor=actors.SYSTEM)
        path = folder / bundle.name
        with bundle.file as made, path.open("wb") as into:
            shutil.copyfileobj(made, into)
        self.stdout.write(f"Written: {path}")
