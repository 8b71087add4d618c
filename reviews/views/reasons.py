"""Acts on a case that need a few words first, and how their refusals are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from claims import actors
from claims.models import Claim
from claims.refusals import NotYours
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..case_file import case_of
from ..forms import ActForm
from ..services import leases
from .case import frame, reader

CONFLICT = 409
INCOMPLETE = 422
CASE = "admin:claims_claim_change"


def leading_reader(request: HttpRequest) -> User:
    """Return the signed-in person if they lead; 403 otherwise."""
    user = reader(request)
    if not (leases.can_review(user) and actors.is_lead(user)):
        raise PermissionDenied
    return user


def ask_and_act(
    request: HttpRequest,
    claim: Claim,
    form: forms.Form,
    *,
    title: str,
    button: str,
    consequence: str,
    act: Callable[[], Any],
    done: Callable[[Any], str],
    sweeps: bool = False,
    facts: Sequence[tuple[str, str]] = (),
    dangerous: bool = False,
) -> HttpResponse:
    """Show the form, or do the act with what was typed (POST) and go to the case.

    ``done`` tells what came of what ``act`` returned. ``sweeps`` leads to the page of the sweeps
    instead. 403 for who may not; after a refusal the form stays as it was typed. ``facts`` are told
    above the form, each a label and a text.
    """
    problems: list[dict[str, Any]] = []
    status = INCOMPLETE if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            result = act()
        except NotYours:
            raise PermissionDenied from None
        except Refused as refusal:
            status = CONFLICT
            if isinstance(form, ActForm):
                current = case_of(claim.pk)
                form.show_version(current.version if current else claim.version)
            problems = [
                {
                    "code": each.code,
                    "message": each.message,
                    "href": f"#id_{each.field}" if each.field else "",
                }
                for each in refusal.problems
            ]
        else:
            messages.success(request, done(result))
            return redirect("admin:reviews_sweeps") if sweeps else redirect(CASE, claim.pk)
    context = {
        **frame(request, claim, title),
        "form": form,
        "button": button,
        "consequence": consequence,
        "facts": facts,
        "dangerous": dangerous,
        "problems": problems,
    }
    return TemplateResponse(request, "admin/queue/reason.html", context, status=status)


def act_and_tell(request: HttpRequest, act: Callable[[], Any], done: str = "") -> None:
    """Do the act and leave a message: what was done, or every sentence of the refusal.

    403 for who may not.
    """
    try:
        act()
    except NotYours:
        raise PermissionDenied from None
    except Refused as refusal:
        tell(request, refusal)
    else:
        if done:
            messages.success(request, done)


def tell(request: HttpRequest, refusal: Refused) -> None:
    """Leave a message for each sentence of the refusal."""
    for each in refusal.problems:
        messages.error(request, f"{each.message} ({each.code})")
