"""Splitting the contested lines off a claim, so that the others needn't wait (5.6)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import door
from claims.actors import Actor
from claims.models import Claim, ClaimLine
from claims.refusals import MovedOn
from claims.services import linked_claims
from claims.services.lines import included_lines
from claims.services.submission import lock_customer
from claims.states import Status
from cpor_site.common.problems import Refused, error

from ..models import CompetingParty
from . import cases, comparing, leases, outcomes
from .verdicts import copy_verdicts


def contested_lines(claim: Claim) -> list[ClaimLine]:
    """Return the claim's lines in the running that wait for the ruling on an open case.

    A line that has prevailed waits for none, and its ruling says so of that very line.
    """
    parties = cases.open_parties(claim).values_list("line", flat=True)
    contested = set(parties) - outcomes.won_lines(claim)
    return [line for line in included_lines(claim) if line.pk in contested]


def may_split(claim: Claim) -> bool:
    """Whether the claim is under review with contested lines beside others."""
    if claim.status != Status.UNDER_REVIEW or claim.replaces_id is not None:
        return False
    return 0 < len(contested_lines(claim)) < len(included_lines(claim))


def split_contested(*, claim_id: int, actor: Actor, version: int | None = None) -> Claim:
    """Move the contested lines to a new claim of the same partner, and return that.

    By the claim's reviewer or a lead. Effects, in order: the new claim with its lines, contacts and
    documents (``linked_claims.split_off``), under review with the same reviewer and clock, event
    ``claim_split_off``; parties moved to it with what was found about them, and copies of this
    round's marks on its lines and on the whole claim; the old claim's clock goes on, event
    ``claim_split``, whose news writes the letter. Raises the door's refusals, ``HeldElsewhere``
    (REV-05), ``MovedOn`` unless the claim is under review, REV-49 if there is nothing to split.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = leases.reviewing(actor)
        if claim.status != Status.UNDER_REVIEW:
            raise MovedOn(door.status_label(claim))
        door.ask_reviewer(actor, claim)
        leases.follow(claim, actor, now)
        lock_customer(claim)
        if not may_split(claim):
            raise Refused(error("REV-49", _nothing_to_split(claim)))
        moving = contested_lines(claim)
        parties = list(cases.open_parties(claim).filter(line__in=moving).order_by("pk"))
        cases.lock(party.case_id for party in parties)
        split = linked_claims.split_off(claim, moving, actor=actor, now=now)
        _follow(parties, split, claim, actor)
        copy_verdicts(claim, split, actor)
        linked_claims.finish_split(claim, split.claim, actor=actor, now=now)
        if split.claim.paused_at is not None:
            # It waits for an arbiter, whom a lease would keep off.
            leases.give_back(split.claim, user, now)
        if claim.paused_at is not None:
            comparing.go_on(claim.pk)
    return split.claim


def _nothing_to_split(claim: Claim) -> Promise:
    if claim.replaces_id is not None:
        return _("A claim that replaces another one can't be split: it ends that one as a whole.")
    return _("There is nothing to split: no line is contested, or every line is.")


def _follow(
    parties: list[CompetingParty], split: linked_claims.Split, origin: Claim, actor: Actor
) -> None:
    """Let the parties follow their lines; a finding of the present round stays valid."""
    for party in parties:
        valid = party.sufficient_round == origin.round
        party.claim, party.line = split.claim, split.lines[party.line_id]
        if valid:
            party.sufficient_round = split.claim.round
        elif party.sufficient_round is not None:
            party.sufficient_at = party.sufficient_by = party.sufficient_round = None
        comparing.save_party(party, actor)
