"""The reviewer's acts: GET shows what an act would do, POST does it through its service."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from claims import actors, deadlines, door
from claims.actors import Actor
from claims.models import Claim
from claims.refusals import MovedOn, NotYours
from claims.services.dispute_record import open_dispute
from claims.services.lines import included_lines
from claims.standing import until
from claims.states import Act, DeficiencyCode, LineStatus, RejectionReason
from cpor_site.common import clock, outbox
from cpor_site.common.models import OutboxMessage, User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Problem, Refused

from ..canned import partner_locale
from ..case_file import case_of, read_case
from ..forms import ActForm, ApproveForm, AskForm, RejectForm, TakeUpForm, finding_forms
from ..inserting import with_text
from ..models import CannedText, ChecklistVerdict
from ..readiness import Obstacle, obstacles
from ..selectors import dispute_of
from ..services import decisions, leases
from ..services.canned_texts import texts_for
from ..services.rehearsal import rehearse
from ..verdict_table import missing_codes
from .case import about_a_case, frame, offers, reader

CONFLICT = 409
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "step", "insert"})
Use = CannedText.Use


class ActPage(ABC):
    """One act on one claim: its words, its form, its service."""

    act: ClassVar[Act]
    name: ClassVar[str]
    title: ClassVar[Promise]
    button: ClassVar[Promise]
    look: ClassVar[str] = "primary"
    form_class: ClassVar[type[ActForm]]
    template: ClassVar[str] = "admin/claims/claim/act.html"
    has_preview: ClassVar[bool] = True
    uses: ClassVar[tuple[str, ...]] = ()
    """What kinds of canned texts the form takes."""

    def __init__(self, claim: Claim, data: QueryDict | None = None) -> None:
        self.claim = claim
        self.form = self.form_class(data, claim=claim)

    def is_valid(self) -> bool:
        return self.form.is_valid()

    @abstractmethod
    def consequences(self) -> list[str]:
        """Return what the act does, in sentences to read before doing it."""

    @abstractmethod
    def perform(self, actor: Actor) -> Claim:
        """Do it with what was typed; raises what the service raises."""

    @abstractmethod
    def done(self, claim: Claim) -> str:
        """Return what has happened and what comes next."""

    def extra(self) -> dict[str, Any]:
        """Return what only this act's template needs."""
        return {"texts": self.texts()}

    def texts(self) -> list[CannedText]:
        """Return the canned texts to choose from, in the partner's language."""
        locale = partner_locale(self.claim) if self.uses else ""
        return [text for use in self.uses for text in texts_for(locale, use=use)]

    def obstacles(self) -> list[Obstacle]:
        """Return what stands against the act now, to be read before its button."""
        return []

    def written_about(self) -> list[str]:
        """Return the numbers of the claims about which the act writes letters."""
        return [self.claim.number]

    def competing(self) -> frozenset[str]:
        """Return what the claim's cases of competing claims allow, for an act that needs one."""
        return frozenset()

    def known(self, actor: Actor) -> dict[str, Any]:
        """Return the arguments that every service takes."""
        return {
            "claim_id": self.claim.pk,
            "actor": actor,
            "version": self.form.cleaned_data["version"],
        }


class TakeUpPage(ActPage):
    act = Act.TAKE_UP
    name = "take_up"
    title = _("Take up %(number)s")
    button = _("Take up")
    form_class = TakeUpForm
    has_preview = False

    def consequences(self) -> list[str]:
        _kind, limit = deadlines.review(self.claim.rule_profile, clock.now())
        return [
            gettext("You become the claim's reviewer and decide by %(by)s.")
            % {"by": until(limit.due_at)},
            gettext("%(partner)s is told that the review has begun and can't edit any more.")
            % {"partner": self.claim.organization},
        ]

    def perform(self, actor: Actor) -> Claim:
        return decisions.take_up_claim(**self.known(actor))

    def done(self, claim: Claim) -> str:
        by = until(claim.due_at) if claim.due_at else ""
        return gettext("You have taken up %(number)s. Decide by %(by)s.") % {
            "number": claim.number,
            "by": by,
        }


