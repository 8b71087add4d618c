"""Another contact at the customer, where the letter to the one on the claim came back (7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from cpor_site.common import limits
from cpor_site.common.deliveries import came_back
from cpor_site.common.problems import Problem, Refused, blocking, warning

from .. import checks, door
from ..actors import Actor, Capability
from ..models import Claim, ClaimContact
from ..refusals import MovedOn
from ..rules.identifiers import mailbox
from . import submission
from .drafting import ContactEntry, require

BUSINESS = ClaimContact.Kind.BUSINESS
AGAIN = "CON-06"
SAME_PERSON = "CON-05"
REQUESTS_A_DAY = 3
"""How often a partner can have a claim's customer asked anew in a day (7.6)."""


def name_other_contact(
    *,
    claim_id: int,
    actor: Actor,
    version: int,
    contact: ContactEntry,
    confirmed: Mapping[str, str] | None = None,
) -> Claim:
    """Put another person in the place of the business contact, and have the customer asked anew.

    Effects, in order: the contact, confirmed warnings, the mark of the lost letter taken away, one
    save, event ``contact_replaced``, whose news supersedes the older links and writes to everybody
    at the customer; their whole time runs from the first letter that leaves.

    Raises ``NotYours``, ``ChangedMeanwhile``; ``MovedOn`` (SUBM-03) unless a letter was lost and
    nobody was named since; ``Refused`` with the rules about contacts: CON-02 and CON-03 as they
    are, CON-01, CON-05 and CON-06 (a letter to that very address was lost) until confirmed, the
    first and the last with a reason; LIM-01 after ``REQUESTS_A_DAY``.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = require(actor, Capability.CLAIM, claim)
        if not claim.awaits_contact:
            raise MovedOn(door.status_label(claim))
        row = ClaimContact.objects.filter(claim=claim, kind=BUSINESS).first()
        row = row or ClaimContact(claim=claim, kind=BUSINESS)
        for name, value in asdict(contact).items():
            setattr(row, name, value.strip())
        row._history_user = user  # type: ignore[attr-defined]
        row.save()
        problems = _problems(claim, row)
        # Whoever names an address that was lost before says each time why it works again.
        kept = claim.confirmed_warnings.items()
        claim.confirmed_warnings = {key: text for key, text in kept if not key.startswith(AGAIN)}
        unconfirmed = submission.keep_confirmed(claim, problems, confirmed or {})
        if unconfirmed or blocking(problems):
            raise Refused(*blocking(problems), *unconfirmed)
        limits.ask("other_contact", str(claim.pk), most=REQUESTS_A_DAY, within=timedelta(days=1))
        claim.consent_undelivered_at = None
        door.save(claim, actor=actor, now=now, reason="contact_replaced")
        event = door.record(claim, kind="contact_replaced", actor=actor, at=now)
        door.tell(claim, event=event, actor=actor)
    return claim


def _problems(claim: Claim, row: ClaimContact) -> list[Problem]:
    """Return what the rules say about the new person; the others on the claim stay as they are."""
    problems = [
        each
        for each in checks.check_contacts(claim)
        if each.code == SAME_PERSON or each.field.startswith(f"contacts-{BUSINESS}-")
    ]
    if row.email and came_back(claim.number, row.email):
        problems.append(
            warning(
                AGAIN,
                _(
                    "Our letter to %(email)s came back. Name another address, or tell us why it "
                    "works again by now."
                )
                % {"email": row.email},
                field=f"contacts-{BUSINESS}-email",
                subject=f"{BUSINESS}:{mailbox(row.email)}",
                needs_reason=True,
            )
        )
    return problems
