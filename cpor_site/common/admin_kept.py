"""Lists of what was written down and has a history of its own: to read, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from .admin_bases import EvidenceAdmin

WAITS = _("waits for a lead reviewer")


class OutcomeFilter(admin.SimpleListFilter):
    """What became of a request; one without an outcome waits."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waits", WAITS), *model_admin.model.Outcome.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        known = {"waits": "", **{each: each for each in queryset.model.Outcome.values}}
        return queryset.filter(outcome=known[value]) if value in known else queryset


class RequestAdmin(EvidenceAdmin, SimpleHistoryAdmin):
    """Requests that a lead reviewer decides on: the rows, and how each came about."""

    object_history_list_template = "common/history_list.html"
    list_filter = (OutcomeFilter,)
    search_fields = ("=claim__number",)

    @admin.display(description=_("outcome"), ordering="outcome")
    def became(self, row: Any) -> str:
        return str(row.get_outcome_display() or WAITS)

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses without those of versions: the history tells every change."""
        return super(SimpleHistoryAdmin, self).get_urls()
