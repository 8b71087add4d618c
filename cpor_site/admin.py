"""The operator's side of the desk: one admin site, closed to everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from cpor_site.account import second_factor

SECTIONS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (
        _("Review"),
        ("claims.claim", "reviews.competingclaimscase", "reviews.cannedtext"),
    ),
    (
        _("Partners"),
        (
            "claims.partnerorganization",
            "claims.partnerlocation",
            "claims.programenrollment",
            "claims.membership",
        ),
    ),
    (
        _("Customers"),
        (
            "claims.customertenant",
            "claims.tenantdomain",
            "claims.subscription",
            "claims.workloadusage",
        ),
    ),
    (
        _("Catalogue and rules"),
        (
            "claims.product",
            "claims.solutionarea",
            "claims.activity",
            "claims.program",
            "claims.ruleprofile",
            "claims.listedproduct",
        ),
    ),
    (
        _("Operation"),
        (
            "common.user",
            "common.nonworkingday",
            "common.outboxmessage",
            "consent.handoffbatch",
            "consent.handoffendpoint",
            "common.jobrun",
        ),
    ),
    (
        _("Record"),
        (
            "claims.claimevent",
            "claims.claimline",
            "claims.poedocument",
            "claims.comment",
            "claims.reviewfinding",
            "claims.reviewdecision",
            "claims.association",
            "claims.exclusivityhold",
            "consent.consentrequest",
            "consent.consentanswer",
            "consent.consentevent",
            "consent.overviewlink",
            "consent.incentivehandoff",
            "claims.dispute",
            "claims.consentrenewal",
            "reviews.administrativeend",
            "claims.clockhold",
            "claims.draftupload",
            "reviews.internalnote",
            "reviews.caselease",
            "reviews.bulkact",
            "common.evidenceseal",
            "common.pseudonymisation",
        ),
    ),
)
"""What the first page lists, in this order; a model nobody lists here can't be found there."""

OWN_PAGES: dict[str, tuple[Promise, str, str]] = {
    "claims.customertenant": (
        _("Partners of record"),
        "reviews_partners_of_record",
        "claims.view_association",
    ),
}
"""Pages that are no model's list, by the list before which each stands: name, address, right."""


@dataclass(frozen=True)
class Entry:
    """One page that the reader may open; ``add_url`` is empty unless they may add to its list."""

    name: str
    url: str
    add_url: str


class CporAdminSite(admin.AdminSite):
    """Lets in active people of the operator; what they see and do there, their role decides."""

    site_header = _("CPOR claims desk")
    site_title = _("CPOR claims desk")
    index_title = _("Overview")
    index_template = "admin/desk_index.html"
    site_url = None
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        works_here = request.user.is_active and request.user.is_staff
        return bool(works_here and not second_factor.is_missing(request))

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from cpor_site.account import resetting  # noqa: PLC0415 - see index().

        page = path(
            "common/user/<int:user_id>/second-factor/",
            self.admin_view(resetting.page),
            name="reset_second_factor",
        )
        return [page, *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return Django's list of apps, made when somebody looks: each page asks, few show it."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def sections(self, request: HttpRequest) -> list[tuple[Promise, list[Entry]]]:
        """Return the lists that the reader may open, by section; empty sections are left out."""
        entries = {}
        for app in self.get_app_list(request):
            for each in app["models"]:
                if each["admin_url"]:
                    entries[each["model"]._meta.label_lower] = Entry(
                        str(each["name"]), each["admin_url"], each["add_url"] or ""
                    )
        pages = {
            label: Entry(str(name), reverse(f"{self.name}:{address}"), "")
            for label, (name, address, right) in OWN_PAGES.items()
            if request.user.has_perm(right)
        }
        found = [
            (
                title,
                [
                    listed[label]
                    for label in labels
                    for listed in (pages, entries)
                    if label in listed
                ],
            )
            for title, labels in SECTIONS
        ]
        return [(title, listed) for title, listed in found if listed]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # The apps' pages can only be imported once all apps are there.
        from reviews.views.landing import landing  # noqa: PLC0415

        context = {**landing(request), "sections": self.sections(request)}
        return super().index(request, {**context, **(extra_context or {})})

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send visitors to the desk's one sign-in page; refuse people who don't belong here."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
            wanted = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(wanted)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(wanted, resolve_url(settings.LOGIN_URL))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send everybody to the desk's one page for that."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return LogoutView.as_view(next_page=settings.LOGIN_URL)(request)
