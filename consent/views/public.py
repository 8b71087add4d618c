"""Pages for everybody, without personal data: what this is about, and what becomes of data."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from claims.models import RuleProfile

from .frame import page, shown, speaking


@require_safe
@page
def about(request: HttpRequest) -> HttpResponse:
    """Explain to customers what a claiming partner of record is; made to be printed, too."""
    profile = RuleProfile.objects.filter(code=settings.CPOR_RULE_PROFILE).first()
    days = profile.consent_calendar_days if profile else None
    with speaking(request):
        return shown(
            request,
            "consent/about.html",
            {
                "days": days,
                "sender": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
                "site": f"{settings.CPOR_PUBLIC_URL}/",
            },
        )


@require_safe
@page
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept about the customer's people, what for, and how long (Q26)."""
    with speaking(request):
        return shown(request, "consent/privacy.html", {})
