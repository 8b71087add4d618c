"""Claims in the admin: the queue as a list, and the addresses of the case pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from claims.models import Claim
from cpor_site.common import clock
from cpor_site.common.admin_bases import EvidenceAdmin
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar

from .. import selectors
from ..standing import standing_of
from ..views.acts import ACT_PAGES, act_page, comment_act, note_act
from ..views.case import case_page, history_page
from ..views.proof import page_image
from .filters import AreaFilter, QueueFilter, StatusFilter


class Queue(ChangeList):
    """The list's page of claims, each with its standing for the reader."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        assert isinstance(request.user, User)
        now, calendar = clock.now(), operator_calendar()
        self.result_list = list(self.result_list)
        for claim in self.result_list:
            claim.standing = standing_of(claim, request.user, now, calendar)


@admin.register(Claim)
class ClaimAdmin(EvidenceAdmin):
    """The queue and its cases. No page here edits a claim; acts go through their services."""

    list_display = ("number",)
    list_filter = (QueueFilter, StatusFilter, AreaFilter)
    search_fields = ("number",)
    search_help_text = _(
        "Claim number, tenant ID, subscription ID, partner ID, or how a domain or customer's name "
        "begins."
    )
    sortable_by = ()
    change_list_template = "admin/claims/claim/queue.html"

    def get_urls(self) -> list[URLPattern]:
        """Return the list's address and those of one case; there is no change form to reach."""
        wrap = self.admin_site.admin_view
        acts = [
            path(
                f"<int:claim_id>/{page.name.replace('_', '-')}/",
                wrap(partial(act_page, page=page)),
                name=f"claims_claim_{page.name}",
            )
            for page in ACT_PAGES
        ]
        return [
            path("", wrap(self.changelist_view), name="claims_claim_changelist"),
            path("<int:claim_id>/", wrap(case_page), name="claims_claim_change"),
            path("<int:claim_id>/history/", wrap(history_page), name="claims_claim_history"),
            *acts,
            path(
                "<int:claim_id>/proof/<int:document_id>/<int:number>.png",
                wrap(page_image),
                name="claims_claim_page",
            ),
            path("<int:claim_id>/note/", wrap(note_act), name="claims_claim_note"),
            path("<int:claim_id>/comment/", wrap(comment_act), name="claims_claim_comment"),
            path(
                "<int:claim_id>/change/",
                wrap(RedirectView.as_view(pattern_name="admin:claims_claim_change")),
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"title": gettext("Claims"), **(extra_context or {})}
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Queue

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        return selectors.queue()

    def get_ordering(self, request: HttpRequest) -> Any:
        assert isinstance(request.user, User)
        return selectors.by_urgency(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return selectors.search(queryset, search_term), False
