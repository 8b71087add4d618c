"""A lead reviewer gives the customer more time to answer, once (section 7.4)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from claims import actors
from claims.models import Claim
from claims.refusals import NotYours
from claims.standing import until
from claims.states import AssociationState
from consent.services import extensions
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..services import leases
from .case import about_a_case, frame, reader

CONFLICT = 409
INCOMPLETE = 422


class ExtensionForm(forms.Form):
    """By how many days, and why; the service says when the reason is missing."""

    days = forms.IntegerField(
        label=gettext_lazy("Calendar days more"),
        min_value=1,
        max_value=extensions.MOST_DAYS,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Your colleagues read it; partner and customer don't."),
        required=False,
        max_length=extensions.LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)


def can_extend(claim: Claim, user: User) -> bool:
    """Whether the page may offer the user to extend the customer's time."""
    return (
        claim.association_state == AssociationState.PROVISIONAL
        and leases.can_review(user)
        and actors.is_lead(user)
        and extensions.extendable(claim) is not None
    )


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_case
def extend_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Ask for days and reason, then extend the window (POST only)."""
    user = reader(request)
    if not (leases.can_review(user) and actors.is_lead(user)):
        raise PermissionDenied
    days = claim.rule_profile.consent_calendar_days
    form = ExtensionForm(request.POST if request.method == "POST" else None, initial={"days": days})
    problems: list[dict[str, Any]] = []
    status = INCOMPLETE if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            extended = extensions.extend_window(
                claim_id=claim.pk, actor=actors.reviewer(user), **form.cleaned_data
            )
        except NotYours:
            raise PermissionDenied from None
        except Refused as refusal:
            status = CONFLICT
            problems = [
                {
                    "code": each.code,
                    "message": each.message,
                    "href": f"#id_{each.field}" if each.field else "",
                }
                for each in refusal.problems
            ]
        else:
            assert extended.closes_at is not None
            messages.success(
                request,
                _("The customer can answer until %(day)s. Everybody who was asked gets a letter.")
                % {"day": until(extended.closes_at)},
            )
            return redirect("admin:claims_claim_change", claim.pk)
    context = {
        **frame(request, claim, _("More time for the customer of %(n)s") % {"n": claim.number}),
        "form": form,
        "button": _("Extend"),
        "consequence": _(
            "The customer's time to refuse ends that many calendar days later, and everybody who "
            "was asked gets a letter with the new date. This can be done once."
        ),
        "problems": problems,
    }
    return TemplateResponse(request, "admin/queue/reason.html", context, status=status)
