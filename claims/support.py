"""The facts that a support case asks for, as plain text to copy (section 1.4, SupportCase link)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from . import standing
from .models import Claim, ClaimEvent, ClaimLine
from .states import LineStatus
from .wording import event_words

OUT = (LineStatus.REMOVED_BY_PARTNER, LineStatus.REMOVED_ON_ADVICE)


def bundle_of(
    claim: Claim, lines: Iterable[ClaimLine], events: Iterable[ClaimEvent], now: datetime
) -> str:
    """Return the bundle: IDs, programs, products, states with their dates in UTC.

    ``lines`` need product, activity with program, and subscription; ``events`` must be free of what
    only reviewers see. Names no person, neither at the partner nor at the operator.
    """
    kept = [line for line in lines if line.line_status not in OUT]
    programs = sorted({line.activity.program.name for line in kept})
    location = claim.location
    facts = [
        (_("Claim"), claim.number),
        (_("Status"), standing.label_at(claim, now)),
        (_("Program"), ", ".join(programs)),
        (
            _("Partner ID of the location (not the global ID)"),
            f"{location.partner_id} {location.name}" if location else "",
        ),
        (_("Partner"), claim.organization.name),
        (_("Tenant ID"), str(claim.tenant.tenant_id) if claim.tenant else claim.tenant_id_as_typed),
        (_("Domain"), claim.domain_as_typed),
        (_("Consent window opened"), _moment(claim.consent_sent_at)),
        (_("Consent window ends"), _moment(claim.consent_closes_at)),
        (_("Association active since"), _moment(claim.activated_at)),
        (_("Association ended"), _moment(claim.ended_at)),
    ]
    rows = [f"{label}: {value}" for label, value in facts if value]
    rows += ["", _("Products")]
    rows += [_line(line) for line in kept] or ["-"]
    rows += ["", _("What happened (UTC)")]
    rows += [f"{_moment(event.at)}  {event_words(event.kind)}" for event in events]
    rows += ["", _("Made on %(moment)s UTC.") % {"moment": _moment(now)}]
    return "\n".join(rows) + "\n"


def _line(line: ClaimLine) -> str:
    parts = [str(line.product), line.activity_name]
    if line.subscription is not None:
        parts.append(str(line.subscription.subscription_id))
    elif line.subscription_as_typed:
        parts.append(line.subscription_as_typed)
    return f"- {' | '.join(parts)} | {line.get_line_status_display()}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
