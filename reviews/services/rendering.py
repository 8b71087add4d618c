"""Pages of proof for reviewers' eyes: which documents wait, drawing them, letting them go.

A rendering waits in its row. While one is being drawn its row says so: ``attempts`` was counted up
and ``made_at`` is the moment at which that began. Whoever comes later leaves it alone until it must
be over, so that a doubled sweep draws nothing twice and a killed one is caught up with.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Q

from claims.models import PoEDocument
from claims.states import Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from ..drawing.apart import DrawnPage, drawn
from ..drawing.limits import KINDS, LIMITS, Limits
from ..models import ProofPage, ProofRendering

logger = logging.getLogger(__name__)

State = ProofRendering.State
Scan = PoEDocument.ScanState

MOST_ATTEMPTS = 3
OVER_AFTER = timedelta(minutes=5)
"""When an attempt that hasn't reported must be over; far longer than ``Limits.wall_seconds``."""
LONGEST_RUN = timedelta(minutes=8)
FINAL = frozenset({"unreadable"})
"""Problems that a second attempt can't mend."""
DECIDED = (Status.APPROVED, Status.REJECTED)


def expect_pages(document_id: int) -> ProofRendering:
    """Note that a document's pages are to be drawn, once; the rest is for download only."""
    document = PoEDocument.objects.only("content_type").get(pk=document_id)
    state = State.PENDING if document.content_type in KINDS else State.NOT_SHOWN
    rendering, _new = ProofRendering.objects.get_or_create(
        document_id=document_id, defaults={"state": state}
    )
    return rendering


def expect_missing() -> int:
    """Note all documents of undecided claims that nobody has noted; return how many.

    For an installation that had documents before it could draw pages.
    """
    missing = PoEDocument.objects.filter(rendering=None, withdrawn_at=None).exclude(
        claim__status__in=DECIDED
    )
    keys = list(keyset(missing))
    for key in keys:
        expect_pages(key)
    return len(keys)


def waiting(now: datetime) -> Iterator[int]:
    """Yield the keys of renderings that can be drawn now; none while one is being drawn.

    One document at a time: drawing must not take the workers away from the letters. Stops after a
    while, so that the run ends before the worker's own limit; the next one goes on.
    """
    pending = ProofRendering.objects.filter(state=State.PENDING)
    if pending.filter(made_at__gt=now - OVER_AFTER).exists():
        return
    end = time.monotonic() + LONGEST_RUN.total_seconds()
    for key in keyset(pending.filter(document__scan_state__in=PoEDocument.open_states())):
        if time.monotonic() > end:
            return
        yield key


def render_proof(*, dry_run: bool = False, limits: Limits = LIMITS) -> JobRun:
    """Draw the pages of every document that waits; safe when late, doubled or killed."""
    now = clock.now()
    return run_sweep(
        "render_proof",
        waiting(now),
        lambda key: render_one(key, limits=limits),
        dry_run=dry_run,
        now=now,
        atomic=False,
    )


def render_one(rendering_id: int, *, limits: Limits = LIMITS) -> Outcome:
    """Draw one document's pages: take the attempt, draw without a transaction, keep the pages.

    Effects, in order: attempt counted, images stored, rows of the pages and the state together.
    Images of an attempt whose rows weren't kept are removed, at the latest by the next attempt.
    """
    rendering = _taken(rendering_id)
    if rendering is None:
        return Outcome.SKIPPED
    document = rendering.document
    if rendering.attempts > 1:
        _remove_images(rendering)
    if rendering.attempts > MOST_ATTEMPTS:
        return _ended(rendering, State.FAILED, problem=rendering.problem or "crash")
    try:
        source = document.file.open("rb")
    except FileNotFoundError:
        logger.error("The file of document %s is missing from the storage.", document.pk)
        return _ended(rendering, State.FAILED, problem="missing")
    with source, drawn(source, document.content_type, limits=limits) as drawing:
        if drawing.pages:
            return _kept(rendering, drawing.pages, drawing.count, drawing.problem)
        if drawing.problem in FINAL or rendering.attempts >= MOST_ATTEMPTS:
            return _ended(rendering, State.FAILED, problem=drawing.problem)
        ProofRendering.objects.filter(pk=rendering.pk, attempts=rendering.attempts).update(
            problem=drawing.problem, made_at=None
        )
        raise RuntimeError(
            f"Document {document.pk} could not be drawn ({drawing.problem}); it is tried again."
        )