class AskPage(ActPage):
    act = Act.REQUEST_ACTION
    name = "ask"
    title = _("Ask the partner about %(number)s")
    button = _("Ask the partner")
    form_class = AskForm
    template = "admin/claims/claim/ask.html"
    uses = (Use.FINDING, Use.COMMENT)

    def __init__(self, claim: Claim, data: QueryDict | None = None) -> None:
        super().__init__(claim, data)
        self.findings = finding_forms(data, included_lines(claim))
        if data is None:
            self._offer_what_is_missing()

    def _offer_what_is_missing(self) -> None:
        """Tick what the checklist of this round says is missing, with its lines.

        Marks stay on lines that were split off meanwhile; they are no longer asked about here.
        """
        verdicts = ChecklistVerdict.objects.filter(
            Q(line=None) | Q(line__line_status=LineStatus.INCLUDED),
            claim=self.claim,
            round=self.claim.round,
        )
        missing = missing_codes(verdicts)
        for each in self.findings:
            if each.code in missing:
                lines = [str(key) for key in missing[each.code]]
                each.initial = {"chosen": True, "lines": lines}

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), *(each.is_valid() for each in self.findings)])

    def consequences(self) -> list[str]:
        dispute = open_dispute(self.claim)
        _kind, limit = deadlines.partner_response(
            self.claim.rule_profile,
            clock.now(),
            not_after=dispute.closes_at if dispute else None,
        )
        words = [
            gettext(
                "%(partner)s is asked by letter and has until %(by)s to answer. Without an answer "
                "the claim is rejected by itself."
            )
            % {"partner": self.claim.organization, "by": until(limit.due_at)}
        ]
        if dispute is not None:
            words.append(
                gettext("In a dispute the partner can be asked once; the answer comes back to you.")
            )
        return words

    def perform(self, actor: Actor) -> Claim:
        typed = self.form.cleaned_data
        return decisions.request_action(
            **self.known(actor),
            findings=[each.entry for each in self.findings if each.cleaned_data["chosen"]],
            comment=typed["comment"],
            internal_note=typed["internal_note"],
        )

    def done(self, claim: Claim) -> str:
        by = until(claim.due_at) if claim.due_at else ""
        return gettext("%(partner)s has been asked and has until %(by)s to answer.") % {
            "partner": claim.organization,
            "by": by,
        }

    def extra(self) -> dict[str, Any]:
        texts = self.texts()
        for each in self.findings:
            each.texts = [text for text in texts if text.code == each.code]
        return {
            "findings": self.findings,
            "texts": [text for text in texts if text.use == Use.COMMENT],
        }


class ApprovePage(ActPage):
    act = Act.APPROVE
    name = "approve"
    title = _("Approve %(number)s")
    button = _("Approve the claim")
    form_class = ApproveForm
    uses = (Use.APPROVAL,)

    def obstacles(self) -> list[Obstacle]:
        case = read_case(self.claim, self.claim.assigned_reviewer or self.claim.created_by)
        return obstacles(case, operator_calendar().day_of(clock.now()))

    def consequences(self) -> list[str]:
        lines = included_lines(self.claim)
        days = self.claim.rule_profile.consent_calendar_days
        return [
            ngettext(
                "This approves %(count)d line for %(partner)s: %(lines)s.",
                "This approves %(count)d lines for %(partner)s: %(lines)s.",
                len(lines),
            )
            % {
                "count": len(lines),
                "partner": self.claim.organization,
                "lines": ", ".join(f"{line.product} ({line.activity_name})" for line in lines),
            },
            ngettext(
                "The contacts at %(customer)s get a letter and may refuse within %(days)d day.",
                "The contacts at %(customer)s get a letter and may refuse within %(days)d days.",
                days,
            )
            % {"customer": self.claim.tenant, "days": days},
        ]

    def perform(self, actor: Actor) -> Claim:
        typed = self.form.cleaned_data
        return decisions.approve_claim(
            **self.known(actor), text=typed["text"], internal_note=typed["internal_note"]
        )

    def done(self, claim: Claim) -> str:
        return gettext(
            "%(number)s is approved. The customer is written to now; the time to refuse begins "
            "when the letter has left."
        ) % {"number": claim.number}


class RejectPage(ActPage):
    act = Act.REJECT
    name = "reject"
    title = _("Reject %(number)s")
    button = _("Reject the claim")
    look = "danger primary"
    form_class = RejectForm
    uses = (Use.REJECTION,)

    def consequences(self) -> list[str]:
        limit = deadlines.dispute_filing(self.claim, clock.now(), [RejectionReason.POE])
        if limit is None:
            return [
                gettext(
                    "This rejects the claim for good: it has been disputed before. %(partner)s can "
                    "only make a new claim."
                )
                % {"partner": self.claim.organization}
            ]
        return [
            gettext("This rejects the claim. %(partner)s can dispute until %(by)s.")
            % {"partner": self.claim.organization, "by": until(limit[1].due_at)}
        ]

    def perform(self, actor: Actor) -> Claim:
        typed = self.form.cleaned_data
        return decisions.reject_claim(
            **self.known(actor),
            reasons=typed["reasons"],
            text=typed["text"],
            internal_note=typed["internal_note"],
        )

    def done(self, claim: Claim) -> str:
        words = {"number": claim.number, "partner": claim.organization}
        if claim.due_at is None:
            return gettext("%(number)s is rejected for good. Its dispute is settled.") % words
        return gettext("%(number)s is rejected. %(partner)s can dispute until %(by)s.") % {
            **words,
            "by": until(claim.due_at),
        }


