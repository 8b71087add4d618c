"""Taking away all second factors of somebody who has lost them."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cpor_site.common import fresh
from cpor_site.common.models import User

from . import devices, letters, second_factor
from .factor_changes import write_down

MAY_RESET = "mfa.delete_authenticator"


def reset(user: User, by: str) -> bool:
    """Take the person's factors and codes, end their sessions, tell them; False if they had none.

    ``by`` says in the letter who did it.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        taken, _by_model = Authenticator.objects.filter(user=locked).delete()
        if not taken:
            return False
        devices.end_of_person(locked)
        write_down(locked, "second_factors_reset")
        letters.write_factors_reset(locked, by)
    return True


def may_reset(actor: Any, person: User) -> bool:
    """Whether the actor may: leads anybody's but their own and superusers'; superusers theirs."""
    if actor.pk == person.pk or not actor.has_perm(MAY_RESET):
        return False
    return bool(actor.is_superuser or not person.is_superuser)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh.confirmed
def page(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask before a person's second factors are taken, and take them; 403 for who may not."""
    if not request.user.has_perm(MAY_RESET):
        raise PermissionDenied
    person = get_object_or_404(User, pk=user_id)
    if not may_reset(request.user, person):
        raise PermissionDenied
    if request.method == "POST":
        if reset(person, str(request.user)):
            sentence = _(
                "%(person)s signs in with the password alone now, and has to set up a second "
                "factor again. A letter says so."
            )
            messages.success(request, sentence % {"person": person})
        else:
            messages.info(request, _("%(person)s has no second factor.") % {"person": person})
        return redirect("admin:common_user_change", person.pk)
    context = admin.site.each_context(request) | {
        "title": _("Reset second factors"),
        "person": person,
        "factors": [second_factor.name_of(each) for each in second_factor.factors_of(person)],
    }
    return TemplateResponse(request, "admin/reset_second_factor.html", context)
