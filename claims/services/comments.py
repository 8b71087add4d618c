"""Writing in the claim's Comments section."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, Refused, error
from cpor_site.common.spoken import operators_words

from .. import actors, deadlines, door
from ..actors import Actor, Capability
from ..models import Claim, Comment
from ..refusals import MovedOn, NotYours
from ..states import Side, Status
from ..wording import date_words

TWICE = timedelta(minutes=1)
"""Within this time the same words of the same person are one comment, sent twice."""


def add_comment(*, claim_id: int, actor: Actor, body: str) -> Comment:
    """Add a comment of the partner or of a reviewer, with event ``comment_added``.

    Sent a second time within a minute, it is written once and the first is returned.
    Raises ``NotYours``, ``MovedOn`` on a discarded draft, ``Refused``: COM-02 from 30 days after a
    final state on (Q29), COM-01 for an empty or far too long text.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        if not _may_comment(actor, claim):
            raise NotYours
        if claim.status == Status.CANCELLED:
            raise MovedOn(door.status_label(claim))
        last = deadlines.comments_end(claim, now)
        if last is not None and now > last:
            raise Refused(_closed(last))
        sent = Comment.objects.filter(
            claim=claim, author=actor.user, body=body.strip(), created_at__gt=now - TWICE
        ).first()
        if sent is not None:
            return sent
        comment = write_comment(claim, actor=actor, body=body, now=now)
        door.save(claim, actor=actor, now=now, reason="comment_added")
    return comment


def may_still_comment(claim: Claim, now: datetime) -> bool:
    """Whether the claim takes comments at that moment, whoever writes (Q29)."""
    if claim.status == Status.CANCELLED:
        return False
    last = deadlines.comments_end(claim, now)
    return last is None or now <= last


def _closed(last: datetime) -> Problem:
    return error(
        "COM-02",
        _(
            "Comments on this claim ended on %(date)s, 30 days after it was closed. Write to the "
            "operator's support instead; the claim's page has the facts for it."
        )
        % {"date": date_words(timezone.localtime(last).date())},
        field="comment",
    )


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


def write_notice(claim: Claim, *sentences: Promise, now: datetime) -> Comment:
    """Write a comment of the system on a locked claim, in the operator's language."""
    return write_comment(claim, actor=actors.SYSTEM, body=operators_words(*sentences), now=now)


def _may_comment(actor: Actor, claim: Claim) -> bool:
    if actor.user is None:
        return False
    if actor.side == Side.PARTNER:
        return actors.partner_can(actor.user, Capability.COMMENT, claim)
    if actor.side == Side.REVIEWER:
        may_review = actor.user.is_staff and actor.user.has_perm(actors.REVIEW_PERMISSION)
        return may_review and not actors.has_interest(actor.user, claim)
    return False
