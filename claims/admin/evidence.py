"""What was written down about claims; to read, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import EvidenceAdmin
from cpor_site.common.admin_kept import RequestAdmin

from ..models import (
    Association,
    ClaimEvent,
    ClaimLine,
    ClockHold,
    Comment,
    ConsentRenewal,
    Dispute,
    DraftUpload,
    ExclusivityHold,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    WorkloadUsage,
)
from ..states import Status
from ..wording import EVENT_WORDS, event_words, key_words


class WhatFilter(admin.SimpleListFilter):
    """What happened, in the words of the case page."""

    title = _("what")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(EVENT_WORDS.items(), key=lambda each: str(each[1]))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(ClaimEvent)
class ClaimEventAdmin(EvidenceAdmin):
    list_display = ("at", "claim", "what", "side", "actor_name", "moved")
    list_filter = ("side", WhatFilter)
    list_select_related = ("claim",)
    search_fields = ("=claim__number",)

    @admin.display(description=_("what"), ordering="kind")
    def what(self, event: ClaimEvent) -> str:
        return event_words(event.kind)

    @admin.display(description=_("status"), ordering="to_status")
    def moved(self, event: ClaimEvent) -> str:
        known = dict(Status.choices)
        statuses = (event.from_status, event.to_status)
        return " → ".join(str(known.get(each, each)) for each in statuses if each)


@admin.register(ClaimLine)
class ClaimLineAdmin(EvidenceAdmin):
    list_display = ("claim", "product", "activity", "subscription", "line_status", "contested")
    list_filter = ("line_status", "contested")
    list_select_related = ("claim", "product", "activity", "subscription")
    search_fields = ("=claim__number",)


@admin.register(PoEDocument)
class PoEDocumentAdmin(EvidenceAdmin):
    list_display = (
        "claim",
        "original_name",
        "kind",
        "size",
        "signed_on",
        "scan_state",
        "uploaded_at",
        "withdrawn_at",
    )
    list_filter = ("kind", "scan_state")
    list_select_related = ("claim",)
    search_fields = ("=claim__number", "=sha256")
    # The file lies in private storage and has no address; the case page hands it out.
    exclude = ("file",)


@admin.register(Comment)
class CommentAdmin(EvidenceAdmin):
    list_display = ("created_at", "claim", "side", "author", "requires_response")
    list_filter = ("side",)
    list_select_related = ("claim", "author")
    search_fields = ("=claim__number",)


@admin.register(ReviewFinding)
class ReviewFindingAdmin(EvidenceAdmin):
    list_display = ("claim", "round", "code", "found_by", "created_at", "resolved_at")
    list_filter = ("code",)
    list_select_related = ("claim", "found_by")
    search_fields = ("=claim__number",)


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(EvidenceAdmin):
    list_display = ("decided_at", "claim", "round", "outcome", "reason_codes", "reviewer")
    list_filter = ("outcome",)
    list_select_related = ("claim", "reviewer")
    search_fields = ("=claim__number",)


@admin.register(Association)
class AssociationAdmin(EvidenceAdmin):
    list_display = (
        "claim",
        "line__product",
        "location",
        "tenant",
        "activity",
        "state",
        "effective_from",
        "effective_to",
    )
    list_filter = ("state", "end_reason")
    list_select_related = ("claim", "line__product", "location", "tenant", "activity")
    search_fields = ("=claim__number",)


@admin.register(ExclusivityHold)
class ExclusivityHoldAdmin(EvidenceAdmin):
    list_display = ("what", "organization", "taken_at", "released_at")
    list_select_related = ("organization",)
    search_fields = ("key__startswith",)

    @admin.display(description=_("what is held"), ordering="key")
    def what(self, hold: ExclusivityHold) -> str:
        found = next(iter(hold.associations.all()), None)
        if found is None:
            return key_words(hold.key)
        return key_words(hold.key, product=str(found.line.product), customer=str(found.tenant))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExclusivityHold]:
        rows = Association.objects.select_related("line__product", "tenant")
        return super().get_queryset(request).prefetch_related(Prefetch("associations", rows))


@admin.register(WorkloadUsage)
class WorkloadUsageAdmin(EvidenceAdmin):
    list_display = ("month", "tenant", "product", "paid_units", "active_users", "used")
    list_filter = ("month",)
    list_select_related = ("tenant", "product")
    search_fields = ("tenant__name__istartswith", "product__name__istartswith")

    @admin.display(description=_("used"))
    def used(self, usage: WorkloadUsage) -> str:
        return "" if usage.percent is None else f"{usage.percent} %"


@admin.register(Dispute)
class DisputeAdmin(EvidenceAdmin):
    list_display = ("claim", "number", "opened_at", "opened_by", "answer_due_at", "outcome")
    list_filter = ("outcome",)
    list_select_related = ("claim", "opened_by")
    search_fields = ("=claim__number",)


@admin.register(ConsentRenewal)
class ConsentRenewalAdmin(RequestAdmin):
    list_display = ("claim", "asked_at", "asked_by", "became", "decided_at", "decided_by")
    list_select_related = ("claim", "asked_by", "decided_by")


@admin.register(ClockHold)
class ClockHoldAdmin(EvidenceAdmin):
    list_display = ("claim", "reason", "placed_by", "placed_at", "lifted_by", "lifted_at")
    list_select_related = ("claim", "placed_by", "lifted_by")
    search_fields = ("=claim__number",)


@admin.register(DraftUpload)
class DraftUploadAdmin(EvidenceAdmin):
    list_display = (
        "uploaded_at",
        "organization",
        "uploaded_by",
        "file_name",
        "row_count",
        "draft_count",
    )
    list_select_related = ("organization", "uploaded_by")
    search_fields = ("organization__name__startswith",)
