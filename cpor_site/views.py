"""The front door and the choice of language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from cpor_site.common.models import User


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send people to where their work is: reviewers to the admin, partners to their claims."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    return redirect("admin:index" if request.user.is_staff else "claim_list")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Show the pages in the chosen language, and keep the choice for a signed-in person."""
    response = set_language(request)
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        user = User.objects.get(pk=request.user.pk)
        if user.locale != chosen:
            user.locale = chosen
            user.save(update_fields=["locale"])
    return response
