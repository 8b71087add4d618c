"""Taking up, asking, approving and rejecting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from claims import checks, conflicts, deadlines, door
from claims.actors import Actor
from claims.door import Passage
from claims.models import (
    Claim,
    ClaimLine,
    CustomerTenant,
    Dispute,
    PartnerOrganization,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
)
from claims.services import associations
from claims.services.comments import write_comment
from claims.services.dispute_record import note_question, open_dispute, settle_dispute
from claims.services.lines import included_lines, look_up_subscriptions
from claims.services.submission import close_lines, lock_customer, settle_findings
from claims.states import REVIEWER_REASONS, Act, DeficiencyCode, LineStatus, Status
from cpor_site.common.problems import Problem, Refused, blocking, error

from ..models import ChecklistVerdict, CompetingParty, InternalNote
from ..placeholders import placeholder_problems
from . import outcomes
from .verdicts import left_to_mark

Outcome = ReviewDecision.Outcome
Scan = PoEDocument.ScanState
MARK_AGAIN = _(
    "The checklist was marked before the dispute, and %(count)d of its criteria aren't since. Mark "
    "them by what you find in the proof now; then decide."
)


@dataclass(frozen=True)
class FindingEntry:
    """One deficiency: its code, the primary keys of the lines it concerns, and what is missing."""

    code: str
    line_ids: Sequence[int] = field(default_factory=tuple)
    explanation: str = ""


def take_up_claim(*, claim_id: int, actor: Actor, version: int | None = None) -> Claim:
    """T3: assign the claim to the reviewer and start the review clock.

    From here on the partner can't edit. Of two reviewers at once, one gets it and the other reads
    that it has moved on (SUBM-03).
    """
    with door.passage(claim_id=claim_id, act=Act.TAKE_UP, actor=actor, version=version) as passage:
        profile = passage.claim.rule_profile
        passage.go(event="claim_taken_up", deadline=deadlines.review(profile, passage.now))
    return passage.claim


def request_action(
    *,
    claim_id: int,
    actor: Actor,
    findings: Sequence[FindingEntry],
    comment: str,
    internal_note: str = "",
    version: int | None = None,
) -> Claim:
    """T5, T17: ask the partner to mend deficiencies and start the partner's clock.

    Effects, in order: findings, comment that needs an answer, decision of the round, internal note,
    status, event ``action_requested``. Raises ``Refused``: REV-10 without a finding, REV-11 without
    a comment, REV-12 for D-OTHER without explanation, REV-13 for lines of another claim, REV-06 for
    a second question in one dispute, or one after the dispute's last day.
    """
    with door.passage(
        claim_id=claim_id, act=Act.REQUEST_ACTION, actor=actor, version=version
    ) as passage:
        claim, now, user = passage.claim, passage.now, passage.actor.user
        assert user is not None
        lines = {line.pk: line for line in included_lines(claim)}
        dispute = open_dispute(claim)
        problems = _finding_problems(findings, lines, comment) + _ask_once(dispute, now)
        explanations = {f"{each.code}-explanation": each.explanation for each in findings}
        problems += placeholder_problems({**explanations, "comment": comment})
        if problems:
            raise Refused(*problems)
        if dispute is not None:
            note_question(dispute, by=user, now=now)
        for entry in findings:
            finding = ReviewFinding.objects.create(
                claim=claim,
                round=claim.round,
                code=entry.code,
                explanation=entry.explanation.strip(),
                found_by=user,
                created_at=now,
            )
            finding.lines.set([lines[pk] for pk in entry.line_ids])
        write_comment(claim, actor=actor, body=comment, now=now, requires_response=True)
        codes = list(dict.fromkeys(entry.code for entry in findings))
        decide(passage, Outcome.ACTION_REQUESTED, codes, comment, internal_note)
        passage.go(
            event="action_requested",
            deadline=deadlines.partner_response(
                claim.rule_profile, now, not_after=dispute.closes_at if dispute else None
            ),
            details={"codes": codes},
        )
    return passage.claim


def approve_claim(
    *,
    claim_id: int,
    actor: Actor,
    text: str = "",
    internal_note: str = "",
    version: int | None = None,
) -> Claim:
    """T8, T16: approve every remaining line; the customer may then refuse.

    Effects, in order: subscriptions and conflicts looked up anew, associations made provisional,
    decision, internal note, status, event ``claim_approved`` (whose news makes the consent
    request). Raises ``Refused``: REV-20 without a line, REV-21 while a case of competing claims is
    open, REV-22 without proof or while a document is unchecked or infected, REV-23 for a suspended
    partner or a closed location, REV-24 for a customer nobody has confirmed, REV-25 for a disputed
    claim whose checklist was marked before the dispute and isn't again, a TEN, DOM or SUB code
    for a customer or subscription that is no longer valid, SUB-13 for an own duplicate,
    ``KeyTaken`` (REV-03).
    """
    with door.passage(claim_id=claim_id, act=Act.APPROVE, actor=actor, version=version) as passage:
        bind_and_approve(passage, text=text, internal_note=internal_note)
    return passage.claim


def bind_and_approve(
    passage: Passage,
    *,
    text: str,
    internal_note: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Do what ``approve_claim`` does, inside a passage; rulings approve their winners with it.

    Lines that have won a ruling over a holder get a hold that waits for that one's (5.3).
    """
    claim, actor, now = passage.claim, passage.actor, passage.now
    lock_customer(claim)
    look_up_subscriptions(claim, actor)
    problems = approval_problems(passage) + placeholder_problems({"text": text})
    if problems:
        raise Refused(*problems)
    associations.bind(claim, actor=actor, now=now, displaces=outcomes.displaces(claim))
    settle_findings(claim, now)
    settle_dispute(claim, Dispute.Outcome.APPROVED, by=actor.user, now=now)
    decide(passage, Outcome.APPROVED, [], text, internal_note)
    said = {"text": text.strip()} if text.strip() else {}
    passage.go(event="claim_approved", details=said | (details or {}))


