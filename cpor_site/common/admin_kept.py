"""Lists of what was written down and has a history of its own: to read, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
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

    @method_decorator(require_safe)
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show every change of the row; reading only. 404 for what is no row's key."""
        self._must_read(request, object_id)
        return super().history_view(request, object_id, extra_context)

    @method_decorator(require_safe)
    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the row as it was; it can't be put back from here."""
        self._must_read(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Model | None:
        # PostgreSQL refuses this character, which no key has, with an error of its own.
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def _must_read(self, request: HttpRequest, object_id: str) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404
