"""What stands against an approval now, and what the registry says now, from what is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimLine, CustomerTenant, PartnerOrganization, PoEDocument, Subscription
from claims.states import LineStatus
from claims.wording import date_words

from .case_file import CaseFile
from .changes_seen import SUBMISSIONS

Scan = PoEDocument.ScanState
Life = Subscription.State
VALID = (Life.ACTIVE, Life.IN_GRACE)
STALE_AFTER = timedelta(days=7)
"""From when on the registry's word about a subscription counts as old."""


@dataclass(frozen=True)
class Obstacle:
    """Why the claim can't be approved now, and what to do about it."""

    why: Promise | str
    what_to_do: Promise | str


@dataclass(frozen=True)
class RegistryLine:
    """A line and its subscription now. ``changes`` say what was otherwise at the submission."""

    line: ClaimLine
    valid: bool
    stale: bool
    contested: bool
    changes: Sequence[str]


def obstacles(case: CaseFile, today: date) -> list[Obstacle]:
    """Return what stands against an approval; the act itself asks everything again."""
    claim, found = case.claim, []
    included = [line for line in case.lines if line.line_status == LineStatus.INCLUDED]
    if claim.organization.standing == PartnerOrganization.Standing.SUSPENDED:
        found.append(
            Obstacle(
                _("The partner is suspended."),
                _("Wait until ops has lifted that, or reject the claim."),
            )
        )
    if claim.location is not None and not claim.location.is_active:
        found.append(
            Obstacle(
                _("The partner ID is no longer in use."), _("Ask the partner for another one.")
            )
        )
    if claim.tenant is not None and claim.tenant.source == CustomerTenant.Source.CLAIM:
        found.append(
            Obstacle(
                _("The customer is known from claims alone."),
                _("Have ops confirm the tenant in the registry."),
            )
        )
    found += [
        Obstacle(
            gettext("The subscription for %(product)s is no longer valid: %(state)s.")
            % {"product": line.product, "state": _state_words(line.subscription, today)},
            _("Ask the partner to take the line out or to name another subscription."),
        )
        for line in included
        if line.subscription is not None and not is_valid(line.subscription, today)
    ]
    standing = [each for each in case.documents if each.counts]
    if not standing:
        found.append(
            Obstacle(_("There is no proof of execution."), _("Ask the partner for it (D-ALL)."))
        )
    found += [
        Obstacle(
            gettext("The virus check of “%(name)s” isn't finished.") % {"name": each.original_name},
            _("Wait for it. If it doesn't end, tell ops.")
            if each.scan_state != Scan.FAILED
            else _("It failed: tell ops, or ask the partner for the file again."),
        )
        for each in standing
        if each.is_being_checked
    ]
    if case.left_to_mark:
        found.append(
            Obstacle(
                _("The checklist was marked before the dispute, and isn't since."),
                _("Mark it again by what you find in the proof now."),
            )
        )
    if case.cases:
        found.append(
            Obstacle(
                _("A case of competing claims is open."),
                _("Compare the proof of all parties; the case has to be closed first."),
            )
        )
    return found


def registry_lines(case: CaseFile, now: datetime, today: date) -> list[RegistryLine]:
    """Return every line with what the registry says of its subscription now."""
    before = _at_submission(case)
    contested = {party.line_id for each in case.cases for party in each.parties}
    found = []
    for line in case.lines:
        subscription = line.subscription
        synced_at = subscription.last_synced_at if subscription else None
        found.append(
            RegistryLine(
                line,
                valid=subscription is None or is_valid(subscription, today),
                stale=synced_at is not None and now - synced_at > STALE_AFTER,
                contested=line.pk in contested,
                changes=_changes(subscription, before) if subscription else (),
            )
        )
    return found


def is_valid(subscription: Subscription, today: date) -> bool:
    """Whether the subscription still lives today."""
    ended = subscription.ends_on is not None and subscription.ends_on < today
    return subscription.state in VALID and not ended


def _state_words(subscription: Subscription, today: date) -> str:
    if subscription.state in VALID and subscription.ends_on is not None:
        return gettext("ended %(day)s") % {"day": date_words(subscription.ends_on)}
    return str(subscription.get_state_display())


def _at_submission(case: CaseFile) -> dict[str, dict[str, Any]]:
    """Return what the registry said with the last submission, by subscription ID."""
    handed_in = [event for event in case.events if event.kind in SUBMISSIONS]
    if not handed_in:
        return {}
    latest = max(handed_in, key=lambda event: (event.at, event.pk))
    lines = latest.details.get("snapshot", {}).get("lines", ())
    return {line["subscription"]: line.get("registry", {}) for line in lines}


def _changes(subscription: Subscription, before: dict[str, dict[str, Any]]) -> list[str]:
    facts = before.get(str(subscription.subscription_id)) or {}
    if not facts:
        return []
    found = []
    if facts["state"] != subscription.state:
        was = dict(Life.choices).get(facts["state"], facts["state"])
        found.append(gettext("was %(state)s when submitted") % {"state": was})
    if facts["channel"] != subscription.channel:
        was = dict(Subscription.Channel.choices).get(facts["channel"], facts["channel"])
        found.append(gettext("was %(channel)s when submitted") % {"channel": was})
    ends_on = subscription.ends_on.isoformat() if subscription.ends_on else ""
    if facts["ends_on"] != ends_on:
        was = date_words(date.fromisoformat(facts["ends_on"])) if facts["ends_on"] else "–"
        found.append(gettext("ended %(day)s when submitted") % {"day": was})
    return found
