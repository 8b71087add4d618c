"""A claim made of some lines of another one, which goes on beside it (5.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cpor_site.common.business_calendar import Deadline

from .. import door
from ..actors import Actor
from ..models import Claim, ClaimContact, ClaimLine, PoEDocument
from ..states import Act, DeadlineKind, LineStatus
from . import pausing
from .line_copies import copy_line
from .numbers import next_number
from .submission import snapshot

TAKEN_OVER = (
    "name",
    "organization",
    "location",
    "tenant",
    "tenant_id_as_typed",
    "domain_as_typed",
    "area",
    "rule_profile",
    "solution_seller_name",
    "revenue_customer_name",
    "isv_product_name",
    "transaction_on",
    "opt_out_of_incentive",
    "public_sector_disclosure_confirmed",
    "confirmed_warnings",
    "acknowledged_at",
    "acknowledged_by",
    "acknowledged_wording",
    "created_by",
)
OF_A_CONTACT = ("kind", "name", "job_title", "email", "phone", "locale")
OF_A_DOCUMENT = (
    "original_name",
    "content_type",
    "size",
    "sha256",
    "kind",
    "occasion",
    "document_on",
    "signed_on",
    "signer_name",
    "signer_title",
    "note",
    "scan_state",
    "uploaded_at",
    "uploaded_by",
)


@dataclass(frozen=True)
class Split:
    """A claim that was split off.

    ``lines`` and ``documents`` are its own by the keys of those they come from.
    """

    claim: Claim
    lines: dict[int, ClaimLine]
    documents: dict[int, PoEDocument]


def split_off(origin: Claim, lines: Sequence[ClaimLine], *, actor: Actor, now: datetime) -> Split:
    """Move lines of a locked claim under review to a new claim of the same partner.

    Effects, in order: the new claim as a draft, with copies of the lines, the contacts and the
    standing documents on the same stored files; the lines moved in the old claim; the new claim
    under review, with the same reviewer and clock, event ``claim_split_off``.
    """
    claim = _born(origin, actor, now)
    copies = {
        line.pk: copy_line(line, claim, actor=actor, contested=line.contested) for line in lines
    }
    claim.activities.set({line.activity for line in lines})
    for contact in origin.contacts.all():
        _save(ClaimContact(claim=claim, **_taken(contact, OF_A_CONTACT)), actor)
    documents = _copy_documents(origin, claim, copies, actor)
    for line in lines:
        line.line_status, line.contested = LineStatus.MOVED, False
        _save(line, actor)
    with door.passage(claim_id=claim.pk, act=Act.SPLIT_OFF, actor=actor) as passage:
        passage.now = now
        passage.go(
            event="claim_split_off",
            deadline=_clock_of(origin, now),
            details={"text": origin.number, "snapshot": snapshot(passage.claim)},
            origin=origin,
        )
        claim = passage.claim
        if origin.paused_at is not None:
            pausing.take_over(claim, origin)
            door.save(claim, actor=actor, now=now, reason="clock_paused", is_touched=False)
    return Split(claim, copies, documents)


def finish_split(origin: Claim, claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Leave the event ``claim_split`` on the old claim; its news writes the letter."""
    door.save(origin, actor=actor, now=now, reason="claim_split")
    moved = ClaimLine.objects.filter(claim=claim).values_list("pk", flat=True)
    event = door.record(
        origin,
        kind="claim_split",
        actor=actor,
        at=now,
        details={"text": claim.number, "claim": claim.pk, "moved": sorted(moved)},
    )
    door.tell(origin, event=event, actor=actor)


def _born(origin: Claim, actor: Actor, now: datetime) -> Claim:
    claim = Claim(
        number=next_number(now),
        split_from=origin,
        created_at=now,
        changed_at=now,
        **_taken(origin, TAKEN_OVER),
    )
    claim._change_reason = "claim_split_off"  # type: ignore[attr-defined]
    _save(claim, actor)
    return claim


def _clock_of(origin: Claim, now: datetime) -> tuple[DeadlineKind, Deadline] | None:
    """Return the origin's deadline as it stands; a paused clock has none."""
    if origin.due_at is None:
        return None
    return DeadlineKind(origin.deadline_kind), Deadline(now, origin.due_at, "business", 0, (), ())


def _copy_documents(
    origin: Claim, claim: Claim, copies: dict[int, ClaimLine], actor: Actor
) -> dict[int, PoEDocument]:
    made: dict[int, PoEDocument] = {}
    for document in PoEDocument.objects.filter(claim=origin).order_by("pk"):
        if not document.counts:
            continue
        copy = PoEDocument(
            claim=claim,
            file=document.file.name,
            supersedes=made.get(document.supersedes_id or 0),
            **_taken(document, OF_A_DOCUMENT),
        )
        _save(copy, actor)
        made[document.pk] = copy
        covered = document.covers.values_list("pk", flat=True)
        copy.covers.set([copies[pk] for pk in covered if pk in copies])
    return made


def _taken(source: Claim | ClaimContact | PoEDocument, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(source, name) for name in names}


def _save(row: Claim | ClaimLine | ClaimContact | PoEDocument, actor: Actor) -> None:
    row._history_user = actor.user  # type: ignore[union-attr]
    row.save()
