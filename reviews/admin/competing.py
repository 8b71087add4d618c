"""Cases of competing claims: their list, and the addresses of one case."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.admin_bases import EvidenceAdmin
from cpor_site.common.operator_calendar import operator_calendar

from ..competing_stages import Age, Stage, age_of, stage_words, subject_of, with_stage
from ..models import CompetingClaimsCase, CompetingParty
from ..views.competing import assign_page, competing_page, take_act
from ..views.rulings import rule_page


class StageFilter(admin.SimpleListFilter):
    """How far the cases are; ``open`` are those that wait for something."""

    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), *Stage.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "open":
            return queryset.filter(closed_at=None)
        return queryset.filter(stage=value) if value in Stage.values else queryset


@admin.register(CompetingClaimsCase)
class CompetingClaimsCaseAdmin(EvidenceAdmin):
    """The cases, open ones first and the oldest on top; each leads to its own page."""

    list_display = ("what", "stage", "age", "arbiter", "parties_now", "opened_at", "closed_at")
    list_filter = (StageFilter, ("arbiter", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("arbiter",)
    search_fields = ("=parties__claim__number", "key__startswith")

    @admin.display(description=_("what is claimed"), ordering="key")
    def what(self, case: CompetingClaimsCase) -> str:
        return subject_of(case, next(iter(case.parties.all()), None))

    @admin.display(description=_("stage"))
    def stage(self, case: CompetingClaimsCase) -> str:
        return str(stage_words(case.stage))  # type: ignore[attr-defined]

    @admin.display(description=_("age"), ordering="opened_at")
    def age(self, case: CompetingClaimsCase) -> str:
        age: Age = case.told_age  # type: ignore[attr-defined]
        return format_html("<strong>{}</strong>", age.words) if age.is_late else age.words

    @admin.display(description=_("claims"))
    def parties_now(self, case: CompetingClaimsCase) -> str:
        """The claims in the case; those that left it only while it has no others."""
        parties = list(case.parties.all())
        present = [each for each in parties if each.left_at is None] or parties
        return ", ".join(dict.fromkeys(each.claim.number for each in present))

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("closed_at").desc(nulls_first=True), "opened_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompetingClaimsCase]:
        rows = CompetingParty.objects.select_related("claim__tenant", "line__product")
        found = super().get_queryset(request).prefetch_related(Prefetch("parties", rows))
        return with_stage(found, clock.now())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the cases, each with its age; the operator's calendar is read once for all."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            now, calendar = clock.now(), operator_calendar()
            for case in context["cl"].result_list:
                case.told_age = age_of(case, now, calendar)
        return response

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:case_id>/rule/", wrap(rule_page), name="reviews_rule"),
            path("<int:case_id>/take/", wrap(take_act), name="reviews_take_arbitration"),
            path("<int:case_id>/assign/", wrap(assign_page), name="reviews_assign_arbiter"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the case's own page; it is read here, and changed by the acts on it alone."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            raise Http404
        answer = competing_page(request, int(object_id))
        assert isinstance(answer, HttpResponse)
        return answer
