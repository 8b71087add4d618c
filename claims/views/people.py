"""The people and places of an organisation; for its global admins alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cpor_site.common import fresh
from cpor_site.common.problems import Problem, Refused

from .. import organizations, people
from ..forms.people import InviteForm, RoleForm
from ..models import Membership, PartnerOrganization
from ..people import Person
from ..services import people as services
from .access import acting, page, reader

PER_PAGE = 50
View = Callable[..., HttpResponse]


def admin_page(view: View) -> View:
    """Hand a view the organisation of the address; 404 to whoever doesn't manage its people."""

    @wraps(view)
    def inner(request: HttpRequest, organization_id: int, **kwargs: Any) -> HttpResponse:
        managed = {each.pk: each for each in organizations.managed(request)}
        if organization_id not in managed:
            raise Http404
        return view(request, managed[organization_id], **kwargs)

    return page(inner)


def member_page(view: View) -> View:
    """Hand a view the organisation and, as a person with one role, whose membership it is."""

    @wraps(view)
    def inner(
        request: HttpRequest, organization: PartnerOrganization, membership_id: int
    ) -> HttpResponse:
        person = people.one_person(organization, membership_id)
        if person is None:
            raise Http404
        return view(request, organization, person)

    return admin_page(inner)


@page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the organisation that the reader looks at, or let them choose one of theirs."""
    managed = organizations.managed(request)
    if not managed:
        raise Http404
    current = organizations.current_organization(request)
    if len(managed) == 1 or current in managed:
        return redirect("people_list", (current if current in managed else managed[0]).pk)
    context = {"here": "people", "managed": managed}
    return render(request, "claims/people/organizations.html", context)


@admin_page
@require_safe
def show(request: HttpRequest, organization: PartnerOrganization) -> HttpResponse:
    """All people of the organisation, and what each role may do."""
    users = Paginator(people.people_of(organization), PER_PAGE).get_page(request.GET.get("page"))
    found = people.persons(organization, list(users))
    context = {"users": users, "persons": found, "reader": reader(request), **_roles()}
    return _render(request, "list", organization, "people", context)


@admin_page
@require_safe
def show_organization(request: HttpRequest, organization: PartnerOrganization) -> HttpResponse:
    """The organisation's locations with their partner type and enrolments, to read."""
    context = {"locations": people.locations_of(organization)}
    return _render(request, "organization", organization, "organization", context)


@admin_page
@require_http_methods(["GET", "POST"])
@fresh.confirmed
def invite(request: HttpRequest, organization: PartnerOrganization) -> HttpResponse:
    """Ask whom to invite to which roles, and write them a letter."""
    form = InviteForm(
        request.POST if request.method == "POST" else None,
        initial={"email": request.GET.get("email", "")[:254], "scope": "all"},
        places=people.locations_of(organization),
    )
    problems: tuple[Problem, ...] = ()
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        problems = _refusals_of(
            lambda: services.invite(
                actor=acting(request),
                organization_id=organization.pk,
                email=typed["email"],
                full_name=typed["full_name"],
                roles=typed["roles"],
                location_ids=form.location_ids,
            )
        )
        if not problems:
            messages.success(
                request,
                _(
                    "%(email)s is invited. A letter is on its way; once the person has signed in, "
                    "you see it here."
                )
                % {"email": typed["email"].lower()},
            )
            return redirect("people_list", organization.pk)
    context = {"form": form, "problems": _linked(problems, form), **_roles()}
    return _render(request, "invite", organization, "people", context)


@member_page
@require_http_methods(["GET", "POST"])
@fresh.confirmed
def change(request: HttpRequest, organization: PartnerOrganization, person: Person) -> HttpResponse:
    """Show one role of a person, and change it or where it holds."""
    membership = person.memberships[0]
    form = RoleForm(
        request.POST if request.method == "POST" else None,
        initial=RoleForm.initial_of(membership),
        places=people.locations_of(organization),
    )
    problems: tuple[Problem, ...] = ()
    if request.method == "POST" and form.is_valid():
        problems = _refusals_of(
            lambda: services.change(
                actor=acting(request),
                membership_id=membership.pk,
                role=form.cleaned_data["role"],
                location_ids=form.location_ids,
            )
        )
        if not problems:
            messages.success(request, _("The role is saved. It holds from now on."))
            return redirect("people_list", organization.pk)
    return _member(request, organization, person, form=form, problems=problems)