def reject_claim(
    *,
    claim_id: int,
    actor: Actor,
    reasons: Sequence[str],
    text: str,
    internal_note: str = "",
    version: int | None = None,
) -> Claim:
    """T9: reject the claim and start the partner's time to dispute; T18: for good.

    Effects, in order: lines rejected, decision, internal note, status, event ``claim_rejected``.
    Raises ``Refused``: REV-30 without a reason that a reviewer may give, REV-31 without a text.
    """
    with door.passage(claim_id=claim_id, act=Act.REJECT, actor=actor, version=version) as passage:
        claim, now = passage.claim, passage.now
        chosen = list(dict.fromkeys(str(reason) for reason in reasons))
        problems = []
        if not chosen or any(reason not in REVIEWER_REASONS for reason in chosen):
            problems.append(error("REV-30", _("Choose at least one reason."), field="reasons"))
        problems += placeholder_problems({"text": text})
        if not text.strip():
            problems.append(
                error("REV-31", _("Tell the partner why the claim is rejected."), field="text")
            )
        if problems:
            raise Refused(*problems)
        close_lines(claim, actor=actor, to=LineStatus.REJECTED, note="")
        settle_findings(claim, now)
        settle_dispute(claim, Dispute.Outcome.REJECTED, by=actor.user, now=now)
        decide(passage, Outcome.REJECTED, chosen, text, internal_note)
        passage.go(
            event="claim_rejected",
            deadline=deadlines.dispute_filing(claim, now, chosen),
            details={"reasons": chosen, "text": text.strip()},
            reasons=chosen,
        )
    return passage.claim


def decide(
    passage: Passage, outcome: Outcome, codes: list[str], text: str, internal_note: str
) -> None:
    """Write the decision of the claim's round, and the internal note if there is one."""
    claim, user = passage.claim, passage.actor.user
    assert user is not None
    ReviewDecision.objects.create(
        claim=claim,
        round=claim.round,
        reviewer=user,
        outcome=outcome,
        reason_codes=codes,
        text=text.strip(),
        decided_at=passage.now,
    )
    if internal_note.strip():
        InternalNote.objects.create(
            claim=claim, author=user, body=internal_note.strip(), created_at=passage.now
        )


def may_ask(dispute: Dispute | None, now: datetime) -> bool:
    """Whether the partner may be asked now: once in a dispute, before its last day is over."""
    return not _ask_once(dispute, now)


