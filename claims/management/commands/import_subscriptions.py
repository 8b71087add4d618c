"""`manage.py import_subscriptions FILE`: from CSV or from Microsoft Graph's JSON."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from claims.imports import ImportReport, Progress, import_subscriptions
from claims.imports.values import BadValue, guid
from claims.models import Subscription

from ._import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Imports subscriptions from a CSV file, or from what Microsoft Graph answers to "
        "GET /directory/subscriptions: a JSON file or a folder of its pages."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--tenant",
            type=_guid,
            metavar="GUID",
            help="JSON only: the customer's tenant, which Graph's answer doesn't name",
        )
        parser.add_argument(
            "--channel",
            choices=Subscription.Channel.values,
            help="JSON only: channel of what is neither CSP nor a trial, for all subscriptions; "
            "without it new ones get web_direct and known ones keep theirs",
        )

    def run_import(self, options: dict[str, Any], on_progress: Progress) -> ImportReport:
        return import_subscriptions(
            path=options["file"],
            tenant_id=options["tenant"],
            channel=options["channel"],
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            on_progress=on_progress,
        )


def _guid(text: str) -> UUID:
    try:
        return guid(text)
    except BadValue as error:
        raise ArgumentTypeError(str(error)) from error
