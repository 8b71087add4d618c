"""The sections of a draft, one page each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cpor_site.common import clock
from cpor_site.common.problems import Problem, Severity, blocking

from .. import actors, checks, door, selectors
from ..actors import Capability
from ..forms.handing_in import WarningsForm, confirmed_in
from ..forms.products import ProductsForm
from ..forms.sections import (
    ContactsForm,
    CustomerForm,
    DetailsForm,
    PartnerForm,
    SectionForm,
    WorkForm,
)
from ..line_facts import GatheredLines
from ..location_checks import location_choices
from ..models import Activity, Claim, ClaimContact
from ..refusals import ChangedMeanwhile
from ..services.drafting import edit_claim, editable_fields, remember_section
from ..services.lines import included_lines
from ..states import Status
from .access import acting, again, claim_page, reader, refusals_of
from .sections import (
    CHECK,
    NEW,
    errors_in,
    following,
    open_sections,
    section_of,
    shown,
    state_of,
    steps,
    url_of,
)

STALE = ChangedMeanwhile().codes


@claim_page
@require_http_methods(["GET", "POST"])
def edit_section(request: HttpRequest, claim: Claim, section: str) -> HttpResponse:
    """Show a section, or save it: to its own problems if it has any, else on to the next one.

    A warning holds nobody up twice: it is shown once, and saving again goes on.
    """
    if section not in BUILDERS or not actors.partner_can(reader(request), Capability.DRAFT, claim):
        raise Http404
    if section not in {each.code for each in open_sections(claim)}:
        messages.warning(
            request,
            _("This part can't be changed now: the claim is in the status “%(status)s”.")
            % {"status": door.status_label(claim)},
        )
        return redirect("claim_page", claim.pk)
    remember_section(claim=claim, section=section)
    data = request.POST if request.method == "POST" else None
    form = BUILDERS[section](request, claim, data)
    refusals: tuple[Problem, ...] = ()
    if form.is_bound and form.is_valid():
        boxes = _boxes(request, claim)
        refusals = refusals_of(
            lambda: edit_claim(
                claim_id=claim.pk,
                actor=acting(request),
                version=form.cleaned_data["version"],
                changes=form.changes(),
                confirmed=boxes,
            )
        )
        if not refusals:
            return _onward(request, again(request, claim), section, form)
        claim = again(request, claim)
        if tuple(each.code for each in refusals) == STALE:
            form = _keep_typed(request, claim, section)
    elif form.is_bound:
        refusals = tuple(form.refused())
    return render(
        request, f"claims/edit/{section}.html", _context(request, claim, form, refusals, section)
    )


def _onward(request: HttpRequest, claim: Claim, section: str, form: SectionForm) -> HttpResponse:
    if "leave" in request.POST or claim.status != Status.EDITING:
        messages.success(request, _("Saved."))
        return redirect("claim_page", claim.pk)
    problems = checks.check_submission(claim, reader(request), clock.now())
    unfinished = isinstance(form, ProductsForm) and form.added
    if unfinished or _must_be_shown(request, errors_in(problems, section)):
        return redirect(f"{url_of(claim, section)}?saved")
    if section == "customer" and claim.tenant is not None:
        messages.success(
            request, _("Found: the customer is %(customer)s.") % {"customer": claim.tenant.name}
        )
    return redirect(following(claim, section))


def _must_be_shown(request: HttpRequest, problems: list[Problem]) -> bool:
    """Whether any is an error, or a warning that stood not yet on the page that was saved."""
    read = set(request.POST.getlist("read_warning"))
    return any(each.blocks or each.key not in read for each in problems)


def _boxes(request: HttpRequest, claim: Claim) -> dict[str, str]:
    """Return the warnings that were confirmed on the page, by their keys.

    Only a claim that is handed in asks for that here; a draft asks when it is submitted.
    """
    if claim.status != Status.SUBMITTED:
        return {}
    return confirmed_in(request.POST)


def _keep_typed(request: HttpRequest, claim: Claim, section: str) -> SectionForm:
    """Keep what was typed; saving once more then replaces the other person's change."""
    typed = request.POST.copy()
    typed["version"] = str(claim.version)
    return BUILDERS[section](request, claim, typed)


