"""Acts on the claims ticked in a queue: assign, give back, export; each with a result a claim."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from claims import actors, door
from claims.models import Claim
from claims.refusals import NotYours
from claims.standing import until
from cpor_site.common import clock
from cpor_site.common.problems import Refused
from cpor_site.common.spreadsheets import csv_bytes

from ..models import BulkAct
from ..queue_forms import BulkAssignForm, BulkReleaseForm, keys_in
from ..queue_pages import rows
from ..services import bulk, leases
from .case import VIEW_CLAIM, reader
from .leases import way_back
from .reasons import tell

CONFLICT = 409


@require_POST
def bulk_act(request: HttpRequest) -> HttpResponse:
    """Do the act named by the button that was pressed; assigning asks for whom and why first."""
    if not request.user.has_perm(VIEW_CLAIM):
        raise PermissionDenied
    acts = {"assign": _assign, "release": _release, "export": _export}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    keys = keys_in(request.POST)
    try:
        return act(request, keys)
    except NotYours:
        raise PermissionDenied from None
    except Refused as refusal:
        tell(request, refusal)
        return redirect(way_back(request) or "admin:claims_claim_changelist")


def _assign(request: HttpRequest, keys: list[int]) -> HttpResponse:
    user = leases.leading(actors.reviewer(reader(request)))
    sent = "confirmed" in request.POST
    form = BulkAssignForm(request.POST if sent else None)
    if not sent or not form.is_valid():
        return _asked(request, keys, form, _("Assign claims"), _("Assign"), "assign")
    try:
        act = bulk.assign_claims(
            claim_ids=keys,
            actor=actors.reviewer(user),
            to=form.cleaned_data["to"],
            reason=form.cleaned_data["reason"],
        )
    except Refused as refusal:
        if isinstance(refusal, NotYours):
            raise
        return _asked(request, keys, form, _("Assign claims"), _("Assign"), "assign", refusal)
    return redirect("admin:reviews_bulk_result", act.pk)


def _release(request: HttpRequest, keys: list[int]) -> HttpResponse:
    user = leases.reviewing(actors.reviewer(reader(request)))
    form = BulkReleaseForm(request.POST if "confirmed" in request.POST else None)
    if actors.is_lead(user) and "confirmed" not in request.POST:
        return _asked(request, keys, form, _("Give cases back"), _("Give back"), "release")
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    act = bulk.release_claims(claim_ids=keys, actor=actors.reviewer(user), reason=reason)
    return redirect("admin:reviews_bulk_result", act.pk)


def _export(request: HttpRequest, keys: list[int]) -> HttpResponse:
    user = reader(request)
    bulk.record_export(claim_ids=keys, actor=actors.reviewer(user))
    content = csv_bytes(_table(rows(keys)))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    name = f"claims-{timezone.localtime(clock.now()):%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _table(claims: list[Claim]) -> list[list[str]]:
    header = [
        _("Claim"),
        _("Status"),
        _("Customer"),
        _("Tenant ID"),
        _("Partner"),
        _("Partner ID"),
        _("Solution area"),
        _("Activities"),
        _("Lines"),
        _("Round"),
        _("Competing"),
        _("Due"),
        _("Reviewer"),
    ]
    return [header, *(_cells(claim) for claim in claims)]


def _cells(claim: Claim) -> list[str]:
    tenant, location = claim.tenant, claim.location
    return [
        claim.number,
        door.status_label(claim),
        tenant.name if tenant else claim.domain_as_typed,
        str(tenant.tenant_id) if tenant else claim.tenant_id_as_typed,
        claim.organization.name,
        location.partner_id if location else "",
        claim.area.name_in(claim.rule_profile_id) if claim.area else "",
        ", ".join(each.name_in(claim.rule_profile_id) for each in claim.activities.all()),
        str(claim.line_count),  # type: ignore[attr-defined]
        str(claim.round),
        _("yes") if claim.competing else _("no"),  # type: ignore[attr-defined]
        until(claim.due_at) if claim.due_at else "",
        str(claim.assigned_reviewer or ""),
    ]


@require_safe
def bulk_result_page(request: HttpRequest, act_id: int) -> HttpResponse:
    """Show what became of each claim; to who did it, to leads and whoever reads the record."""
    user = reader(request)
    if not user.has_perm(VIEW_CLAIM):
        raise PermissionDenied
    act = BulkAct.objects.select_related("by", "target").filter(pk=act_id).first()
    if act is None or not (
        act.by_id == user.pk or actors.is_lead(user) or user.has_perm("reviews.view_bulkact")
    ):
        raise Http404
    results = list(act.results.select_related("claim").order_by("done", "claim_id"))
    context = {
        **admin.site.each_context(request),
        "title": _("What became of each claim"),
        "opts": Claim._meta,
        "act": act,
        "results": results,
        "done": sum(each.done for each in results),
    }
    return TemplateResponse(request, "admin/queue/bulk_result.html", context)


def _asked(
    request: HttpRequest,
    keys: list[int],
    form: Any,
    title: str,
    button: str,
    act: str,
    refusal: Refused | None = None,
) -> HttpResponse:
    claims = bulk.chosen(keys)
    problems = [
        {"code": each.code, "message": each.message, "href": f"#id_{each.field}"}
        for each in (refusal.problems if refusal else ())
    ]
    context = {
        **admin.site.each_context(request),
        "title": title,
        "opts": Claim._meta,
        "form": form,
        "button": button,
        "act": act,
        "claims": claims,
        "problems": problems,
        "back": way_back(request),
    }
    status = CONFLICT if refusal else 200
    return TemplateResponse(request, "admin/queue/bulk.html", context, status=status)
