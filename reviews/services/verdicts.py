"""What reviewers mark on the checklist; internal, kept for each round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from claims import door
from claims.actors import Actor
from claims.models import Claim, ClaimLine, PoEDocument
from claims.refusals import ChangedMeanwhile, MovedOn
from claims.services.linked_claims import Split
from claims.states import DeficiencyCode, LineStatus, Status
from cpor_site.common.problems import Refused, error

from ..models import ChecklistVerdict, ProofRendering
from .leases import WITH_REVIEWERS, reviewing

Verdict = ChecklistVerdict.Verdict
Code = DeficiencyCode

LAST_PAGE = 9_999
"""The last page that can be named of a document whose pages aren't counted here."""

CRITERIA: dict[str, DeficiencyCode] = {
    "document": Code.ALL,
    "customer": Code.ID,
    "partner": Code.ALL,
    "signature": Code.ACK,
    "dates": Code.DATE,
    "work": Code.WORK,
    "products": Code.PROD,
    "disclosure": Code.PSD,
}
"""The criteria of section 4.2 and the deficiency that each offers when it is missing."""


@dataclass(frozen=True)
class Mark:
    """One mark: on a line, or on the whole claim (``line_id`` None); ``verdict`` may be empty.

    ``page`` is the page of the document on which it was found, counted from 1.
    """

    criterion: str
    line_id: int | None
    verdict: str
    document_id: int | None = None
    page: int | None = None


def stamp_of(verdicts: Iterable[ChecklistVerdict]) -> str:
    """Return what tells one state of a checklist from another."""
    rows = list(verdicts)
    latest = max((row.marked_at for row in rows), default=None)
    return f"{len(rows)}-{latest.timestamp() if latest else 0}"


def left_to_mark(claim: Claim, verdicts: Iterable[ChecklistVerdict]) -> set[str]:
    """Return the criteria that were marked before the claim's dispute and not since (section 6).

    Whoever judges a dispute is somebody else than before and looks at the proof anew, so the marks
    of before don't count. Nothing for a claim that isn't disputed, or on which nobody marked any.
    """
    if claim.status != Status.DISPUTED or claim.disputed_at is None:
        return set()
    before: set[str] = set()
    since: set[str] = set()
    for row in verdicts:
        (before if row.marked_at < claim.disputed_at else since).add(row.criterion)
    return before - since


def set_verdicts(
    *, claim_id: int, actor: Actor, round_number: int, stamp: str, marks: Sequence[Mark]
) -> int:
    """Put the checklist of this round as marked; return how many marks changed.

    An empty verdict takes a mark back. The claim itself stays as it is: these are a reviewer's
    notes. Raises ``NotYours``, ``MovedOn`` for a claim that isn't with reviewers, the refusals of
    ``door.ask_reviewer``, ``ChangedMeanwhile`` for another round's page, ``Refused``: REV-15 if
    somebody else marked it meanwhile, REV-16 for what isn't of this claim.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = reviewing(actor)
        if claim.status not in WITH_REVIEWERS:
            raise MovedOn(door.status_label(claim))
        door.ask_reviewer(actor, claim)
        if round_number != claim.round:
            raise ChangedMeanwhile
        there = {
            (row.criterion, row.line_id): row
            for row in ChecklistVerdict.objects.filter(claim=claim, round=claim.round)
        }
        if stamp != stamp_of(there.values()):
            raise Refused(
                error(
                    "REV-15",
                    _(
                        "Somebody marked this checklist meanwhile. Compare what is marked now "
                        "with yours, and save again."
                    ),
                    field="checklist",
                )
            )
        _ask_belonging(claim, marks)
        changed = 0
        for mark in marks:
            row = there.get((mark.criterion, mark.line_id))
            if not mark.verdict:
                if row is not None:
                    row._history_user = user  # type: ignore[attr-defined]
                    row.delete()
                    changed += 1
                continue
            if row is None:
                row = ChecklistVerdict(
                    claim=claim, round=claim.round, line_id=mark.line_id, criterion=mark.criterion
                )
            elif (row.verdict, row.document_id, row.page) == (
                mark.verdict,
                mark.document_id,
                mark.page,
            ):
                continue
            row.verdict, row.document_id, row.page = mark.verdict, mark.document_id, mark.page
            row.marked_by, row.marked_at = user, now
            row._history_user = user  # type: ignore[attr-defined]
            row.save()
            changed += 1
    return changed


def copy_verdicts(origin: Claim, split: Split, actor: Actor) -> None:
    """Put this round's marks on the checklist of a claim that was split off, by whom and when."""
    for row in ChecklistVerdict.objects.filter(claim=origin, round=origin.round).order_by("pk"):
        if row.line_id is not None and row.line_id not in split.lines:
            continue
        document = split.documents.get(row.document_id or 0)
        copy = ChecklistVerdict(
            claim=split.claim,
            round=split.claim.round,
            line=split.lines.get(row.line_id or 0),
            criterion=row.criterion,
            verdict=row.verdict,
            document=document,
            page=row.page if document else None,
            marked_by=row.marked_by,
            marked_at=row.marked_at,
        )
        copy._history_user = actor.user  # type: ignore[attr-defined]
        copy.save()


def _ask_belonging(claim: Claim, marks: Sequence[Mark]) -> None:
    """Raise REV-16 unless every line, document and page is one of this claim."""
    lines = set(
        ClaimLine.objects.filter(claim=claim, line_status=LineStatus.INCLUDED).values_list(
            "pk", flat=True
        )
    )
    documents = set(PoEDocument.objects.filter(claim=claim).values_list("pk", flat=True))
    pages = dict(
        ProofRendering.objects.filter(
            document__claim=claim, state=ProofRendering.State.READY
        ).values_list("document", "page_count")
    )
    for mark in marks:
        known = mark.criterion in CRITERIA and mark.verdict in ("", *Verdict.values)
        if not known or (mark.line_id is not None and mark.line_id not in lines):
            raise Refused(
                error("REV-16", _("Mark criteria and lines of this claim."), field="checklist")
            )
        if mark.document_id is not None and mark.document_id not in documents:
            raise Refused(error("REV-16", _("Name a document of this claim."), field="checklist"))
        if mark.page is None:
            continue
        if mark.document_id is None or mark.page < 1:
            raise Refused(
                error("REV-16", _("Say in which document the page is."), field="checklist")
            )
        most = pages.get(mark.document_id, LAST_PAGE)
        if mark.page > most:
            raise Refused(
                error(
                    "REV-16",
                    _("The document has %(count)d pages, so there is no page %(page)d.")
                    % {"count": most, "page": mark.page}
                    if mark.document_id in pages
                    else _("Name a page up to %(most)d.") % {"most": most},
                    field="checklist",
                )
            )
