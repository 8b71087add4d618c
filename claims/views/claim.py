"""One claim: its page, and the history of all changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar

from .. import actors, changes, deadlines, journey, offers, onward, selectors
from ..actors import Capability
from ..confirmations import confirmed_warnings
from ..forms.acts import CommentForm
from ..models import Claim, ClaimLine, PoEDocument, Program, ReviewFinding
from ..ruling_words import meanwhile, rulings_told
from ..services.comments import may_still_comment
from ..services.copies import renewals_of
from ..services.documents import may_attach
from ..services.drafting import editable_fields
from ..services.proof_requests import open_requests
from ..standing import day, keep_requests, until
from ..states import AssociationState, LineStatus, Status
from ..todos import todos_of
from ..wording import event_words
from .access import claim_page, reader
from .sections import CHECK, change_url, open_sections, resume_url, url_of

OUT_OF_THE_RUNNING = (LineStatus.REMOVED_BY_PARTNER, LineStatus.REMOVED_ON_ADVICE)
PROOF_AGES_AFTER = timedelta(days=304)
"""Ten months, after which proof on an approved claim should be renewed (table 2.5)."""
IN_FRONT = (
    ("nothing", gettext_lazy("Nothing to add…"), "claim_proof_request"),
    ("contact", gettext_lazy("Name another contact"), "claim_other_contact"),
    ("dispute", gettext_lazy("Dispute the decision"), "claim_dispute"),
    ("ask_again", gettext_lazy("Ask for another letter to the customer"), "claim_ask_again"),
    ("renew", gettext_lazy("Renew for a new subscription"), "claim_renew"),
)
UNDER_MORE = (
    ("copy", gettext_lazy("Copy to a new claim…"), "claim_copy", False),
    (
        "replace",
        gettext_lazy("Replace it, if the ID or activity is wrong…"),
        "claim_replace",
        False,
    ),
    ("support", gettext_lazy("Facts for a support case"), "claim_support", False),
    ("recall", gettext_lazy("Recall the claim…"), "claim_recall", False),
    ("withdraw", gettext_lazy("Withdraw the claim…"), "claim_withdraw", True),
    ("end", gettext_lazy("End the association…"), "claim_end", True),
    ("discard", gettext_lazy("Discard the draft…"), "claim_discard", True),
)


@claim_page
@require_safe
def show(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Whose move it is, what comes next, and all that is on file."""
    return render(request, "claims/claim_page.html", page_of(request, claim, CommentForm()))


