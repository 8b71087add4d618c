"""Internal notes of reviewers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.actors import Actor
from claims.refusals import ConflictOfInterest
from cpor_site.common.problems import Refused, error

from ..models import InternalNote
from .leases import reviewing

LONGEST = 5000


def write_note(*, claim_id: int, actor: Actor, body: str) -> InternalNote:
    """Write a note that only people of the operator read; the claim itself stays as it is.

    Raises ``NotYours`` for anybody but a reviewer, ``ConflictOfInterest`` (REV-02),
    ``Refused`` (COM-01) for an empty or far too long text.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = reviewing(actor)
        if actors.has_interest(user, claim):
            raise ConflictOfInterest
        body = body.strip()
        if not body:
            raise Refused(error("COM-01", _("Write something before you keep it."), field="note"))
        if len(body) > LONGEST:
            raise Refused(
                error(
                    "COM-01",
                    _("The note has %(length)d characters; at most %(longest)d fit.")
                    % {"length": len(body), "longest": LONGEST},
                    field="note",
                )
            )
        return InternalNote.objects.create(claim=claim, author=user, body=body, created_at=now)
