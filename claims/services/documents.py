"""Attaching, describing, replacing and withdrawing proof of execution (section 4, table 2.4)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock, limits, uploads
from cpor_site.common.models import User
from cpor_site.common.problems import Problem, Refused, blocking, error

from .. import checks, deadlines, door
from ..actors import Actor, Capability
from ..models import Claim, ClaimLine, Comment, PoEDocument
from ..refusals import MovedOn, NotYours
from ..rules.documents import subject_of
from ..states import LineStatus, Status
from . import proof_requests, scanning
from .drafting import require

logger = logging.getLogger(__name__)

Kind = PoEDocument.Kind
Occasion = PoEDocument.Occasion

ALWAYS_OPEN = (
    Status.EDITING,
    Status.UNDER_REVIEW,
    Status.PARTNER_ACTION_REQUIRED,
    Status.APPROVED,
    Status.DISPUTED,
)
PARTNERS_MOVE = (Status.EDITING, Status.PARTNER_ACTION_REQUIRED)
MOST_FILES = 300
WITHIN = timedelta(hours=1)
"""How many files one person may attach in how long; strangers' files never come this far."""
LINES_TO_COVER = (LineStatus.INCLUDED, LineStatus.APPROVED)


@dataclass(frozen=True)
class Description:
    """What the partner says about a file. Dates are those on the paper."""

    kind: str = Kind.OTHER
    document_on: date | None = None
    signed_on: date | None = None
    signer_name: str = ""
    signer_title: str = ""
    note: str = ""
    line_ids: Sequence[int] = ()


def may_attach(claim: Claim) -> bool:
    """Whether the claim's status takes more proof (table 2.4, "Add PoE")."""
    if claim.status == Status.SUBMITTED:
        return bool(claim.rule_profile.edit_while_submitted)
    if claim.status in (Status.REJECTED, Status.ENDED):
        return deadlines.may_dispute(claim, clock.now())
    return claim.status in ALWAYS_OPEN


def may_change(claim: Claim, document: PoEDocument) -> bool:
    """Whether a document may still be described anew, replaced or withdrawn.

    What a reviewer has before them, or has decided on, stays as it is.
    """
    if document.withdrawn_at is not None:
        return False
    match claim.status:
        case Status.SUBMITTED:
            return bool(claim.rule_profile.edit_while_submitted)
        case Status.APPROVED:
            return document.occasion == Occasion.REFRESH
        case Status.DISPUTED:
            return document.occasion == Occasion.DISPUTE
        case Status.REJECTED | Status.ENDED:
            still = deadlines.may_dispute(claim, clock.now())
            return still and document.occasion == Occasion.DISPUTE
        case status:
            return status in PARTNERS_MOVE


def attach_document(
    *,
    claim_id: int,
    actor: Actor,
    upload: UploadedFile,
    version: int | None = None,
    kind: str = Kind.OTHER,
    document_on: date | None = None,
    signed_on: date | None = None,
    signer_name: str = "",
    signer_title: str = "",
    note: str = "",
    line_ids: Sequence[int] = (),
    comment: Comment | None = None,
) -> tuple[PoEDocument, list[Problem]]:
    """Add a file to the claim; return it with the warnings about it (POE-06, POE-07, POE-09).

    ``comment`` is the claim's comment that it was sent with, if it was sent with one.

    Effects, in order: file inspected and stored, then on the locked claim: limits, document, event
    ``document_attached`` (``late`` while a reviewer has the claim). Nothing is left in the storage
    if anything is refused or fails. Raises ``NotYours``, ``MovedOn``, ``ChangedMeanwhile``,
    ``Refused``: POE-02 to POE-04 for the file, POE-03 for the claim's limits, POE-08, POE-12 for a
    line of another claim.
    """
    description = Description(
        kind, document_on, signed_on, signer_name, signer_title, note, line_ids
    )
    return _attach(claim_id, actor, upload, version, description, replaced_id=None, comment=comment)


