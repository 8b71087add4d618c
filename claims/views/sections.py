"""The sections of a draft: their order, who may open them, and where each problem is mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, Severity, blocking

from ..forms.sections import details_of
from ..models import Claim, ClaimContact
from ..services.documents import may_attach
from ..services.drafting import editable_fields
from ..states import Status

CHECK = "check"


@dataclass(frozen=True)
class Section:
    """One page of a draft; ``fields`` are those of ``ClaimChanges`` that it can change."""

    code: str
    title: Promise
    fields: frozenset[str]


SECTIONS = (
    Section("customer", _("Customer"), frozenset({"name", "tenant_id", "domain"})),
    Section("work", _("What you did"), frozenset({"activity_ids"})),
    Section(
        "details",
        _("Purchase"),
        frozenset(
            {
                "transaction_on",
                "solution_seller_name",
                "revenue_customer_name",
                "isv_product_name",
            }
        ),
    ),
    Section("products", _("Products"), frozenset({"lines"})),
    Section("partner", _("Partner ID"), frozenset({"location_id"})),
    Section("contacts", _("Contacts"), frozenset({"contacts"})),
    Section("proof", _("Proof"), frozenset()),
)
BY_CODE = {section.code: section for section in SECTIONS}

# The first part of a problem's code names the group of rules it belongs to.
_BY_RULE = {
    "TEN": "customer",
    "DOM": "customer",
    "CON": "contacts",
    "MPN": "partner",
    "ACT": "work",
    "LIN": "products",
    "SUB": "products",
    "POE": "proof",
}
_BY_FIELD = (
    dict.fromkeys(BY_CODE["details"].fields, "details")
    | dict.fromkeys(("name", "tenant_id", "domain"), "customer")
    | {"lines": "products"}
)
_NOTHING_YET = frozenset({"ACT-01", "LIN-01", "MPN-01", "POE-01"})
_ELEMENTS = {
    "activities": "id_activity_ids",
    "area": "id_activity_ids",
    "lines": "id_product_ids",
    "location": "id_location_id",
    "documents": "documents",
    "file": "id_files",
    "public_sector_disclosure_confirmed": "id_public_sector_disclosure_confirmed",
}


@dataclass(frozen=True)
class Shown:
    """A problem as a page lists it, with the address of the place where it can be mended."""

    problem: Problem
    section: str
    href: str

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def message(self) -> str | Promise:
        return self.problem.message

    @property
    def blocks(self) -> bool:
        return self.problem.blocks

    @property
    def title(self) -> Promise | str:
        return BY_CODE[self.section].title if self.section in BY_CODE else ""


NEW, WRONG, DONE = "new", "wrong", "done"


@dataclass(frozen=True)
class Step:
    """A section in the list at the side; ``errors`` counts what still blocks it.

    ``state`` is ``NEW`` as long as nothing was entered, ``WRONG`` or ``DONE``.
    """

    code: str
    title: Promise
    url: str
    errors: int
    state: str
    is_current: bool


def open_sections(claim: Claim) -> list[Section]:
    """Return the sections that the claim's status leaves open, in their order."""
    editable = editable_fields(claim)
    asked = bool(details_of(claim))
    return [
        section
        for section in SECTIONS
        if (section.code == "proof" and may_attach(claim))
        or (section.fields & editable and (section.code != "details" or asked))
    ]


def steps(claim: Claim, problems: Iterable[Problem], current: str) -> list[Step]:
    """Return the open sections and the last step for the list at the side."""
    found = list(problems)
    return [
        Step(
            each.code,
            each.title,
            url_of(claim, each.code),
            len(blocking(errors_in(found, each.code))),
            state_of(claim, found, each.code),
            each.code == current,
        )
        for each in open_sections(claim)
    ]


def state_of(claim: Claim, problems: Iterable[Problem], section: str) -> str:
    """Return whether a section is ``NEW``, ``WRONG`` or ``DONE``."""
    errors = {each.code for each in problems if each.blocks and section_of(each) == section}
    if not errors:
        return DONE
    if section == "customer":
        begun = bool(claim.tenant_id_as_typed or claim.domain_as_typed)
    elif section == "contacts":
        begun = any(
            contact.name or contact.email
            for contact in claim.contacts.all()
            if contact.kind != ClaimContact.Kind.PARTNER
        )
    elif section == "details":
        begun = any(getattr(claim, name) for name in details_of(claim))
    else:
        begun = not errors <= _NOTHING_YET
    return WRONG if begun else NEW


def following(claim: Claim, code: str) -> str:
    """Return the address of the page after a section: the next open one, or the check."""
    codes = [section.code for section in open_sections(claim)]
    rest = codes[codes.index(code) + 1 :] if code in codes else []
    return url_of(claim, rest[0]) if rest else url_of(claim, CHECK)


def resume_url(claim: Claim) -> str:
    """Return the address of the step at which the partner left; empty if nothing can be changed."""
    codes = [section.code for section in open_sections(claim)]
    if claim.last_section == CHECK and claim.status in (
        Status.EDITING,
        Status.PARTNER_ACTION_REQUIRED,
    ):
        return url_of(claim, CHECK)
    if claim.last_section in codes:
        return url_of(claim, claim.last_section)
    return url_of(claim, codes[0]) if codes else ""


def change_url(claim: Claim) -> str:
    """Return the address of a page where something can be changed; empty if nothing can be."""
    found = resume_url(claim)
    if found != url_of(claim, CHECK):
        return found
    return url_of(claim, open_sections(claim)[0].code)


def url_of(claim: Claim, code: str) -> str:
    """Return the address of a section, or of the last step."""
    if code == CHECK:
        return reverse("claim_check", args=[claim.pk])
    return reverse("claim_edit", args=[claim.pk, code])


def section_of(problem: Problem) -> str:
    """Return the code of the section in which a problem is mended; empty if it is in none."""
    return _BY_FIELD.get(problem.field) or _BY_RULE.get(problem.code.partition("-")[0], "")


def shown(claim: Claim, problems: Iterable[Problem], *, here: str = "") -> list[Shown]:
    """Return the problems with their links; those of the page that is ``here`` link within it."""
    found = []
    for problem in problems:
        section = section_of(problem)
        href = ""
        if section == here or not section:
            element = element_of(problem)
            href = f"#{element}" if element else ""
        elif section in {each.code for each in open_sections(claim)}:
            href = f"{url_of(claim, section)}?saved#{element_of(problem)}".rstrip("#")
        found.append(Shown(problem, section, href))
    return found


def element_of(problem: Problem) -> str:
    """Return the ID of the element that a problem is about; empty if it names none."""
    if problem.line is not None:
        return f"line-{problem.line}"
    if problem.field == "documents" and problem.subject.isdigit():
        return f"document-{problem.subject}"
    kind, _, part = problem.field.removeprefix("contacts-").partition("-")
    if problem.field.startswith("contacts-") and kind in ClaimContact.Kind.values:
        return f"id_{kind}_{part}"
    if not problem.field:
        return ""
    return _ELEMENTS.get(problem.field, f"id_{problem.field}")


def errors_in(problems: Iterable[Problem], section: str) -> list[Problem]:
    """Return what a section must show after it was saved: errors and warnings, no information."""
    return [
        each
        for each in problems
        if section_of(each) == section and each.severity != Severity.INFORMATION
    ]
