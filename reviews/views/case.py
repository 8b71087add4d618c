"""The case page: one claim with all that a reviewer reads before deciding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from claims import actors, changes, door
from claims.confirmations import confirmed_warnings
from claims.models import Claim, ClaimLine, Dispute, PoEDocument
from claims.refusals import AlreadyHeld, ConflictOfInterest, DecidedBefore
from claims.services.comments import may_still_comment
from claims.standing import CALENDAR_DAYS
from claims.states import Act, DeadlineKind, LineStatus, Status
from cpor_site.common import clock
from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Problem

from ..case_file import CaseFile, OpenCase, case_of, read_case
from ..changes_seen import Since, look, since_last_round, state_of
from ..checklist import checklist_of
from ..forms import WritingForm
from ..proof_view import ZOOMS, view_of
from ..readiness import obstacles, registry_lines
from ..selectors import dispute_of
from ..services import case_bundle
from ..services.decisions import may_ask
from ..services.leases import WITH_REVIEWERS
from ..standing_for_reviewers import standing_of
from ..verdict_table import VerdictTable

CLOCK_STARTS: dict[DeadlineKind, tuple[str, ...]] = {
    DeadlineKind.PICKUP: ("last_submitted_at",),
    DeadlineKind.REVIEW: ("review_started_at",),
    DeadlineKind.PARTNER_RESPONSE: ("action_requested_at",),
    DeadlineKind.CONSENT: ("consent_sent_at",),
    DeadlineKind.DISPUTE_FILING: ("decided_at",),
    DeadlineKind.DISPUTE_ANSWER: ("disputed_at", "last_submitted_at"),
}
"""The moment from which each clock was counted: the latest of these fields of the claim."""

Occasion = PoEDocument.Occasion

VIEW_CLAIM = "claims.view_claim"
VIEW_CASE = "reviews.view_competingclaimscase"


@dataclass(frozen=True)
class ActLink:
    """An act that the page offers; ``kind`` is the class of its button."""

    name: str
    label: Promise
    url: str
    kind: str
    key: str = ""


KEYS = {"take_up": "t", "approve": "p", "ask": "a", "reject": "r", "sufficient": "s"}
"""The key on the keyboard that leads to an act."""

ACTS: tuple[tuple[Act, str, Promise, str], ...] = (
    (Act.TAKE_UP, "take_up", _("Take up"), "primary"),
    (Act.REQUEST_ACTION, "ask", _("Ask the partner…"), ""),
    (Act.REJECT, "reject", _("Reject…"), "danger"),
    (Act.APPROVE, "approve", _("Approve…"), "primary"),
)
"""The reviewer's acts: act, name of its page, label and look of its button."""

SUFFICIENT, SPLIT = "sufficient", "split"
COMPETING_ACTS: tuple[tuple[str, Promise, str], ...] = (
    (SPLIT, _("Split off the contested products…"), ""),
    (SUFFICIENT, _("Proof is sufficient by itself…"), "primary"),
)
"""What can be done to a claim in a case of competing claims: name, label and look."""

CaseView = Callable[..., HttpResponseBase]


