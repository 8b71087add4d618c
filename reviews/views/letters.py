"""Letters to look at before anybody gets them: every kind, in every language, in both forms."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from claims.models import Claim
from claims.states import Side
from cpor_site.common.models import OutboxMessage

from ..letter_kinds import BY_CODE, KINDS, LetterKind

PERMISSIONS = ("common.view_outboxmessage", "claims.lead_review")
"""Either lets somebody look: who sees the letters that are sent, and who leads the reviewers."""

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@require_safe
def letters_page(request: HttpRequest) -> HttpResponse:
    """List all kinds of letters by who gets them."""
    _must_see(request)
    context: dict[str, Any] = {
        **_frame(_("Letters")),
        **admin.site.each_context(request),
        "groups": [
            (label, [kind for kind in KINDS if kind.to == side])
            for side, label in (
                (Side.PARTNER, _("To the partner")),
                (Side.CUSTOMER, _("To the customer")),
                (Side.REVIEWER, _("To the lead reviewers")),
            )
        ],
        "language": _language(request),
        "languages": settings.LANGUAGES,
    }
    return TemplateResponse(request, "admin/letters/list.html", context)


@require_safe
def letter_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one kind in one language: subject, text, and the HTML form in a frame."""
    _must_see(request)
    kind, language = _kind(code), _language(request)
    claim = _claim(request)
    number = request.GET.get("claim", "").strip()
    asked = {"language": language} | ({"claim": claim.number} if claim else {})
    context: dict[str, Any] = {
        **_frame(str(kind.when)),
        **admin.site.each_context(request),
        "kind": kind,
        "letter": kind.example(language, claim),
        "language": language,
        "languages": settings.LANGUAGES,
        "number": number,
        "claim": claim,
        "unknown": bool(number) and claim is None,
        "may_choose": _may_choose(request),
        "frame_url": reverse("admin:reviews_letter_html", args=[code]) + f"?{urlencode(asked)}",
    }
    return TemplateResponse(request, "admin/letters/letter.html", context)


@require_safe
@xframe_options_sameorigin
def letter_html(request: HttpRequest, code: str) -> HttpResponse:
    """Return the HTML form alone, for the frame.

    It has a policy of its own, stricter than the desk's: nothing is loaded, nothing runs, no link
    leads anywhere, and the only style is the letter's own, known by its digest.
    """
    _must_see(request)
    html = _kind(code).example(_language(request), _claim(request)).html
    digests = " ".join(
        f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
        for style in STYLE.findall(html)
    )
    policy = f"sandbox; default-src 'none'; style-src {digests}; frame-ancestors 'self'"
    return HttpResponse(html, headers={"Content-Security-Policy": policy})


def _frame(title: str) -> dict[str, Any]:
    return {"title": title, "opts": OutboxMessage._meta}


def _must_see(request: HttpRequest) -> None:
    if not any(request.user.has_perm(each) for each in PERMISSIONS):
        raise PermissionDenied


def _may_choose(request: HttpRequest) -> bool:
    return request.user.has_perm("claims.view_claim")


def _kind(code: str) -> LetterKind:
    if code not in BY_CODE:
        raise Http404
    return BY_CODE[code]


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _claim(request: HttpRequest) -> Claim | None:
    number = request.GET.get("claim", "").strip().replace("\0", "")
    if not number or not _may_choose(request):
        return None
    claims = Claim.objects.select_related("organization", "location", "tenant", "rule_profile")
    return claims.filter(number=number).first()