def forget_pages(document_id: int) -> None:
    """Remove a document's pages and their images for good, because its file goes."""
    with transaction.atomic():
        rendering = (
            ProofRendering.objects.select_for_update().filter(document_id=document_id).first()
        )
        if rendering is None:
            return
        names = [name for name in rendering.pages.values_list("image", flat=True) if name]
        rendering.pages.all().delete()
        rendering.state, rendering.page_count, rendering.problem = State.NOT_SHOWN, 0, ""
        rendering.save()
        transaction.on_commit(lambda: _delete(_storage(), names))


def _taken(rendering_id: int) -> ProofRendering | None:
    """Return the rendering with its next attempt counted, or None if it isn't to be drawn now."""
    now = clock.now()
    seen = ProofRendering.objects.select_related("document").filter(pk=rendering_id).first()
    if seen is None or not seen.document.may_be_opened:
        return None
    taken = ProofRendering.objects.filter(
        Q(made_at=None) | Q(made_at__lte=now - OVER_AFTER),
        pk=seen.pk,
        state=State.PENDING,
        attempts=seen.attempts,
    ).update(attempts=seen.attempts + 1, made_at=now)
    seen.attempts += 1
    return seen if taken else None


def _kept(rendering: ProofRendering, pages: list[DrawnPage], count: int, problem: str) -> Outcome:
    rows: list[ProofPage] = []
    try:
        for page in pages:
            row = ProofPage(
                rendering=rendering,
                number=page.number,
                width=page.width,
                height=page.height,
                text=page.text,
            )
            rows.append(row)
            if page.path is not None:
                _store(row, page.path)
        with transaction.atomic():
            mine = _mine(rendering)
            if mine is None:
                _delete(_storage(), [row.image.name for row in rows if row.image.name])
                return Outcome.SKIPPED
            mine.pages.all().delete()
            ProofPage.objects.bulk_create(rows)
            mine.state, mine.page_count, mine.problem = State.READY, count, problem
            mine.made_at = clock.now()
            mine.save()
    except BaseException:
        _delete(_storage(), [row.image.name for row in rows if row.image.name])
        raise
    return Outcome.ACTED


def _ended(rendering: ProofRendering, state: str, *, problem: str) -> Outcome:
    with transaction.atomic():
        mine = _mine(rendering)
        if mine is None:
            return Outcome.SKIPPED
        mine.state, mine.problem, mine.made_at = state, problem[:300], clock.now()
        mine.save()
    return Outcome.ACTED


def _mine(rendering: ProofRendering) -> ProofRendering | None:
    """Return the locked row if this attempt is still the latest and the file may be shown."""
    row = (
        ProofRendering.objects.select_for_update(of=("self",))
        .select_related("document")
        .get(pk=rendering.pk)
    )
    if row.attempts != rendering.attempts or row.state != State.PENDING:
        return None
    return row if row.document.may_be_opened else None


def _store(row: ProofPage, path: Path) -> None:
    with path.open("rb") as image:
        row.image.save(path.name, File(image), save=False)


def _storage() -> Storage:
    return ProofPage._meta.get_field("image").storage


def _remove_images(rendering: ProofRendering) -> None:
    """Remove what an attempt that was killed has left in the storage."""
    storage, folder = _storage(), f"pages/{rendering.pk}"
    try:
        _folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    kept = set(rendering.pages.values_list("image", flat=True))
    _delete(storage, [name for each in files if (name := f"{folder}/{each}") not in kept])


def _delete(storage: Storage, names: list[str]) -> None:
    for name in names:
        with suppress(FileNotFoundError):
            try:
                storage.delete(name)
            except OSError:
                logger.exception("The image %s of a page is left over.", name)