def replace_document(
    *, document_id: int, actor: Actor, upload: UploadedFile, version: int | None = None
) -> tuple[PoEDocument, list[Problem]]:
    """Put a file in another's place, with the same description; the other counts as withdrawn.

    Effects and refusals as for ``attach_document``, and ``MovedOn`` for a document that may not be
    changed any more.
    """
    old = _document(document_id)
    description = Description(
        kind=old.kind,
        document_on=old.document_on,
        signed_on=old.signed_on,
        signer_name=old.signer_name,
        signer_title=old.signer_title,
        note=old.note,
        line_ids=[line.pk for line in old.covers.filter(line_status__in=LINES_TO_COVER)],
    )
    return _attach(old.claim_id, actor, upload, version, description, replaced_id=old.pk)


def describe_document(
    *,
    document_id: int,
    actor: Actor,
    version: int | None = None,
    kind: str,
    document_on: date | None = None,
    signed_on: date | None = None,
    signer_name: str = "",
    signer_title: str = "",
    note: str = "",
    line_ids: Sequence[int] = (),
) -> tuple[PoEDocument, list[Problem]]:
    """Say what a document is, who signed it when, and which lines it covers.

    Effects, in order: document, lines, event ``document_described``. Returns and raises as
    ``attach_document``, without the refusals of a file.
    """
    description = Description(
        kind, document_on, signed_on, signer_name, signer_title, note, line_ids
    )
    claim_id = _document(document_id).claim_id
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        document = _changeable(claim, actor, document_id)
        _describe(claim, document, description, actor)
        warnings = _ask_rules(claim, document, now)
        _record(claim, document, "document_described", actor, now)
    return document, warnings


def withdraw_document(*, document_id: int, actor: Actor, version: int | None = None) -> PoEDocument:
    """Take a document back; it stays readable but counts no more.

    Effects, in order: document, event ``document_withdrawn``. Raises ``NotYours``, ``MovedOn``,
    ``ChangedMeanwhile``, ``Refused`` (POE-01) for the last document of a claim that is handed in.
    """
    claim_id = _document(document_id).claim_id
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        document = _changeable(claim, actor, document_id)
        others = PoEDocument.objects.filter(claim=claim, withdrawn_at=None).exclude(pk=document.pk)
        if claim.status == Status.SUBMITTED and not others.exists():
            raise Refused(
                error(
                    "POE-01",
                    _("A claim that is handed in needs proof. Add another document first."),
                    field="documents",
                )
            )
        document.withdrawn_at = now
        _save(document, actor)
        _record(claim, document, "document_withdrawn", actor, now)
    return document


def _attach(
    claim_id: int,
    actor: Actor,
    upload: UploadedFile,
    version: int | None,
    description: Description,
    *,
    replaced_id: int | None,
    comment: Comment | None = None,
) -> tuple[PoEDocument, list[Problem]]:
    claim = Claim.objects.select_related("rule_profile").filter(pk=claim_id).first()
    if claim is None:
        raise NotYours
    user = _ask_may_attach(claim, actor)
    limits.ask("proof", str(user.pk), most=MOST_FILES, within=WITHIN, strict=False)
    seen = uploads.inspect(upload, max_bytes=settings.CPOR_POE_MAX_FILE_MB * uploads.MEGABYTE)
    # What the browser said about the file is not passed on to the storage.
    upload.content_type = seen.content_type
    document = PoEDocument(
        claim=claim,
        original_name=seen.name,
        content_type=seen.content_type,
        size=seen.size,
        sha256=seen.sha256,
        comment=comment,
        scan_state=scanning.state_at_first(),
    )
    # Stored before the claim is locked, because a slow storage must not hold up its reviewer.
    document.file.save(seen.name, upload, save=False)
    try:
        with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
            user = _ask_may_attach(claim, actor)
            document.claim, document.uploaded_at, document.uploaded_by = claim, now, user
            document.occasion = _occasion(claim)
            if replaced_id is not None:
                replaced = _changeable(claim, actor, replaced_id)
                replaced.withdrawn_at = now
                _save(replaced, actor)
                document.supersedes = replaced
            _ask_limits(claim, adding=document.size)
            _describe(claim, document, description, actor)
            warnings = _ask_rules(claim, document, now)
            _record(claim, document, "document_attached", actor, now)
    except BaseException:
        _remove_file(document)
        raise
    return document, warnings


def _ask_may_attach(claim: Claim, actor: Actor) -> User:
    user = require(actor, Capability.DRAFT, claim)
    if not may_attach(claim):
        raise MovedOn(door.status_label(claim))
    return user


