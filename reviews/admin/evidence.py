"""Internal notes, proposals, open cases and acts on many; to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from cpor_site.common.admin_bases import EvidenceAdmin
from cpor_site.common.admin_kept import RequestAdmin

from ..models import (
    AdministrativeEnd,
    BulkAct,
    BulkResult,
    CaseLease,
    InternalNote,
)


@admin.register(InternalNote)
class InternalNoteAdmin(EvidenceAdmin):
    list_display = ("created_at", "claim", "author", "body")
    list_select_related = ("claim", "author")
    search_fields = ("=claim__number",)


@admin.register(AdministrativeEnd)
class AdministrativeEndAdmin(RequestAdmin):
    list_display = (
        "claim",
        "reason",
        "proposed_at",
        "proposed_by",
        "became",
        "settled_at",
        "settled_by",
    )
    list_select_related = ("claim", "proposed_by", "settled_by")


@admin.register(CaseLease)
class CaseLeaseAdmin(EvidenceAdmin):
    list_display = ("claim", "holder", "taken_at", "expires_at", "ended_at", "end", "reason")
    list_filter = ("end",)
    list_select_related = ("claim", "holder")
    search_fields = ("=claim__number", "=holder__email")


class BulkResultInline(admin.TabularInline):
    """What became of each claim."""

    model = BulkResult
    fields = ("claim", "done", "refusal", "message")
    can_delete = False
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkResult]:
        return super().get_queryset(request).select_related("claim")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("reviews.view_bulkact")


@admin.register(BulkAct)
class BulkActAdmin(EvidenceAdmin):
    list_display = ("at", "kind", "by", "target", "reason")
    list_filter = ("kind",)
    list_select_related = ("by", "target")
    inlines = (BulkResultInline,)
