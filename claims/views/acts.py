"""Single acts that are asked about once: recalling, withdrawing, discarding, ending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cpor_site.common.problems import Problem

from .. import door
from ..forms.acts import ConfirmForm, EndForm, WithdrawForm
from ..models import Claim
from ..services.archive import recover_draft
from ..services.drafting import discard_claim
from ..services.endings import end_association
from ..services.submission import recall_claim, withdraw_claim
from ..states import Act
from .access import acting, again, claim_page, refusals_of
from .sections import shown


@dataclass(frozen=True)
class AskedOnce:
    """An act that a page of its own asks about once, naming what follows from it."""

    act: Act
    service: Callable[..., Claim]
    form: type[ConfirmForm | WithdrawForm | EndForm]
    title: Promise
    consequence: Promise
    button: Promise
    done: Promise
    dangerous: bool


RECALL = AskedOnce(
    Act.RECALL,
    recall_claim,
    ConfirmForm,
    gettext_lazy("Recall this claim?"),
    gettext_lazy(
        "It becomes a draft again, with everything in it. Nobody reviews it until you submit it "
        "anew, and the time for that review then starts from the beginning."
    ),
    gettext_lazy("Recall the claim"),
    gettext_lazy("The claim is a draft again."),
    dangerous=False,
)
WITHDRAW = AskedOnce(
    Act.WITHDRAW,
    withdraw_claim,
    WithdrawForm,
    gettext_lazy("Withdraw this claim?"),
    gettext_lazy(
        "This closes the claim for good: it reads as rejected at your request and can't be "
        "disputed or opened again. You can make a new claim at any time."
    ),
    gettext_lazy("Withdraw the claim"),
    gettext_lazy("The claim is withdrawn."),
    dangerous=True,
)
END = AskedOnce(
    Act.END_ASSOCIATION,
    end_association,
    EndForm,
    gettext_lazy("End this association?"),
    gettext_lazy(
        "You stop being partner of record for all products of this claim at once, and they are "
        "free for others to claim. The incentive program and the customer are told. This can't be "
        "taken back; only a new claim is possible."
    ),
    gettext_lazy("End the association"),
    gettext_lazy("The association has ended."),
    dangerous=True,
)
DISCARD = AskedOnce(
    Act.DISCARD,
    discard_claim,
    ConfirmForm,
    gettext_lazy("Discard this draft?"),
    gettext_lazy(
        "This closes the draft for good. Its number stays used, and what you entered stays on "
        "file, but it can't be submitted any more."
    ),
    gettext_lazy("Discard the draft"),
    gettext_lazy("The draft is discarded."),
    dangerous=True,
)


@claim_page
@require_POST
def recover(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Take a draft out of the archive."""
    problems = refusals_of(lambda: recover_draft(claim_id=claim.pk, actor=acting(request)))
    for problem in problems:
        messages.error(request, f"{problem.message} ({problem.code})")
    if not problems:
        messages.success(request, _("The draft is back among your claims."))
    return redirect("claim_page", claim.pk)


def _view(asked: AskedOnce) -> Callable[..., HttpResponse]:
    @claim_page
    @require_http_methods(["GET", "POST"])
    def act(request: HttpRequest, claim: Claim) -> HttpResponse:
        return _ask(request, claim, asked)

    return act


recall, withdraw, discard, end = _view(RECALL), _view(WITHDRAW), _view(DISCARD), _view(END)


def _ask(request: HttpRequest, claim: Claim, asked: AskedOnce) -> HttpResponse:
    is_post = request.method == "POST"
    if not is_post and asked.act not in door.open_acts(acting(request), claim):
        return moved_on(request, claim)
    form = asked.form(request.POST if is_post else None, initial={"version": claim.version})
    problems: tuple[Problem, ...] = ()
    if is_post and form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        problems = refusals_of(
            lambda: asked.service(claim_id=claim.pk, actor=acting(request), **typed)
        )
        if not problems:
            messages.success(request, str(asked.done))
            return redirect("claim_page", claim.pk)
        if asked.act not in door.open_acts(acting(request), again(request, claim)):
            return moved_on(request, again(request, claim))
        form.note(problems)
    context = {
        "here": "claims",
        "claim": claim,
        "asked": asked,
        "form": form,
        "problems": shown(claim, problems),
    }
    return render(request, "claims/act.html", context)


def moved_on(request: HttpRequest, claim: Claim) -> HttpResponse:
    """A second click, or a page left open: say where the claim is by now."""
    messages.info(
        request,
        _("That isn't possible now: the claim is in the status “%(status)s”.")
        % {"status": door.status_label(claim)},
    )
    return redirect("claim_page", claim.pk)
