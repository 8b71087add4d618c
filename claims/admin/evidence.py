"""What was written down about claims; to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cpor_site.common.admin_bases import EvidenceAdmin

from ..models import (
    Association,
    ClaimEvent,
    ClaimLine,
    ClockHold,
    Comment,
    Dispute,
    DraftUpload,
    ExclusivityHold,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    WorkloadUsage,
)


@admin.register(ClaimEvent)
class ClaimEventAdmin(EvidenceAdmin):
    list_display = ("at", "claim", "kind", "side", "actor_name", "from_status", "to_status")
    list_filter = ("side", "kind")
    list_select_related = ("claim",)
    search_fields = ("=claim__number",)


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
    list_display = ("key", "organization", "taken_at", "released_at")
    list_select_related = ("organization",)
    search_fields = ("key__startswith",)


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
