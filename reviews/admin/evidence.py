"""Cases of competing claims and internal notes; to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from claims.wording import key_words
from cpor_site.common.admin_bases import EvidenceAdmin

from ..models import (
    BulkAct,
    BulkResult,
    CaseLease,
    CompetingClaimsCase,
    CompetingParty,
    InternalNote,
)


class PartyInline(admin.StackedInline):
    """The parties of a case; who left stays to be seen."""

    model = CompetingParty
    fields = ("claim", "product", "standing", "joined_at", "left_at")
    readonly_fields = ("product",)
    can_delete = False
    extra = 0

    @admin.display(description=_("product"))
    def product(self, party: CompetingParty) -> str:
        return str(party.line.product)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompetingParty]:
        return super().get_queryset(request).select_related("claim", "line__product")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(CompetingClaimsCase)
class CompetingClaimsCaseAdmin(EvidenceAdmin):
    list_display = ("what", "opened_at", "closed_at")
    search_fields = ("=parties__claim__number", "key__startswith")
    fields = ("what", "opened_at", "closed_at")
    readonly_fields = ("what",)
    inlines = (PartyInline,)

    @admin.display(description=_("what is claimed"), ordering="key")
    def what(self, case: CompetingClaimsCase) -> str:
        party = next(iter(case.parties.all()), None)
        if party is None:
            return key_words(case.key)
        customer = str(party.claim.tenant or "")
        return key_words(case.key, product=str(party.line.product), customer=customer)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompetingClaimsCase]:
        rows = CompetingParty.objects.select_related("claim__tenant", "line__product")
        return super().get_queryset(request).prefetch_related(Prefetch("parties", rows))


@admin.register(InternalNote)
class InternalNoteAdmin(EvidenceAdmin):
    list_display = ("created_at", "claim", "author", "body")
    list_select_related = ("claim", "author")
    search_fields = ("=claim__number",)


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
