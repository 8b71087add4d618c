"""Handing a document out: to whom, when, and what is noted of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import IO

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.utils.http import content_disposition_header

from cpor_site.common import clock, limits
from cpor_site.common.models import User

from .. import actors, door
from ..models import PoEDocument

DOWNLOADED = "document_downloaded"
VIEWED = "document_viewed"
READING = timedelta(hours=1)


def note_download(document: PoEDocument, user: User) -> None:
    """Write into the claim's record who took the document; only reviewers see it there."""
    _note(document, user, DOWNLOADED)


def note_reading(document: PoEDocument, user: User) -> None:
    """Write into the claim's record who reads pages of the document, once in an hour."""
    who = f"{user.pk}:{document.pk}"
    with suppress(limits.TooMany):
        limits.ask(VIEWED, who, most=1, within=READING, strict=False)
        _note(document, user, VIEWED)


def _note(document: PoEDocument, user: User, kind: str) -> None:
    claim = document.claim
    actor = actors.reviewer(user) if actors.reads_proof(user) else actors.partner(user)
    with transaction.atomic():
        door.record(
            claim,
            kind=kind,
            actor=actor,
            at=clock.now(),
            details={"document": document.pk},
            internal=True,
        )


def signed_address(document: PoEDocument) -> str:
    """Return an address at which the bucket hands the file out for a minute; empty for a folder.

    The bucket is told to send it as a file of the type that was found, under the partner's name.
    """
    storage = document.file.storage
    if isinstance(storage, FileSystemStorage):
        return ""
    parameters = {
        "ResponseContentType": document.content_type,
        "ResponseContentDisposition": content_disposition_header(
            as_attachment=True, filename=document.original_name
        ),
        "ResponseCacheControl": "private, no-store",
    }
    address: str = storage.url(
        document.file.name, parameters=parameters, expire=settings.CPOR_SIGNED_SECONDS
    )
    return address


def content_of(document: PoEDocument) -> IO[bytes]:
    """Open the file; raises ``FileNotFoundError``."""
    opened: IO[bytes] = document.file.open("rb")
    return opened
