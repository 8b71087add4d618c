"""The virus check of proof: which documents wait for it, and what its word means for them.

A document that waits is handed out to nobody and stops its claim (POE-05, REV-22). Where no check
is set, documents stay "not scanned", and pages say so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.core.files import File
from django.db import transaction

from cpor_site.common import clock, virus_scan
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .. import actors, door
from ..models import PoEDocument

logger = logging.getLogger(__name__)

State = PoEDocument.ScanState
REFUSED = "document_refused"
QUARANTINE = "quarantine"


def state_at_first() -> str:
    """Return the state of a file that has just come."""
    return State.PENDING if virus_scan.is_set() else State.NOT_SCANNED


def state_of_copy(state: str) -> str:
    """Return the state of a copy of a file: what is known of the one is known of the other."""
    return state if state == State.CLEAN else state_at_first()


def waiting(now: datetime, *, failed: bool = False) -> Iterator[int]:
    """Yield the keys of documents to be checked; with ``failed`` also those that couldn't be.

    Where no check is set, those that wait for one that is there no more.
    """
    states = {State.PENDING, State.FAILED} if failed else {State.PENDING}
    if virus_scan.is_set():
        states.add(State.NOT_SCANNED)
    return keyset(PoEDocument.objects.filter(scan_state__in=states).exclude(file=""))


def scan_documents(*, dry_run: bool = False, failed: bool = False) -> JobRun:
    """Check every document that waits; safe when late, doubled or killed."""
    now = clock.now()
    return run_sweep(
        "scan_documents",
        waiting(now, failed=failed),
        scan_one,
        dry_run=dry_run,
        now=now,
        atomic=False,
    )


def scan_one(document_id: int) -> Outcome:
    """Ask about one document's file without a transaction, then note the answer.

    Effects of a clean file: its state. Of an infected one, in order: file put into quarantine,
    state, event ``document_refused``, letter to the partner. While the check is away the document
    goes on waiting, and the run says so.
    """
    document = PoEDocument.objects.filter(pk=document_id).first()
    if document is None or document.scan_state in (State.CLEAN, State.INFECTED):
        return Outcome.SKIPPED
    if not virus_scan.is_set():
        return _note(document, State.NOT_SCANNED)
    try:
        with document.file.open("rb") as content:
            found = virus_scan.finding_in(content)
    except FileNotFoundError:
        logger.error("The file of document %s is missing from the storage.", document.pk)
        return _note(document, State.FAILED)
    except virus_scan.NotScanned as problem:
        logger.error("Document %s couldn't be checked for viruses: %s", document.pk, problem)
        return _note(document, State.FAILED)
    if found:
        return _refuse(document, found)
    return _note(document, State.CLEAN)


def _note(document: PoEDocument, state: str) -> Outcome:
    with door.open_for_change(claim_id=document.claim_id, actor=actors.SYSTEM):
        current = PoEDocument.objects.get(pk=document.pk)
        if current.scan_state != document.scan_state or current.scan_state == state:
            return Outcome.SKIPPED
        current.scan_state = state
        current.save()
    return Outcome.ACTED


def _refuse(document: PoEDocument, found: str) -> Outcome:
    storage, before = document.file.storage, document.file.name
    with storage.open(before, "rb") as content:
        after = storage.save(f"{QUARANTINE}/{before.rpartition('/')[2]}", File(content))
    try:
        with door.open_for_change(claim_id=document.claim_id, actor=actors.SYSTEM) as (claim, now):
            current = PoEDocument.objects.get(pk=document.pk)
            if current.scan_state == State.INFECTED or current.file.name != before:
                storage.delete(after)
                return Outcome.SKIPPED
            current.scan_state = State.INFECTED
            current.file.name = after
            current.save()
            details = {"document": current.pk, "name": current.original_name, "found": found[:100]}
            event = door.record(claim, kind=REFUSED, actor=actors.SYSTEM, at=now, details=details)
            door.tell(claim, event=event, actor=actors.SYSTEM)
            transaction.on_commit(lambda: _delete(document), robust=True)
    except BaseException:
        storage.delete(after)
        raise
    return Outcome.ACTED


def _delete(document: PoEDocument) -> None:
    document.file.storage.delete(document.file.name)
