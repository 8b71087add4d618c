"""Deciding whether the customer who refused is asked once more (Q8); for leads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from claims import door
from claims.actors import Actor
from claims.models import Claim, ConsentRenewal
from claims.refusals import MovedOn
from claims.services import associations
from claims.services.line_copies import copy_lines
from claims.services.lines import look_up_subscriptions
from claims.services.renewals import refused_lines, settle_renewal
from claims.services.submission import lock_customer
from claims.states import Act, Status
from cpor_site.common.problems import Refused, error, too_long

from ..placeholders import placeholder_problems
from . import leases
from .decisions import approval_problems

Outcome = ConsentRenewal.Outcome
LONGEST = 2000


class NothingAsked(Refused):
    """REV-50: nobody waits for this answer (any more)."""

    def __init__(self) -> None:
        super().__init__(
            error("REV-50", _("The partner's wish to ask the customer again is settled by now."))
        )


def open_renewal(claim: Claim) -> ConsentRenewal | None:
    """Return the partner's wish that waits for an answer, or None."""
    return ConsentRenewal.objects.filter(claim=claim, outcome="").select_related("asked_by").first()


def grant_renewal(
    *, claim_id: int, actor: Actor, text: str = "", version: int | None = None
) -> Claim:
    """Q8: ask the customer once more; the lines that they refused are provisional again.

    Effects, in order: copies of the refused lines in the running, subscriptions looked up anew,
    associations made provisional, the wish settled, status, event ``consent_renewed`` (whose news
    makes a consent request with new links and a full window, and opens a case with whoever has
    claimed the same since). Raises
    ``NotYours`` for anybody but a lead, REV-50 if nothing waits, what ``approve_claim`` raises for
    lines that can't be approved now, ``KeyTaken`` (REV-03) where somebody else holds a key by now,
    and the door's refusals.
    """
    with door.passage(
        claim_id=claim_id, act=Act.RENEW_CONSENT, actor=actor, version=version
    ) as passage:
        claim, now = passage.claim, passage.now
        renewal = open_renewal(claim)
        if renewal is None:
            raise NothingAsked
        text = _checked(text)
        lock_customer(claim)
        copy_lines(claim, refused_lines(claim), actor=actor)
        look_up_subscriptions(claim, actor)
        problems = approval_problems(passage)
        if problems:
            raise Refused(*problems)
        associations.bind(claim, actor=actor, now=now)
        settle_renewal(renewal, Outcome.GRANTED, actor=actor, text=text, at=now)
        passage.go(event="consent_renewed", details={"text": text})
    return passage.claim


def refuse_renewal(
    *, claim_id: int, actor: Actor, text: str, version: int | None = None
) -> ConsentRenewal:
    """Q8: leave it at the customer's refusal, and tell the partner why.

    Effects, in order: the wish settled, event ``renewal_refused`` with a letter; the status stays.
    Raises ``NotYours`` for anybody but a lead, ``ChangedMeanwhile``, ``ConflictOfInterest``,
    REV-50 if nothing waits, REV-31 without a text.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = leases.leading(actor)
        door.ask_impartial(user, claim)
        renewal = open_renewal(claim)
        if renewal is None:
            raise NothingAsked
        if claim.status != Status.REJECTED:
            raise MovedOn(door.status_label(claim))
        text = _checked(text)
        if not text:
            raise Refused(
                error(
                    "REV-31",
                    _("Tell the partner why the customer isn't asked again."),
                    field="text",
                )
            )
        settle_renewal(renewal, Outcome.REFUSED, actor=actor, text=text, at=now)
        door.save(claim, actor=actor, now=now, reason="renewal_refused")
        event = door.record(
            claim, kind="renewal_refused", actor=actor, at=now, details={"text": text}
        )
        door.tell(claim, event=event, actor=actor)
    return renewal


def _checked(text: str) -> str:
    text = text.strip()
    problems = placeholder_problems({"text": text})
    problems += too_long("REV-31", text, LONGEST, field="text")
    if problems:
        raise Refused(*problems)
    return text
