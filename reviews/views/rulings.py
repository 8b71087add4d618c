"""An arbiter rules on competing claims: the form, every letter that will leave, the act."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims import actors
from claims.actors import Actor
from claims.models import Claim
from claims.refusals import NotYours
from cpor_site.common import fresh, outbox
from cpor_site.common.models import OutboxMessage
from cpor_site.common.problems import Problem, Refused

from ..comparison import Column, Comparison, case_with_ruling, compare
from ..models import CompetingClaimsCase, CompetingRuling
from ..ruling_effects import consequences
from ..ruling_forms import RulingForm, changes_since
from ..services import rulings
from ..services.rehearsal import rehearse
from .competing import CASE, about_competing_claims, frame, leading
from .reasons import CONFLICT, INCOMPLETE

NOT_TYPED = frozenset({"csrfmiddlewaretoken", "step"})
FIELD_PLACES = {
    "winner": "#id_winner",
    "grounds": "#id_grounds",
    "shared_reason": "#id_shared_reason",
    "internal_reason": "#id_internal_reason",
}


@require_http_methods(["GET", "HEAD", "POST"])
@about_competing_claims
@fresh.confirmed
def rule_page(request: HttpRequest, case: CompetingClaimsCase) -> HttpResponse:
    """Show the form, the preview, or rule (POST with ``step`` confirm): 403 for who may not.

    After a refusal the form keeps what was typed, is about the case as it is now, and says what
    has changed. Anything but a refusal propagates and rolls everything back.
    """
    user = leading(request)
    actor = actors.reviewer(user)
    compared = compare(case)
    if request.method != "POST":
        problems = tuple(rulings.obstacles(case, user))
        return _shown(request, compared, _form(compared), problems)
    form = _form(compared, request.POST)
    step = request.POST.get("step", "")
    if case.closed_at is not None:
        problems = tuple(rulings.obstacles(case, user))
        return _shown(request, compared, form, problems, status=CONFLICT)
    if step == "edit":
        return _shown(request, compared, form)
    changed = changes_since(request.POST.get("seen", ""), compared)
    if changed:
        form.show_now()
        return _shown(request, compared, form, changed=changed, status=CONFLICT)
    if not form.is_valid():
        return _shown(request, compared, form, status=INCOMPLETE)
    try:
        if step != "confirm":
            numbers = [column.claim.number for column in compared.columns]
            found: list[tuple[Column, str]] = []

            def perform() -> None:
                _rule(case, actor, form)
                found.extend(consequences(compared))

            letters = rehearse(perform, numbers)
            return _previewed(request, compared, found, letters)
        ruling = _rule(case, actor, form)
    except NotYours:
        raise PermissionDenied from None
    except Refused as refusal:
        current = case_with_ruling(case.pk)
        assert current is not None
        now = compare(current)
        form = _form(now, request.POST)
        form.show_now()
        return _shown(request, now, form, refusal.problems, status=CONFLICT)
    messages.success(request, _done(compared, ruling))
    return redirect(CASE, case.pk)


def _form(compared: Comparison, data: QueryDict | None = None) -> RulingForm:
    return RulingForm(data, compared=compared, contenders=rulings.contenders(compared.case))


def _rule(case: CompetingClaimsCase, actor: Actor, form: RulingForm) -> CompetingRuling:
    typed = form.cleaned_data
    return rulings.rule(
        case_id=case.pk,
        actor=actor,
        winner_id=form.winner_id,
        grounds=typed["grounds"],
        shared_reason=typed["shared_reason"],
        internal_reason=typed["internal_reason"],
        version=typed["version"],
    )


def _shown(
    request: HttpRequest,
    compared: Comparison,
    form: RulingForm,
    problems: tuple[Problem, ...] = (),
    *,
    changed: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form; without its button if the case can't be ruled on (any more)."""
    case = compared.case
    context = {
        **frame(request, compared, _("Rule on competing claims")),
        "form": form,
        "changed": changed or [],
        "possible": case.closed_at is None and bool(compared.ready),
        "problems": [
            {
                "code": each.code,
                "message": each.message,
                "href": FIELD_PLACES.get(each.field, ""),
            }
            for each in problems
        ],
    }
    return TemplateResponse(request, "admin/competing/rule.html", context, status=status)


def _previewed(
    request: HttpRequest,
    compared: Comparison,
    found: list[tuple[Column, str]],
    letters: list[OutboxMessage],
) -> HttpResponse:
    """Show what happens to each party and the letters as they would leave."""
    names = dict(
        Claim.objects.filter(number__in={letter.claim_number for letter in letters}).values_list(
            "number", "organization__name"
        )
    )
    context = {
        **frame(request, compared, _("Rule on competing claims")),
        "consequences": found,
        "letters": [
            (letter, names.get(letter.claim_number, ""), outbox.preview(letter).text)
            for letter in letters
        ],
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in NOT_TYPED
            for value in values
        ],
    }
    return TemplateResponse(request, "admin/competing/preview.html", context)


def _done(compared: Comparison, ruling: CompetingRuling) -> str:
    winner = ruling.winner
    if winner is None:
        return _("You have ruled: nobody prevails. Every party is told.")
    return _("You have ruled: %(partner)s prevails. Every party is told.") % {
        "partner": winner.claim.organization
    }