def _context(
    request: HttpRequest,
    claim: Claim,
    form: SectionForm,
    refusals: tuple[Problem, ...],
    section: str,
) -> dict[str, Any]:
    problems = checks.check_submission(claim, reader(request), clock.now())
    is_saved = "saved" in request.GET and not form.is_bound
    here: list[Problem] = []
    if is_saved or (not form.is_bound and state_of(claim, problems, section) != NEW):
        here = errors_in(problems, section)
    if not form.errors:
        form.note(refusals or here)
    return {
        "here": "claims",
        "claim": claim,
        "form": form,
        "problems": shown(claim, refusals, here=section),
        "boxes": WarningsForm(request.POST if form.is_bound else None, problems=refusals, known={}),
        "is_stale": tuple(each.code for each in refusals) == STALE,
        "is_saved": is_saved,
        "has_errors_here": bool(blocking(here)),
        "warnings_read": _warnings_read(request, form, here),
        "findings_here": shown(claim, here, here=section),
        "infos_here": [
            each
            for each in problems
            if section_of(each) == section and each.severity == Severity.INFORMATION
        ],
        "steps": steps(claim, problems, section),
        "all_done": not blocking(problems),
        "check_url": url_of(claim, CHECK) if claim.status == Status.EDITING else "",
        "next_url": following(claim, section),
        "is_draft": claim.status == Status.EDITING,
        "section": section,
    }


def _warnings_read(request: HttpRequest, form: SectionForm, here: list[Problem]) -> list[str]:
    """Return the keys of the warnings that the reader has seen with this page."""
    if form.is_bound:
        return request.POST.getlist("read_warning")
    return [each.key for each in here if not each.blocks]


# -- one form for each section ---------------------------------------------------------------------


def _customer(request: HttpRequest, claim: Claim, data: Any) -> SectionForm:
    return CustomerForm(data, claim=claim, offered=editable_fields(claim))


def _work(request: HttpRequest, claim: Claim, data: Any) -> SectionForm:
    activities = list(
        Activity.objects.select_related("area", "program").order_by(
            "area__position", "position", "pk"
        )
    )
    return WorkForm(data, claim=claim, offered=editable_fields(claim), activities=activities)


def _details(request: HttpRequest, claim: Claim, data: Any) -> SectionForm:
    return DetailsForm(data, claim=claim, offered=editable_fields(claim))


def _products(request: HttpRequest, claim: Claim, data: Any) -> SectionForm:
    lines = included_lines(claim)
    return ProductsForm(
        data,
        claim=claim,
        offered=editable_fields(claim),
        products=selectors.products_to_claim(claim),
        lines=lines,
        candidates=GatheredLines(claim, lines).candidates(),
    )


def _partner(request: HttpRequest, claim: Claim, data: Any) -> SectionForm:
    choices = location_choices(claim, reader(request), clock.now())
    return PartnerForm(data, claim=claim, offered=editable_fields(claim), choices=choices)


def _contacts(request: HttpRequest, claim: Claim, data: Any) -> SectionForm:
    return ContactsForm(
        data, claim=claim, offered=editable_fields(claim), kinds=_contact_kinds(claim)
    )


def _contact_kinds(claim: Claim) -> list[str]:
    """Return whose contacts the page asks for; the customer's stay as approved (table 2.4)."""
    kinds = ClaimContact.Kind
    if claim.status == Status.APPROVED:
        return [kinds.PARTNER]
    given = {contact.kind for contact in claim.contacts.all()}
    needs_technical = claim.rule_profile.technical_contact_for_dynamics and any(
        line.product.is_dynamics for line in included_lines(claim)
    )
    asked = [kinds.BUSINESS, kinds.TECHNICAL, kinds.PARTNER]
    return [kind for kind in asked if kind != kinds.TECHNICAL or needs_technical or kind in given]


Builder = Callable[[HttpRequest, Claim, Any], SectionForm]
BUILDERS: dict[str, Builder] = {
    "customer": _customer,
    "work": _work,
    "details": _details,
    "products": _products,
    "partner": _partner,
    "contacts": _contacts,
}
