"""Asking a partner of record for its newest proof, and what it answers (5.3, 5.9, Q22).

A request names the partner's own lines and a day, and nothing of anybody else. Who locks requests
has locked the cases behind them first, which the news of an answer or a document does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Refused, error

from .. import actors, door
from ..actors import Actor, Capability
from ..models import Claim, ClaimLine, ProofRequest
from ..refusals import ChangedMeanwhile, NotYours
from ..states import Side
from .comments import write_notice

Answer = ProofRequest.Answer
ASKING = _(
    "We have another claim for products of which you are partner of record. That changes nothing "
    "for now. As the newest proof counts, please add what you have, or tell us that there is "
    "nothing to add."
)


class NothingAsked(Refused):
    """PRF-01: the matter is settled, or the request has been answered already."""

    def __init__(self) -> None:
        super().__init__(
            error("PRF-01", _("No answer is awaited any more: this request is settled."))
        )


def open_requests(claim: Claim) -> list[ProofRequest]:
    """Return the claim's requests that are not settled yet, oldest first, with their lines."""
    return list(
        ProofRequest.objects.filter(claim=claim, closed_at=None)
        .prefetch_related("lines__product", "lines__activity", "lines__subscription")
        .order_by("asked_at", "pk")
    )


def unanswered(claim: Claim) -> list[ProofRequest]:
    """Return the claim's open requests that wait for an answer."""
    return [request for request in open_requests(claim) if not request.answer]


def ask(
    claim: Claim, lines: Sequence[ClaimLine], *, due_at: datetime, now: datetime
) -> ProofRequest:
    """Ask the partner of a locked, approved claim for newer proof of these lines until ``due_at``.

    Effects, in order: the request, a neutral comment of the system, its last change, event
    ``newer_proof_requested`` (details: ``request``, ``lines``), whose news writes the letter.
    """
    request = ProofRequest(claim=claim, asked_at=now, due_at=due_at)
    request.save()
    request.lines.set(lines)
    write_notice(claim, ASKING, now=now)
    door.touch(claim, now=now)
    event = door.record(
        claim,
        kind="newer_proof_requested",
        actor=actors.SYSTEM,
        at=now,
        details={"request": request.pk, "lines": [line.pk for line in lines]},
    )
    door.tell(claim, event=event, actor=actors.SYSTEM)
    return request


def answer_nothing(
    *, claim_id: int, actor: Actor, version: int | None = None
) -> list[ProofRequest]:
    """Answer every request that waits with "nothing to add"; documents can still be added.

    Effects, in order: event ``proof_request_answered``, the answers. Raises ``NotYours`` without
    ``Capability.CLAIM``, ``ChangedMeanwhile``, ``NothingAsked`` (PRF-01).
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = actor.user
        if actor.side != Side.PARTNER or user is None:
            raise NotYours
        if not actors.partner_can(user, Capability.CLAIM, claim):
            raise NotYours
        waiting = unanswered(claim)
        if not waiting:
            raise NothingAsked
        _tell(claim, waiting, Answer.NOTHING, actor, now)
        locked = [request for request in _locked(claim) if not request.answer]
        if not locked:
            raise NothingAsked
        if len(locked) != len(waiting):
            raise ChangedMeanwhile
        _answer(locked, Answer.NOTHING, actor, now)
        door.save(claim, actor=actor, now=now, reason="proof_request_answered")
    return locked


def note_proof(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Take a document that was added to the locked claim as the answer to its open requests."""
    if actor.side != Side.PARTNER:
        return
    asked = [each for each in _locked(claim) if each.answer != Answer.PROOF]
    if asked:
        _answer(asked, Answer.PROOF, actor, now)
        _tell(claim, asked, Answer.PROOF, actor, now)


def close(request: ProofRequest, *, actor: Actor, now: datetime) -> None:
    """Settle the request: nothing is awaited any more; an answer in the same moment stays."""
    locked = ProofRequest.objects.select_for_update().get(pk=request.pk)
    if locked.closed_at is None:
        locked.closed_at = now
        locked._history_user = actor.user  # type: ignore[attr-defined]
        locked.save()
    request.closed_at = locked.closed_at


def _locked(claim: Claim) -> list[ProofRequest]:
    """Return the claim's open requests with their rows locked."""
    found = ProofRequest.objects.select_for_update().filter(claim=claim, closed_at=None)
    return list(found.order_by("pk"))


def _answer(requests: Sequence[ProofRequest], answer: Answer, actor: Actor, now: datetime) -> None:
    for request in requests:
        request.answer, request.answered_at, request.answered_by = answer, now, actor.user
        request._history_user = actor.user  # type: ignore[attr-defined]
        request.save()


def _tell(
    claim: Claim, requests: Sequence[ProofRequest], answer: Answer, actor: Actor, now: datetime
) -> None:
    event = door.record(
        claim,
        kind="proof_request_answered",
        actor=actor,
        at=now,
        details={
            "requests": [each.pk for each in requests],
            "answer": str(answer),
        },
    )
    door.tell(claim, event=event, actor=actor)
