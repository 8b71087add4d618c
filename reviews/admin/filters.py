"""The filters beside the queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from claims.models import SolutionArea
from claims.states import Status
from cpor_site.common import clock
from cpor_site.common.models import User

from ..selectors import OPEN, QUEUES

ALL = "all"


class TopFilter(admin.SimpleListFilter):
    """A filter that stands above the list, which needs the whole width."""

    template = "admin/claims/claim/filter.html"


class QueueFilter(TopFilter):
    """Chooses a queue; without a choice all open claims, unless something narrows the list."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*((queue.code, queue.name) for queue in QUEUES), (ALL, _("All claims"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name]):
                choice["display"] = _("Open claims")
            yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen == ALL:
            return queryset
        if chosen is None:
            narrowed = request.GET.get(SEARCH_VAR) or request.GET.get(StatusFilter.parameter_name)
            return queryset if narrowed else queryset.filter(OPEN)
        assert isinstance(request.user, User)
        conditions = {queue.code: queue.condition for queue in QUEUES}
        condition = conditions.get(chosen, lambda user, now: Q(pk=None))
        return queryset.filter(condition(request.user, clock.now()))


class StatusFilter(TopFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class AreaFilter(TopFilter):
    title = _("solution area")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(SolutionArea.objects.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(area__code=self.value()) if self.value() else queryset