def page_of(request: HttpRequest, claim: Claim, comment_form: CommentForm) -> dict[str, Any]:
    """Return what the claim's page shows to the reader."""
    user, now, calendar = reader(request), clock.now(), operator_calendar()
    has = actors.capabilities_on(user, claim)
    may_draft = Capability.DRAFT in has
    sections = {each.code for each in open_sections(claim)} if may_draft else set()
    lines = selectors.lines_of(claim)
    documents = selectors.documents_of(claim)
    asked_so_far = selectors.findings_of_all_rounds(claim) if claim.round else []
    is_asked = claim.status == Status.PARTNER_ACTION_REQUIRED
    findings = [each for each in asked_so_far if is_asked and each.round == claim.round]
    requests = open_requests(claim) if claim.status == Status.APPROVED else []
    keep_requests(claim, requests)
    steps = journey.steps_of(claim, calendar, now)
    newest = _newest_proof(documents)
    happened = selectors.events_of(claim)
    rulings = rulings_told(claim, happened, lines, now)
    return {
        "here": "claims",
        "claim": claim,
        "badge": _badge(claim),
        "relatives": _relatives(claim),
        "lines": [each for each in lines if each.line_status not in OUT_OF_THE_RUNNING],
        "removed_lines": [each for each in lines if each.line_status in OUT_OF_THE_RUNNING],
        "has_subscriptions": any(
            each.subscription_id or each.subscription_as_typed for each in lines
        ),
        "programs": _programs(lines),
        "onward": onward.sentences(claim),
        "today": calendar.day_of(now),
        "documents": documents,
        "newest_proof_on": newest,
        "proof_is_old": claim.status == Status.APPROVED
        and newest is not None
        and calendar.day_of(now) - newest > PROOF_AGES_AFTER,
        "findings": findings,
        "asked": selectors.decision_of(claim) if findings else None,
        "todos": todos_of(findings),
        "earlier": _by_round(each for each in asked_so_far if each not in findings),
        "confirmed": confirmed_warnings(claim, lines, documents),
        "lost": selectors.business_contact_of(claim) if claim.awaits_contact else None,
        "decision": selectors.decision_of(claim) if claim.decided_at else None,
        "renewal": getattr(claim, "consent_renewal", None),
        "dispute": selectors.dispute_of(claim) if claim.disputed_at else None,
        "comments": selectors.comments_of(claim),
        "comment_form": comment_form,
        "may_comment": (comment_form.is_bound or may_still_comment(claim, now))
        and Capability.COMMENT in has,
        "comments_ended": None
        if may_still_comment(claim, now)
        else deadlines.comments_end(claim, now),
        "operator_email": settings.CPOR_OPERATOR_EMAIL,
        "steps": steps,
        "has_estimates": claim.is_undecided
        and any(each.at and each.progress == "next" for each in steps),
        "events": [
            (journey.who_for_partner(event), event_words(event.kind), event.at)
            for event in reversed(journey.without_repeats(happened))
        ],
        "rulings": rulings,
        "meanwhile": meanwhile(claim, requests, rulings),
        "proof_requests": requests,
        "proof_url": url_of(claim, "proof") if may_draft and may_attach(claim) else "",
        "products_url": url_of(claim, "products") if "products" in sections else "",
        **_acts(claim, has, sections, now),
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


def _acts(
    claim: Claim, has: frozenset[Capability], sections: set[str], now: datetime
) -> dict[str, list[Any]]:
    """Return the acts that stand in front, and those under "More" with whether they're dangerous.

    The first of those in front is the page's main act.
    """
    offered = offers.offers_of(claim, has, now)
    only_name = editable_fields(claim) == {"name"}
    words = _("Rename the claim") if only_name else _("Change the claim")
    change = (words, change_url(claim)) if sections else None
    main: list[tuple[str, str]] = []
    if "nothing" in offered:
        main.append((_("Add newer proof"), url_of(claim, "proof")))
    more: list[tuple[str, str, bool]] = []
    if claim.status == Status.EDITING and sections:
        check = _("Check and submit") if Capability.CLAIM in has else _("Check")
        main += [(_("Go on with the draft"), resume_url(claim)), (check, url_of(claim, CHECK))]
    elif claim.status == Status.PARTNER_ACTION_REQUIRED and Capability.CLAIM in has:
        main += [(_("Answer and resubmit"), url_of(claim, CHECK)), *([change] if change else [])]
    elif change:
        more.append((*change, False))
    for code, label, url_name in IN_FRONT:
        if code in offered:
            main.append((str(label), reverse(url_name, args=[claim.pk])))
    renewal = renewals_of(claim).first() if "renewed" in offered else None
    if renewal is not None:
        words = _("Go to the renewal, %(number)s") % {"number": renewal.number}
        main.append((words, reverse("claim_page", args=[renewal.pk])))
    for code, label, url_name, dangerous in UNDER_MORE:
        if code in offered:
            more.append((str(label), reverse(url_name, args=[claim.pk]), dangerous))
    return {"main_acts": main, "more_acts": more}


def _badge(claim: Claim) -> str:
    """Tell the two kinds of Approved apart (section 2.1), and a clock that stands (5.8)."""
    if claim.paused_at is not None:
        return _("Paused – competing claim")
    if claim.association_state == AssociationState.ACTIVE and claim.activated_at:
        return _("Active since %(date)s") % {"date": day(claim.activated_at)}
    if claim.association_state == AssociationState.PROVISIONAL:
        if claim.awaits_contact:
            return _("Waiting for another contact")
        if claim.consent_closes_at is None:
            return _("Waiting for the letter to the customer")
        return _("Consent window until %(date)s") % {"date": until(claim.consent_closes_at)}
    return ""


def _relatives(claim: Claim) -> list[tuple[str, Claim]]:
    """Return the claims that this one comes from, and those that come from it."""
    found = []
    if claim.copied_from is not None and claim.copied_from_id != claim.replaces_id:
        words = _("Renews") if claim.is_renewal else _("Copied from")
        found.append((words, claim.copied_from))
    if claim.replaces is not None:
        found.append((_("Replaces"), claim.replaces))
    made_of = Claim.objects.filter(Q(copied_from=claim) | Q(split_from=claim))
    for other in made_of.exclude(status=Status.CANCELLED).order_by("pk"):
        if other.split_from_id == claim.pk:
            found.append((_("Products that others claim too go on in"), other))
        elif other.replaces_id == claim.pk:
            found.append((_("Replaced by"), other))
        else:
            found.append((_("Renewed by") if other.is_renewal else _("Copied to"), other))
    if claim.split_from is not None:
        found.append((_("Split off, with products that others claim too, from"), claim.split_from))
    return found


def _programs(lines: Iterable[ClaimLine]) -> list[tuple[Program, list[str]]]:
    """Return the programs to which the approved lines were passed on, each with its products."""
    names: dict[Program, list[str]] = defaultdict(list)
    for line in lines:
        program, product = line.activity.program, str(line.product)
        passed_on = hasattr(line, "association") and line.association.effective_from
        if passed_on and product not in names[program]:
            names[program].append(product)
    return list(names.items())


def _by_round(findings: Iterable[ReviewFinding]) -> list[list[ReviewFinding]]:
    """Return the findings of each round together, the newest round first."""
    rounds: dict[int, list[ReviewFinding]] = defaultdict(list)
    for each in findings:
        rounds[each.round].append(each)
    return [rounds[number] for number in sorted(rounds, reverse=True)]


def _newest_proof(documents: Iterable[PoEDocument]) -> date | None:
    dates = [each.signed_on or each.document_on for each in documents if each.counts]
    return max((each for each in dates if each), default=None)
