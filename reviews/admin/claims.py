"""Claims in the admin: the addresses of the queues, of the cases and of what is done to them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from claims.models import Claim
from cpor_site.common.admin_bases import EvidenceAdmin

from ..views.acts import ACT_PAGES, act_page
from ..views.bulk import bulk_act, bulk_result_page
from ..views.case import case_page, history_page
from ..views.clock import clock_page
from ..views.competing_acts import COMPETING_PAGES
from ..views.leading import leads_page
from ..views.leases import (
    next_case_act,
    no_case_page,
    reassign_page,
    release_act,
    take_act,
    take_over_page,
)
from ..views.letters import letter_html, letter_page, letters_page
from ..views.queues import queue_page
from ..views.record import record_page
from ..views.sweeps import hold_page, lift_act, sweeps_page
from ..views.writing import comment_act, note_act
from .case_urls import case_urls


@admin.register(Claim)
class ClaimAdmin(EvidenceAdmin):
    """The queues and their cases. No page here edits a claim; acts go through their services."""

    def get_urls(self) -> list[URLPattern]:
        """Return the queues' addresses and those of one case; there is no change form to reach."""
        wrap = self.admin_site.admin_view
        acts = [
            path(
                f"<int:claim_id>/{page.name.replace('_', '-')}/",
                wrap(partial(act_page, page=page)),
                name=f"claims_claim_{page.name}",
            )
            for page in (*ACT_PAGES, *COMPETING_PAGES)
        ]
        return [
            path("", wrap(self.changelist_view), name="claims_claim_changelist"),
            path("next/", wrap(next_case_act), name="reviews_next_case"),
            path("none/", wrap(no_case_page), name="reviews_no_case"),
            path("sweeps/", wrap(sweeps_page), name="reviews_sweeps"),
            path("leads/", wrap(leads_page), name="reviews_leads"),
            path("record/", wrap(record_page), name="reviews_partners_of_record"),
            path("letters/", wrap(letters_page), name="reviews_letters"),
            path("letters/<slug:code>/", wrap(letter_page), name="reviews_letter"),
            path("letters/<slug:code>/html/", wrap(letter_html), name="reviews_letter_html"),
            path("bulk/", wrap(bulk_act), name="reviews_bulk"),
            path("bulk/<int:act_id>/", wrap(bulk_result_page), name="reviews_bulk_result"),
            path("<int:claim_id>/", wrap(case_page), name="claims_claim_change"),
            path("<int:claim_id>/history/", wrap(history_page), name="claims_claim_history"),
            *acts,
            *case_urls(wrap),
            path("<int:claim_id>/note/", wrap(note_act), name="claims_claim_note"),
            path("<int:claim_id>/comment/", wrap(comment_act), name="claims_claim_comment"),
            path("<int:claim_id>/clock/", wrap(clock_page), name="reviews_clock"),
            path("<int:claim_id>/hold/", wrap(hold_page), name="reviews_hold"),
            path("<int:claim_id>/lift/", wrap(lift_act), name="reviews_lift"),
            path("<int:claim_id>/take/", wrap(take_act), name="reviews_take_case"),
            path("<int:claim_id>/release/", wrap(release_act), name="reviews_release_case"),
            path("<int:claim_id>/take-over/", wrap(take_over_page), name="reviews_take_over_case"),
            path("<int:claim_id>/reassign/", wrap(reassign_page), name="reviews_reassign_claim"),
            path(
                "<int:claim_id>/change/",
                wrap(RedirectView.as_view(pattern_name="admin:claims_claim_change")),
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return queue_page(request)
