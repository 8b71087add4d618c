"""What a claim's page may offer its reader; the services ask again when it is done."""

from __future__ import annotations

from datetime import datetime

from cpor_site.common.operator_calendar import operator_calendar

from . import deadlines, door
from .actors import ACT_CAPABILITY, Capability
from .models import Claim
from .services.copies import COPYABLE, RENEWABLE_STATUSES, ending_lines, lines_to_renew
from .standing import proof_asked
from .states import Act, AssociationState, RejectionReason, Status


def offers_of(claim: Claim, has: frozenset[Capability], now: datetime) -> frozenset[str]:
    """Return the codes of what a person with these capabilities may do with the claim now.

    ``dispute``, ``end``, ``recall``, ``withdraw`` and ``discard`` change its status; ``copy``,
    ``renew`` and ``replace`` start a new draft, ``renewed`` leads to the renewal that was begun;
    ``contact`` names another contact at the customer; ``nothing`` answers a request for newer
    proof; ``ask_again`` asks that a customer who declined get another letter;
    ``support`` shows what a support case needs.
    """
    acts = {act for act in door.possible_acts(claim) if ACT_CAPABILITY.get(act) in has}
    found = {"support"}
    if Act.DISPUTE in acts and deadlines.may_dispute(claim, now):
        found.add("dispute")
    if Capability.CLAIM in has and may_ask_again(claim, now):
        found.add("ask_again")
    if Act.END_ASSOCIATION in acts:
        found.add("end")
    if Act.RECALL in acts and claim.assigned_reviewer_id is None:
        found.add("recall")
    if Act.WITHDRAW in acts:
        found.add("withdraw")
    if claim.awaits_contact and Capability.CLAIM in has:
        found.add("contact")
    if Capability.CLAIM in has and proof_asked(claim) is not None:
        found.add("nothing")
    if Act.DISCARD in acts and claim.first_submitted_at is None:
        found.add("discard")
    if Capability.DRAFT in has:
        found |= _new_drafts(claim, now)
    return frozenset(found)


def may_ask_again(claim: Claim, now: datetime) -> bool:
    """Whether the partner may ask, once, that a customer who declined be asked again (Q8)."""
    if claim.status != Status.REJECTED or RejectionReason.CUSTOMER not in claim.rejection_reasons:
        return False
    last = deadlines.renewal_end(claim)
    return last is not None and now <= last and getattr(claim, "consent_renewal", None) is None


def _new_drafts(claim: Claim, now: datetime) -> set[str]:
    found = set()
    if claim.status in COPYABLE:
        found.add("copy")
    if claim.association_state == AssociationState.ACTIVE:
        found.add("replace")
    if claim.status in RENEWABLE_STATUSES:
        ending = ending_lines(claim, operator_calendar().day_of(now))
        if ending:
            found.add("renew" if lines_to_renew(claim, ending) else "renewed")
    return found