def about_a_case(view: CaseView) -> CaseView:
    """Give the view the claim; 403 without the right to read claims, 404 for an unknown one."""

    @wraps(view)
    def wrapped(request: HttpRequest, claim_id: int, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(VIEW_CLAIM):
            raise PermissionDenied
        claim = case_of(claim_id)
        if claim is None:
            raise Http404
        return view(request, claim, **kwargs)

    return wrapped


@require_safe
@about_a_case
def case_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show the case; nothing on this address changes anything."""
    return render_case(request, claim)


@require_safe
@about_a_case
def history_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Show every change of the claim, its lines, contacts and documents; reading only."""
    context = {
        **frame(request, claim, _("History of %(number)s") % {"number": claim.number}),
        "changes": changes.changes_of(claim),
        "may_export": case_bundle.may_export(reader(request)),
    }
    return TemplateResponse(request, "admin/claims/claim/history.html", context)


def frame(request: HttpRequest, claim: Claim, title: str) -> dict[str, Any]:
    """Return what the admin's frame around a page about the claim needs."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "opts": Claim._meta,
        "claim": claim,
        "zone": timezone.get_current_timezone(),
        "queue_filters": request.GET.get("_changelist_filters", ""),
    }


def render_case(
    request: HttpRequest,
    claim: Claim,
    *,
    note: WritingForm | None = None,
    comment: WritingForm | None = None,
    marks: QueryDict | None = None,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the case page, with what was typed into its forms and why it was refused."""
    from .extension import can_extend  # noqa: PLC0415 - as the next one
    from .leading import leading_part  # noqa: PLC0415 - as the next one
    from .leases import lease_bar  # noqa: PLC0415 - its pages are about a case, as this module is

    user = reader(request)
    now, calendar = clock.now(), operator_calendar()
    today = calendar.day_of(now)
    case = read_case(claim, user)
    dispute = dispute_of(claim)
    acts, hindrance = offers(claim, user, dispute, competing_offers(claim, case.cases, case.lines))
    writes = user.has_perm(actors.REVIEW_PERMISSION)
    # After a refused act the page stands on the act's address, where the viewer's links don't lead.
    asked = request.GET if request.method in ("GET", "HEAD") else _asked_from(request.POST)
    proof = view_of(case.documents, asked)
    table = VerdictTable(
        checklist_of(claim, case.lines, case.documents),
        [line for line in case.lines if line.line_status == LineStatus.INCLUDED],
        [each for each in case.documents if each.counts],
        case.verdicts,
        claim.round,
        proof,
        marks,
    )
    in_review = claim.status in WITH_REVIEWERS
    lease = lease_bar(claim, user, hindered=hindrance is not None if acts or hindrance else None)
    context = {
        **frame(request, claim, claim.number),
        "case": case,
        "standing": standing_of(claim, user, now, calendar),
        "why": explained(claim, calendar),
        "acts": [] if lease.blocks else acts,
        "hindrance": hindrance,
        "lease": lease,
        "obstacles": obstacles(case, today) if in_review else [],
        "can_extend": can_extend(claim, user),
        **leading_part(claim, user),
        "seen": _since_seen(case, user, now) if request.method == "GET" and writes else None,
        "since_round": since_last_round(case.events, case.names),
        "proof": proof,
        "zooms": ZOOMS,
        "table": table,
        "marks_open": writes and in_review and hindrance is None,
        "registry": registry_lines(case, now, today),
        "lines": case.lines,
        "activities": case.activities,
        "contacts": case.contacts,
        "documents": [
            (each, list(dict.fromkeys(line.product for line in case.covers.get(each.pk, []))))
            for each in case.documents
        ],
        "domains": case.domains,
        "warnings": confirmed_warnings(claim, case.lines, case.documents),
        "rounds": [
            (number, [(each, case.found_on.get(each.pk, [])) for each in found])
            for number, found in case.rounds
        ],
        "comments": case.comments,
        "notes": case.notes[::-1],
        "decisions": case.decisions,
        "dispute": dispute,
        "disputed_with": [each for each in case.documents if each.occasion == Occasion.DISPUTE],
        "cases": case.cases,
        "events": sorted(case.events, key=attrgetter("at", "pk"), reverse=True),
        "note_form": (note or note_form()) if writes else None,
        "comment_form": _comment_form(claim, comment, now) if writes else None,
        "comments_ended": not may_still_comment(claim, now),
        "problems": problems,
    }
    return TemplateResponse(request, "admin/claims/claim/case.html", context, status=status)


def _since_seen(case: CaseFile, user: User, now: datetime) -> Since | None:
    state = state_of(case.claim, case.lines, case.documents, case.contacts, len(case.comments))
    return look(case.mark, case.claim, user, state, case.names, now)


def _asked_from(posted: QueryDict) -> dict[str, str]:
    """Return what the viewer showed when a form beside it was sent."""
    return {name: posted.get(f"shown-{name}", "") for name in ("document", "page", "zoom", "find")}


def _comment_form(claim: Claim, typed: WritingForm | None, now: datetime) -> WritingForm | None:
    """Return the form for a comment, with what was typed; none once comments have ended (Q29)."""
    return typed or (comment_form() if may_still_comment(claim, now) else None)


def note_form(data: QueryDict | None = None) -> WritingForm:
    return WritingForm(data, prefix="note", label=_("New note"))


def comment_form(data: QueryDict | None = None) -> WritingForm:
    return WritingForm(data, prefix="comment", label=_("New comment"))


def reader(request: HttpRequest) -> User:
    """Return the signed-in person; the admin lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def competing_offers(
    claim: Claim, cases: Sequence[OpenCase], lines: Sequence[ClaimLine]
) -> frozenset[str]:
    """Return which of ``COMPETING_ACTS`` the claim's open cases allow; the services ask again."""
    if claim.status not in (Status.UNDER_REVIEW, Status.DISPUTED):
        return frozenset()
    mine = [party for each in cases for party in each.parties if party.claim_id == claim.pk]
    contested = {party.line_id for party in mine}
    included = {line.pk for line in lines if line.line_status == LineStatus.INCLUDED}
    found = set()
    if any(not party.is_ready for party in mine):
        found.add(SUFFICIENT)
    splittable = claim.status == Status.UNDER_REVIEW and claim.replaces_id is None
    if splittable and included & contested and included - contested:
        found.add(SPLIT)
    return frozenset(found)


def offers(
    claim: Claim, user: User, dispute: Dispute | None, competing: frozenset[str] = frozenset()
) -> tuple[list[ActLink], Problem | None]:
    """Return the acts to offer, or none and the sentence that says why this person can't act.

    ``dispute`` is the claim's latest one, if it has any; ``competing`` is what competing claims
    allow. While the proof waits to be judged by itself, that is the main act.
    """
    actor = actors.reviewer(user)
    possible = door.open_acts(actor, claim)
    if claim.status == Status.DISPUTED and not may_ask(dispute, clock.now()):
        possible = [act for act in possible if act != Act.REQUEST_ACTION]
    links = [_link(claim, name, label, kind) for act, name, label, kind in ACTS if act in possible]
    if Act.APPROVE in possible and competing:
        links = _with_competing(links, claim, competing)
    if links:
        try:
            door.ask_reviewer(actor, claim)
        except (AlreadyHeld, ConflictOfInterest, DecidedBefore) as refusal:
            return [], refusal.problems[0]
    return links, None


def _link(claim: Claim, name: str, label: Promise, kind: str) -> ActLink:
    address = reverse(f"admin:claims_claim_{name}", args=[claim.pk])
    return ActLink(name, label, address, kind, KEYS.get(name, ""))


def _with_competing(links: list[ActLink], claim: Claim, competing: frozenset[str]) -> list[ActLink]:
    """Put the acts of competing claims before the approval, of which only one is the main act."""
    more = [_link(claim, *each) for each in COMPETING_ACTS if each[0] in competing]
    before = [link for link in links if link.name != "approve"]
    approve = [link for link in links if link.name == "approve"]
    if SUFFICIENT in competing:
        approve = [replace(link, kind="") for link in approve]
    return [*before, *approve, *more]


def explained(claim: Claim, calendar: BusinessCalendar) -> str:
    """Return how the running deadline was counted, in words; empty if none runs."""
    if claim.due_at is None:
        return ""
    starts = [getattr(claim, name) for name in CLOCK_STARTS[DeadlineKind(claim.deadline_kind)]]
    start: datetime | None = max((each for each in starts if each is not None), default=None)
    if start is None or start > claim.due_at:
        return ""
    unit = "calendar" if claim.deadline_kind in CALENDAR_DAYS else "business"
    counted = calendar.recount(start, claim.due_at, unit)  # type: ignore[arg-type]
    return calendar.explain(counted, timezone.get_current_timezone())
