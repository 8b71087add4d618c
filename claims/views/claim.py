"""One claim: its page, and the history of all changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar

from .. import actors, changes, door, journey, selectors
from ..actors import Capability
from ..forms.acts import CommentForm
from ..models import Claim
from ..services.comments import CLOSED
from ..services.documents import may_attach
from ..states import Act, LineStatus, Status
from ..wording import event_words
from .access import acting, claim_page, reader
from .sections import CHECK, open_sections, url_of

OUT_OF_THE_RUNNING = (LineStatus.REMOVED_BY_PARTNER, LineStatus.REMOVED_ON_ADVICE)


@claim_page
@require_safe
def show(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Whose move it is, what comes next, and all that is on file."""
    return render(request, "claims/claim_page.html", page_of(request, claim, CommentForm()))


def page_of(request: HttpRequest, claim: Claim, comment_form: CommentForm) -> dict[str, Any]:
    """Return what the claim's page shows to the reader."""
    user, now, calendar = reader(request), clock.now(), operator_calendar()
    acts = set(door.open_acts(acting(request), claim))
    may_draft = actors.partner_can(user, Capability.DRAFT, claim)
    sections = open_sections(claim) if may_draft else []
    lines = selectors.lines_of(claim)
    documents = selectors.documents_of(claim)
    return {
        "here": "claims",
        "claim": claim,
        "lines": [each for each in lines if each.line_status not in OUT_OF_THE_RUNNING],
        "removed_lines": [each for each in lines if each.line_status in OUT_OF_THE_RUNNING],
        "has_subscriptions": any(each.subscription_id for each in lines),
        "documents": documents,
        "findings": (
            selectors.findings_of(claim) if claim.status == Status.PARTNER_ACTION_REQUIRED else []
        ),
        "decision": selectors.decision_of(claim) if claim.decided_at else None,
        "comments": selectors.comments_of(claim),
        "comment_form": comment_form,
        "may_comment": claim.status not in CLOSED
        and actors.partner_can(user, Capability.COMMENT, claim),
        "steps": journey.steps_of(claim, calendar, now),
        "events": [
            (journey.who_for_partner(event), event_words(event.kind), event.at)
            for event in reversed(selectors.events_of(claim))
        ],
        "edit_url": url_of(claim, sections[0].code) if sections else "",
        "proof_url": url_of(claim, "proof") if may_draft and may_attach(claim) else "",
        "check_url": url_of(claim, CHECK) if may_draft else "",
        "may_submit": Act.SUBMIT in acts,
        "may_answer": Act.RESUBMIT in acts,
        "may_recall": Act.RECALL in acts and claim.assigned_reviewer_id is None,
        "may_withdraw": Act.WITHDRAW in acts,
        "may_discard": Act.DISCARD in acts and claim.first_submitted_at is None,
        "now": now,
        "calendar": calendar,
    }


@claim_page
@require_safe
def history(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Every act, comment and changed field, newest first; nothing that only reviewers see."""
    return render(
        request,
        "claims/history.html",
        {
            "here": "claims",
            "claim": claim,
            "entries": journey.history_of(
                selectors.events_of(claim),
                selectors.comments_of(claim),
                changes.changes_of(claim, for_partner=True),
            ),
        },
    )
