"""Writing in the claim's Comments section."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Refused, error

from .. import actors, door
from ..actors import Actor, Capability
from ..models import Claim, Comment
from ..refusals import MovedOn, NotYours
from ..states import Side, Status

CLOSED = (Status.CANCELLED, Status.ENDED)
TWICE = timedelta(minutes=1)
"""Within this time the same words of the same person are one comment, sent twice."""


def add_comment(*, claim_id: int, actor: Actor, body: str) -> Comment:
    """Add a comment of the partner or of a reviewer, with event ``comment_added``.

    Sent a second time within a minute, it is written once and the first is returned.
    Raises ``NotYours``, ``MovedOn`` on a cancelled or ended claim (Q29), ``Refused`` (COM-01) for
    an empty or far too long text.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        if not _may_comment(actor, claim):
            raise NotYours
        if claim.status in CLOSED:
            raise MovedOn(door.status_label(claim))
        sent = Comment.objects.filter(
            claim=claim, author=actor.user, body=body.strip(), created_at__gt=now - TWICE
        ).first()
        if sent is not None:
            return sent
        comment = write_comment(claim, actor=actor, body=body, now=now)
        door.save(claim, actor=actor, now=now, reason="comment_added")
    return comment


def write_comment(
    claim: Claim,
    *,
    actor: Actor,
    body: str,
    now: datetime,
    requires_response: bool = False,
) -> Comment:
    """Write a comment on a locked claim as part of an act, with its event."""
    body = body.strip()
    longest = 5000
    if not body:
        raise Refused(error("COM-01", _("Write something before you send it."), field="comment"))
    if len(body) > longest:
        raise Refused(
            error(
                "COM-01",
                _("The comment has %(length)d characters; at most %(longest)d fit.")
                % {"length": len(body), "longest": longest},
                field="comment",
            )
        )
    comment = Comment.objects.create(
        claim=claim,
        author=actor.user,
        side=actor.side,
        body=body,
        requires_response=requires_response,
        round=claim.round,
        created_at=now,
    )
    event = door.record(
        claim, kind="comment_added", actor=actor, at=now, details={"comment": comment.pk}
    )
    door.tell(claim, event=event, actor=actor)
    return comment


def _may_comment(actor: Actor, claim: Claim) -> bool:
    if actor.user is None:
        return False
    if actor.side == Side.PARTNER:
        return actors.partner_can(actor.user, Capability.COMMENT, claim)
    if actor.side == Side.REVIEWER:
        may_review = actor.user.is_staff and actor.user.has_perm(actors.REVIEW_PERMISSION)
        return may_review and not actors.has_interest(actor.user, claim)
    return False