def _document(document_id: int) -> PoEDocument:
    document = PoEDocument.objects.filter(pk=document_id).first()
    if document is None:
        raise NotYours
    return document


def _changeable(claim: Claim, actor: Actor, document_id: int) -> PoEDocument:
    """Fetch a document of the locked claim, or refuse."""
    require(actor, Capability.DRAFT, claim)
    document = _document(document_id)
    if not may_change(claim, document):
        raise MovedOn(door.status_label(claim))
    return document


def _occasion(claim: Claim) -> str:
    match claim.status:
        case Status.DISPUTED | Status.REJECTED | Status.ENDED:
            return Occasion.DISPUTE
        case Status.APPROVED:
            return Occasion.REFRESH
        case Status.EDITING:
            return Occasion.INITIAL
        case Status.PARTNER_ACTION_REQUIRED:
            return Occasion.RESPONSE
        case _:
            return Occasion.INITIAL if claim.round <= 1 else Occasion.RESPONSE


def _ask_limits(claim: Claim, *, adding: int) -> None:
    """Raise POE-03 if one more file of ``adding`` bytes would be too many or too much."""
    there = PoEDocument.objects.filter(claim=claim, withdrawn_at=None).aggregate(
        count=Count("pk"), total=Sum("size", default=0)
    )
    most, total = settings.CPOR_POE_MAX_FILES, there["total"] + adding
    limit = settings.CPOR_POE_MAX_TOTAL_MB * uploads.MEGABYTE
    if there["count"] >= most:
        sentence = _("A claim takes %(limit)d files. Withdraw one before you add another.") % {
            "limit": most
        }
    elif total > limit:
        sentence = _(
            "With this file the claim's documents are %(total)s MB; the limit is %(limit)s MB."
        ) % {"total": uploads.in_megabytes(total), "limit": uploads.in_megabytes(limit)}
    else:
        return
    raise Refused(error("POE-03", sentence, field=uploads.FIELD))


def _ask_rules(claim: Claim, document: PoEDocument, now: datetime) -> list[Problem]:
    """Return what the claim's check warns of about this document; raise ``Refused`` for errors.

    What the virus check says comes later and isn't asked here: it stops the claim, not the file.
    """
    problems = [
        problem
        for problem in checks.check_documents(claim, now)
        if problem.code != "POE-05" and problem.subject == subject_of(document)
    ]
    errors = blocking(problems)
    if errors:
        raise Refused(*errors)
    return problems


def _describe(claim: Claim, document: PoEDocument, description: Description, actor: Actor) -> None:
    lines = list(
        ClaimLine.objects.filter(
            claim=claim, pk__in=description.line_ids, line_status__in=LINES_TO_COVER
        )
    )
    if len(lines) != len(set(description.line_ids)):
        raise Refused(error("POE-12", _("Choose only products of this claim."), field="line_ids"))
    document.kind = Kind(description.kind)
    document.document_on = description.document_on
    document.signed_on = description.signed_on
    document.signer_name = description.signer_name.strip()[:150]
    document.signer_title = description.signer_title.strip()[:150]
    document.note = description.note.strip()[:300]
    _save(document, actor)
    document.covers.set(lines)


def _save(document: PoEDocument, actor: Actor) -> None:
    document._history_user = actor.user  # type: ignore[attr-defined]
    document.save()


def _record(claim: Claim, document: PoEDocument, kind: str, actor: Actor, now: datetime) -> None:
    door.save(claim, actor=actor, now=now, reason=kind)
    details = {"document": document.pk, "name": document.original_name}
    if document.supersedes_id and kind == "document_attached":
        details["replaces"] = document.supersedes_id
    if claim.status == Status.UNDER_REVIEW:
        details["late"] = True
    event = door.record(claim, kind=kind, actor=actor, at=now, details=details)
    door.tell(claim, event=event, actor=actor)
    if kind == "document_attached":
        proof_requests.note_proof(claim, actor=actor, now=now)


def _remove_file(document: PoEDocument) -> None:
    name = document.file.name
    if not name:
        return
    try:
        document.file.storage.delete(name)
    except Exception:
        logger.exception("The file %s of a document that wasn't kept is left over.", name)