def _ask_once(dispute: Dispute | None, now: datetime) -> list[Problem]:
    """T17: in a dispute the partner is asked once, and not after the dispute's last day."""
    if dispute is None:
        return []
    if dispute.asked_at is not None:
        return [
            error("REV-06", _("The partner has been asked once in this dispute. Decide it now."))
        ]
    if now >= dispute.closes_at:
        return [
            error("REV-06", _("The time for questions in this dispute is over. Decide it now."))
        ]
    return []


def _finding_problems(
    findings: Sequence[FindingEntry], lines: dict[int, ClaimLine], comment: str
) -> list[Problem]:
    problems = []
    if not findings:
        problems.append(
            error("REV-10", _("Choose at least one thing that is missing."), field="findings")
        )
    if not comment.strip():
        problems.append(error("REV-11", _("Write to the partner what you need."), field="comment"))
    for entry in findings:
        if entry.code == DeficiencyCode.OTHER and not entry.explanation.strip():
            problems.append(
                error("REV-12", _("Explain what else is missing."), field="explanation")
            )
        if entry.code not in DeficiencyCode.values or not set(entry.line_ids) <= set(lines):
            problems.append(
                error("REV-13", _("Choose findings and lines of this claim."), field="findings")
            )
    return problems


def approval_problems(passage: Passage) -> list[Problem]:
    """Return what stands against binding the lines in the running now."""
    claim = passage.claim
    competing = _is_competing(claim, included_lines(claim))
    return [*proof_problems(claim, passage.now), *competing]


def proof_problems(claim: Claim, now: datetime) -> list[Problem]:
    """Return what stands against the claim by itself, whoever else claims the same."""
    lines = included_lines(claim)
    if not lines:
        return [error("REV-20", _("No line is left that could be approved."))]
    problems = [
        *_standing_problems(claim),
        *blocking(checks.check_customer(claim)),
        *blocking(checks.check_lines(claim, now)),
    ]
    documents = [each for each in PoEDocument.objects.filter(claim=claim) if each.counts]
    if not documents:
        problems.append(error("REV-22", _("There is no proof of execution to approve.")))
    elif any(each.is_being_checked for each in documents):
        problems.append(
            error("REV-22", _("A document's virus check isn't finished. Approve when it is."))
        )
    if claim.status == Status.DISPUTED:
        problems += _unmarked_problems(claim)
    problems += [
        error(
            "SUB-13",
            _("The partner already has this in claim %(number)s.")
            % {"number": conflict.other_claim.number},
            line=conflict.line.pk,
        )
        for conflict in conflicts.find_conflicts(claim)
        if conflict.own
    ]
    return problems


def _unmarked_problems(claim: Claim) -> list[Problem]:
    """REV-25: what was marked before a dispute is marked again by who judges it."""
    left = left_to_mark(claim, ChecklistVerdict.objects.filter(claim=claim))
    if not left:
        return []
    return [error("REV-25", MARK_AGAIN % {"count": len(left)})]


def _is_competing(claim: Claim, lines: list[ClaimLine]) -> list[Problem]:
    """REV-21: a case waits for its ruling; not for lines that have won one already."""
    contested = {line.pk for line in lines} - outcomes.won_lines(claim)
    if not CompetingParty.objects.filter(
        claim=claim, left_at=None, case__closed_at=None, line__in=contested
    ).exists():
        return []
    return [
        error(
            "REV-21",
            _(
                "A case of competing claims is open on this claim. "
                "It can be approved once the case is closed."
            ),
        )
    ]


def _standing_problems(claim: Claim) -> list[Problem]:
    """What partner and customer may have become since the claim was handed in."""
    problems = []
    if claim.organization.standing == PartnerOrganization.Standing.SUSPENDED:
        problems.append(error("REV-23", _("The partner is suspended and can't be approved now.")))
    if claim.location is not None and not claim.location.is_active:
        problems.append(
            error(
                "REV-23",
                _("The partner ID %(id)s is no longer in use. Ask the partner for another one.")
                % {"id": claim.location.partner_id},
            )
        )
    if claim.tenant is not None and claim.tenant.source == CustomerTenant.Source.CLAIM:
        problems.append(
            error(
                "REV-24",
                _(
                    "The customer is known from claims alone. Have it confirmed in the registry "
                    "before you approve."
                ),
            )
        )
    return problems
