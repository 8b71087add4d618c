"""A lead reviewer gives the customer more time to answer, once (section 7.4)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from claims import actors
from claims.models import Claim
from claims.standing import until
from claims.states import AssociationState
from consent.services import extensions
from cpor_site.common import fresh
from cpor_site.common.models import User

from ..services import leases
from .case import about_a_case
from .reasons import ask_and_act, leading_reader


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
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 50}),
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
@fresh.confirmed
def extend_page(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Ask for days and reason, then extend the window (POST only)."""
    user = leading_reader(request)
    days = claim.rule_profile.consent_calendar_days
    form = ExtensionForm(request.POST if request.method == "POST" else None, initial={"days": days})
    return ask_and_act(
        request,
        claim,
        form,
        title=_("More time for the customer of %(n)s") % {"n": claim.number},
        button=_("Extend"),
        consequence=_present_end(claim)
        + _(
            "The customer's time to refuse then ends that many calendar days later, and everybody "
            "who was asked gets a letter with the new date. This can be done once."
        ),
        act=lambda: extensions.extend_window(
            claim_id=claim.pk, actor=actors.reviewer(user), **form.cleaned_data
        ),
        done=lambda extended: (
            _("The customer can answer until %(day)s. Everybody who was asked gets a letter.")
            % {"day": until(extended.closes_at)}
        ),
    )


def _present_end(claim: Claim) -> str:
    """Say until when the customer can refuse as things are; empty where no window can be extended.

    The zone is named, since the days are counted in it and the lead may be elsewhere.
    """
    open_request = extensions.extendable(claim)
    if open_request is None or open_request.closes_at is None:
        return ""
    said = _("At present the customer can refuse until %(day)s (%(zone)s).") % {
        "day": until(open_request.closes_at),
        "zone": timezone.get_current_timezone_name(),
    }
    return f"{said} "