ACT_PAGES: tuple[type[ActPage], ...] = (TakeUpPage, AskPage, ApprovePage, RejectPage)


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
def act_page(request: HttpRequest, claim: Claim, *, page: type[ActPage]) -> HttpResponse:
    """Show the act's form, or do the act: 403 for who may not, the sentences for a refusal.

    After a refusal the form keeps what was typed and is about the claim as it is now. Anything
    but a refusal propagates and rolls everything back.
    """
    user = reader(request)
    actor = actors.reviewer(user)
    if not actors.may(actor, page.act, claim):
        raise PermissionDenied
    if request.method != "POST":
        return _shown(request, claim, page(claim))
    step = request.POST.get("step", "") if page.has_preview else ""
    if page.has_preview and "insert" in request.POST:
        return _shown(request, claim, page(claim, with_text(claim, page.uses, request.POST)))
    attempt = page(claim, request.POST)
    if step == "edit" or not attempt.is_valid():
        return _shown(request, claim, attempt)
    try:
        if step == "preview":
            letters = rehearse(lambda: attempt.perform(actor), attempt.written_about())
            return _previewed(request, claim, attempt, letters)
        moved = attempt.perform(actor)
    except NotYours:
        raise PermissionDenied from None
    except Refused as refusal:
        current = case_of(claim.pk)
        assert current is not None
        attempt.form.show_version(current.version)
        return _shown(request, current, attempt, refusal.problems, status=CONFLICT)
    messages.success(request, attempt.done(moved))
    return redirect("admin:claims_claim_change", moved.pk)


def _shown(
    request: HttpRequest,
    claim: Claim,
    attempt: ActPage,
    problems: tuple[Problem, ...] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    """Show the act's form; without its button when the act isn't possible (any more)."""
    links, hindrance = offers(claim, reader(request), dispute_of(claim), attempt.competing())
    possible = any(link.name == attempt.name for link in links)
    if not possible and not problems:
        problems = _why_impossible(claim, hindrance)
    elif request.method != "POST":
        problems = _held_elsewhere(claim, reader(request))
    context = {
        **frame(request, claim, attempt.title % {"number": claim.number}),
        "attempt": attempt,
        "form": attempt.form,
        "consequences": attempt.consequences() if possible else [],
        "possible": possible,
        "obstacles": attempt.obstacles() if possible else [],
        "problems": [_located(each) for each in problems],
        **attempt.extra(),
    }
    return TemplateResponse(request, attempt.template, context, status=status)


def _previewed(
    request: HttpRequest, claim: Claim, attempt: ActPage, letters: list[OutboxMessage]
) -> HttpResponse:
    """Show what the act does and the letters as they would leave; what was typed comes along."""
    context = {
        **frame(request, claim, attempt.title % {"number": claim.number}),
        "attempt": attempt,
        "consequences": attempt.consequences(),
        "letters": [(letter, outbox.preview(letter).text) for letter in letters],
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in NOT_TYPED
            for value in values
        ],
    }
    return TemplateResponse(request, "admin/claims/claim/preview.html", context)


def _held_elsewhere(claim: Claim, user: User) -> tuple[Problem, ...]:
    """Return why nothing can be decided now, so that nobody types in vain."""
    lease = leases.lease_of(claim, clock.now())
    if lease is None or lease.holder_id == user.pk:
        return ()
    return leases.HeldElsewhere(lease.holder).problems


def _why_impossible(claim: Claim, hindrance: Problem | None) -> tuple[Problem, ...]:
    if hindrance is not None:
        return (hindrance,)
    return MovedOn(door.status_label(claim)).problems


FIELD_PLACES = {
    "findings": "#findings",
    "explanation": "#id_D-OTHER-explanation",
    "reasons": "#id_reasons",
    "text": "#id_text",
    "comment": "#id_comment",
    **{f"{code}-explanation": f"#id_{code}-explanation" for code in DeficiencyCode.values},
}


def _located(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "href": FIELD_PLACES.get(problem.field, ""),
    }
