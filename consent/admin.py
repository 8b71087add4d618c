"""What customers were asked and answered, and what was handed over; to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import EvidenceAdmin

from . import handoff_pages  # noqa: F401  # Registers the pages of hand-offs.
from .models import ConsentAnswer, ConsentRequest


@admin.register(ConsentRequest)
class ConsentRequestAdmin(EvidenceAdmin):
    list_display = ("claim", "created_at", "opened_at", "closes_at", "closed_at")
    list_select_related = ("claim",)
    search_fields = ("=claim__number",)


@admin.register(ConsentAnswer)
class ConsentAnswerAdmin(EvidenceAdmin):
    list_display = ("answered_at", "claim_number", "kind", "responder_name", "reason")
    list_filter = ("kind", "reason")
    list_select_related = ("request__claim",)
    search_fields = ("=request__claim__number",)

    @admin.display(description=_("claim"))
    def claim_number(self, answer: ConsentAnswer) -> str:
        return answer.request.claim.number
