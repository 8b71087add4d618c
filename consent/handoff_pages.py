"""Hand-offs in the admin: to read, to try again, and to fetch their files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from cpor_site.common import clock, limits
from cpor_site.common.admin_bases import EvidenceAdmin
from cpor_site.common.refusal_pages import too_many

from .models import HandoffBatch, HandoffEndpoint, IncentiveHandoff
from .services import waiting, webhook
from .services.delivery import STORAGE

State = IncentiveHandoff.State
MOST_FILES = 30
WITHIN = timedelta(minutes=10)
DOWNLOAD = "consent.download_handoff"
RETRY = "consent.change_incentivehandoff"
REOPEN = "consent.change_handoffendpoint"
FILES = {
    "json": ("json_name", "application/x-ndjson"),
    "csv": ("csv_name", "text/csv; charset=utf-8"),
    "manifest": ("manifest_name", "application/json"),
}


class WaitingFilter(admin.SimpleListFilter):
    """Rows that are held until their location is enrolled again."""

    title = _("waits for an enrolment")
    parameter_name = "suspended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(waiting.suspended(clock.now()), state=State.PENDING)


class IncentiveHandoffAdmin(EvidenceAdmin):
    """Rows to read; one that failed can be queued anew."""

    list_display = (
        "created_at",
        "claim",
        "sequence",
        "line__product",
        "kind",
        "state",
        "standing",
        "effective_on",
    )
    list_filter = ("kind", "state", WaitingFilter)
    list_select_related = ("claim", "line__product")
    search_fields = ("=claim__number",)
    readonly_fields = ("standing",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncentiveHandoff]:
        return waiting.with_standing(super().get_queryset(request), clock.now())

    @admin.display(description=_("standing"))
    def standing(self, row: IncentiveHandoff) -> str:
        return waiting.standing_of(row)

    def get_urls(self) -> list[URLPattern]:
        retry = path(
            "<int:row_id>/retry/",
            self.admin_site.admin_view(self.retry_view),
            name="consent_incentivehandoff_retry",
        )
        return [retry, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"may_retry": request.user.has_perm(RETRY), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Queue a failed row anew."""
        if not request.user.has_perm(RETRY):
            raise PermissionDenied
        row = get_object_or_404(IncentiveHandoff, pk=row_id)
        if waiting.retry(row.pk):
            self.log_change(request, row, f"queued anew after: {row.last_error}"[:500])
            messages.success(request, _("The hand-off is queued and goes within a few minutes."))
        else:
            messages.info(request, _("Only a failed hand-off can be queued anew; this one isn't."))
        return redirect("admin:consent_incentivehandoff_change", row_id)


class HandoffBatchAdmin(EvidenceAdmin):
    """Files of hand-offs; whoever fetches one is written down."""

    list_display = ("number", "written_at", "stored_at", "row_count")
    fields = (
        "number",
        "written_at",
        "stored_at",
        "row_count",
        "json_name",
        "json_sha256",
        "csv_name",
        "csv_sha256",
        "manifest_name",
    )

    def get_urls(self) -> list[URLPattern]:
        fetch = path(
            "<int:batch_id>/<slug:which>/fetch/",
            self.admin_site.admin_view(self.fetch_view),
            name="consent_handoffbatch_fetch",
        )
        return [fetch, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        files = []
        if batch is not None and batch.stored_at and request.user.has_perm(DOWNLOAD):
            files = [
                (
                    getattr(batch, name),
                    reverse("admin:consent_handoffbatch_fetch", args=[batch.pk, which]),
                )
                for which, (name, _kind) in FILES.items()
            ]
        context = {"files": files, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_safe)
    def fetch_view(self, request: HttpRequest, batch_id: int, which: str) -> HttpResponseBase:
        """Send one of a batch's files, as it was stored, and write down who asked for it.

        429 for somebody who took ``MOST_FILES`` of them ``WITHIN`` this while.
        """
        if not request.user.has_perm(DOWNLOAD):
            raise PermissionDenied
        batch = get_object_or_404(HandoffBatch, pk=batch_id, stored_at__isnull=False)
        if which not in FILES:
            raise Http404
        if request.method == "GET":
            try:
                limits.ask("handoff_file", str(request.user.pk), most=MOST_FILES, within=WITHIN)
            except limits.TooMany as refusal:
                return too_many(request, refusal)
        column, kind = FILES[which]
        name = getattr(batch, column)
        try:
            file = storages[STORAGE].open(name)
        except FileNotFoundError:
            messages.error(
                request,
                _("The storage of hand-offs no longer holds %(name)s.") % {"name": name},
            )
            return redirect("admin:consent_handoffbatch_change", batch.pk)
        if request.method == "GET":
            self.log_change(request, batch, f"fetched {name}")
        return FileResponse(file, as_attachment=True, filename=name, content_type=kind)


class HandoffEndpointAdmin(EvidenceAdmin):
    """What is known of the program's address; one that said it was gone can be tried again."""

    list_display = ("url", "gone_at", "quiet_until", "last_error")

    def get_urls(self) -> list[URLPattern]:
        reopen = path(
            "<int:endpoint_id>/reopen/",
            self.admin_site.admin_view(self.reopen_view),
            name="consent_handoffendpoint_reopen",
        )
        return [reopen, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"may_reopen": request.user.has_perm(REOPEN), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def reopen_view(self, request: HttpRequest, endpoint_id: int) -> HttpResponse:
        """Post to the address again."""
        if not request.user.has_perm(REOPEN):
            raise PermissionDenied
        endpoint = get_object_or_404(HandoffEndpoint, pk=endpoint_id)
        if webhook.reopen(endpoint.url):
            self.log_change(request, endpoint, "reopened")
            messages.success(request, _("Hand-offs are posted there again."))
        else:
            messages.info(request, _("This address didn't say that it is gone."))
        return redirect("admin:consent_handoffendpoint_change", endpoint_id)


admin.site.register(IncentiveHandoff, IncentiveHandoffAdmin)
admin.site.register(HandoffBatch, HandoffBatchAdmin)
admin.site.register(HandoffEndpoint, HandoffEndpointAdmin)
