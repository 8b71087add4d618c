"""What customers were asked and answered, and what was handed over; to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import EvidenceAdmin

from . import handoff_pages  # noqa: F401  # Registers the pages of hand-offs.
from .models import ConsentAnswer, ConsentEvent, ConsentRequest, OverviewLink


@admin.register(ConsentRequest)
class ConsentRequestAdmin(EvidenceAdmin):
    list_display = (
        "claim",
        "created_at",
        "opened_at",
        "closes_at",
        "undelivered_at",
        "closed_at",
    )
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


@admin.register(ConsentEvent)
class ConsentEventAdmin(EvidenceAdmin):
    list_display = ("at", "claim_number", "kind", "recipient", "note")
    list_filter = ("kind",)
    list_select_related = ("request__claim", "recipient")
    search_fields = ("=request__claim__number",)
    ordering = ("-at", "-pk")

    @admin.display(description=_("claim"))
    def claim_number(self, event: ConsentEvent) -> str:
        return event.request.claim.number


@admin.register(OverviewLink)
class OverviewLinkAdmin(EvidenceAdmin):
    """Who asked to see a customer's associations; never what the link is recognised by."""

    list_display = ("created_at", "tenant", "email", "expires_at")
    list_select_related = ("tenant",)
    search_fields = ("=email",)
    fields = ("tenant", "email", "locale", "created_at", "expires_at", "ip_address")