@member_page
@require_http_methods(["GET", "POST"])
def deactivate(
    request: HttpRequest, organization: PartnerOrganization, person: Person
) -> HttpResponse:
    """Ask once, then end a role."""
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        problems = _act(request, person.memberships[0], services.deactivate)
        if not problems:
            messages.success(request, _("The role has ended. You can give it back at any time."))
            return redirect("people_list", organization.pk)
    context = {"person": person, "problems": _linked(problems)}
    return _render(request, "deactivate", organization, "people", context)


@member_page
@require_POST
@fresh.confirmed
def reactivate(
    request: HttpRequest, organization: PartnerOrganization, person: Person
) -> HttpResponse:
    """Give an ended role back."""
    problems = _act(request, person.memberships[0], services.reactivate)
    if problems:
        return _member(request, organization, person, problems=problems)
    messages.success(request, _("The role holds again."))
    return redirect("people_list", organization.pk)


@member_page
@require_POST
def resend(request: HttpRequest, organization: PartnerOrganization, person: Person) -> HttpResponse:
    """Write an invited person another letter."""
    problems = _act(request, person.memberships[0], services.resend)
    if problems:
        return _member(request, organization, person, problems=problems)
    messages.success(request, _("Another letter is on its way to %(email)s.") % vars(person))
    return redirect("people_list", organization.pk)


def _act(
    request: HttpRequest, membership: Membership, service: Callable[..., object]
) -> tuple[Problem, ...]:
    return _refusals_of(lambda: service(actor=acting(request), membership_id=membership.pk))


def _refusals_of(act: Callable[[], object]) -> tuple[Problem, ...]:
    try:
        act()
    except services.NotInCharge as refusal:
        raise Http404 from refusal
    except Refused as refusal:
        return refusal.problems
    return ()


def _member(
    request: HttpRequest,
    organization: PartnerOrganization,
    person: Person,
    *,
    form: RoleForm | None = None,
    problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    membership = person.memberships[0]
    if form is None:
        form = RoleForm(
            initial=RoleForm.initial_of(membership), places=people.locations_of(organization)
        )
    context = {
        "person": person,
        "membership": membership,
        "is_own": membership.user_id == reader(request).pk,
        "form": form,
        "problems": _linked(problems, form),
        **_roles(),
    }
    return _render(request, "change", organization, "people", context)


def _linked(
    problems: tuple[Problem, ...], form: InviteForm | RoleForm | None = None
) -> list[dict[str, Any]]:
    """Return the problems as the error summary shows them, linked to their field on the page."""
    # A group of boxes has no element of its own name, but its first box has.
    elements = {"locations": "#id_scope_0"}
    if isinstance(form, InviteForm):
        elements |= {"email": "#id_email", "roles": "#id_roles_0"}
    elif isinstance(form, RoleForm):
        elements |= {"roles": "#id_role"}
    else:
        elements = {}
    return [
        {"code": each.code, "message": each.message, "href": elements.get(each.field, "")}
        for each in problems
    ]


def _roles() -> dict[str, Any]:
    return {"roles": Membership.Role.labels, "role_table": people.role_table()}


def _render(
    request: HttpRequest,
    template: str,
    organization: PartnerOrganization,
    tab: str,
    context: dict[str, Any],
) -> HttpResponse:
    shared = {
        "here": "people",
        "tab": tab,
        "organization": organization,
        "is_suspended": organization.standing != PartnerOrganization.Standing.ACTIVE,
    }
    return render(request, f"claims/people/{template}.html", shared | context)
