"""The demo's data: imported and acted out through the same functions as real data.

Whatever the demo shows has passed the rules: nothing is written past the services.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from fpdf import FPDF

from claims import actors
from claims.checks import check_submission
from claims.imports.customers import import_customers
from claims.imports.partners import import_partners
from claims.imports.products import import_products
from claims.imports.subscriptions import import_subscriptions
from claims.models import (
    Activity,
    Claim,
    CustomerTenant,
    PartnerLocation,
    PoEDocument,
    Product,
    SolutionArea,
    TenantDomain,
)
from claims.services.documents import attach_document
from claims.services.drafting import ClaimChanges, ContactEntry, edit_claim, start_claim
from claims.services.lines import LineChoice, approved_lines, included_lines
from claims.services.submission import submit_claim
from claims.states import DeficiencyCode, RejectionReason
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock, outbox
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_day
from reviews.services.competing import find_sufficient
from reviews.services.decisions import (
    FindingEntry,
    approve_claim,
    reject_claim,
    request_action,
    take_up_claim,
)
from reviews.services.verdicts import CRITERIA, Mark, set_verdicts, stamp_of

from .accounts import DEMO_ACCOUNTS

FILES = Path(__file__).resolve().parent.parent.parent / "fixtures" / "demo"
M365 = "microsoft_365"
BIZAPPS = "business_applications"


@dataclass(frozen=True)
class Draft:
    """What a demo claim is about; ``products`` pairs a product code with a subscription ID."""

    name: str
    customer: str
    area: str
    activities: Sequence[str]
    products: Sequence[tuple[str, str]]
    partner_id: str = "5100001"
    contact: str = "Jana Meier"
    proof: bool = True


def load() -> list[Claim]:
    """Import the demo's registry, make its sign-ins and act out its claims.

    All or nothing. Raises ``RuntimeError`` outside demo mode and if a row of the demo's own files
    is refused.
    """
    if settings.CPOR_MODE != "demo":
        raise RuntimeError("Demo data can only be loaded in demo mode.")
    with transaction.atomic():
        _import_registry()
        _make_sign_ins()
        return _act_out()


def _import_registry() -> None:
    for imported in (
        import_products(path=FILES / "products.csv"),
        import_customers(path=FILES / "customers.csv"),
        import_subscriptions(path=FILES / "subscriptions.csv"),
        import_partners(path=FILES / "partners.csv"),
    ):
        if imported.refused:
            raise RuntimeError(f"{imported.file}: {imported.refusals}")


def _make_sign_ins() -> None:
    hashed = {each.password: make_password(each.password) for each in DEMO_ACCOUNTS}
    for account in DEMO_ACCOUNTS:
        user = User.objects.filter(email=account.email).first() or User(
            email=account.email, full_name=account.full_name, is_staff=True
        )
        user.is_demo = True
        user.time_zone = settings.CPOR_OPERATOR_TIME_ZONE
        user.password = hashed[account.password]
        user.save()
        if account.staff_role:
            user.groups.set([Group.objects.get(name=account.staff_role)])


def _act_out() -> list[Claim]:
    fabrikam = _person("incentives.admin@fabrikam.example")
    northwind = _person("incentives.admin@northwind.example")
    rita = actors.reviewer(_person("reviewer@desk.example"))

    competing = _act_out_competing(fabrikam, northwind, rita)
    draft = _draft(
        fabrikam,
        Draft(
            "Teams roll-out (draft)", "Contoso AG", M365, ["usage"], [("teams", "")], proof=False
        ),
    )
    submitted = _submit(
        fabrikam,
        Draft(
            "Mail and sites migration",
            "Contoso AG",
            M365,
            ["usage"],
            [("exchange_online", ""), ("sharepoint_online", "")],
        ),
    )
    contested = _submit(
        northwind,
        Draft(
            "Exchange operations",
            "Contoso AG",
            M365,
            ["usage"],
            [("exchange_online", "")],
            partner_id="5200001",
            contact="Karl Lang",
        ),
    )
    reviewed = _submit(
        fabrikam,
        Draft(
            "Sales pilot",
            "Contoso AG",
            BIZAPPS,
            ["usage", "presales"],
            [("d365_sales", "11a0c1de-0001-4a00-8000-0000000000a1")],
        ),
    )
    take_up_claim(claim_id=reviewed.pk, actor=rita)

    asked = _submit(
        northwind,
        Draft(
            "Finance go-live",
            "Adventure Works AB",
            BIZAPPS,
            ["usage"],
            [("d365_finance", "22b0c1de-0001-4a00-8000-0000000000b1")],
            partner_id="5200001",
            contact="Elin Berg",
        ),
    )
    take_up_claim(claim_id=asked.pk, actor=rita)
    request_action(
        claim_id=asked.pk,
        actor=rita,
        findings=[
            FindingEntry(
                DeficiencyCode.DATE,
                [line.pk for line in included_lines(asked)],
                "The agreement carries no date beside the signature.",
            )
        ],
        comment="Please attach the agreement with the date of the customer's signature.",
    )

    rejected = _submit(
        fabrikam,
        Draft(
            "Business Central set-up",
            "Tailspin Toys Sp. z o.o.",
            BIZAPPS,
            ["usage"],
            [("d365_business_central", "33c0c1de-0001-4a00-8000-0000000000c1")],
            contact="Piotr Nowak",
        ),
    )
    take_up_claim(claim_id=rejected.pk, actor=rita)
    reject_claim(
        claim_id=rejected.pk,
        actor=rita,
        reasons=[RejectionReason.CONSENT_POE],
        text="Nobody at the customer has signed the statement of work.",
    )

    approved = _submit(
        fabrikam,
        Draft(
            "Defender and Intune operations",
            "Adventure Works AB",
            M365,
            ["usage"],
            [("intune", ""), ("defender_endpoint", "")],
            contact="Elin Berg",
        ),
    )
    take_up_claim(claim_id=approved.pk, actor=rita)
    approve_claim(claim_id=approved.pk, actor=rita, text="Thank you, the proof is complete.")
    return [*competing, draft, submitted, contested, reviewed, asked, rejected, approved]


def _act_out_competing(fabrikam: User, northwind: User, rita: actors.Actor) -> list[Claim]:
    """Two partners of record are challenged: one is asked for newer proof, one has answered."""
    mail = Draft(
        "Litware mail operations",
        "Litware Kft.",
        M365,
        ["usage"],
        [("exchange_online", "")],
        contact="Eva Kiss",
    )
    calls = Draft(
        "Tailspin meetings",
        "Tailspin Toys Sp. z o.o.",
        M365,
        ["usage"],
        [("teams", "")],
        contact="Piotr Nowak",
    )
    with _days_ago(45):
        holds_mail = _approve(fabrikam, mail, rita)
        holds_calls = _approve(northwind, _by_northwind(calls), rita)
        outbox.send_due()
    with _days_ago(37):
        finalise_consent_windows()
    with _days_ago(9):
        wants_calls = _take_up(fabrikam, replace(calls, name="Tailspin calling plans"), rita)
        _mark(wants_calls, rita)
        find_sufficient(claim_id=wants_calls.pk, actor=rita, internal_note="Signed this autumn.")
    with _days_ago(6):
        tenant = holds_calls.tenant
        assert tenant is not None
        _attach(holds_calls, actors.partner(northwind), calls, tenant, "renewed-agreement.pdf", 20)
    with _days_ago(1):
        wants_mail = _take_up(
            northwind, _by_northwind(replace(mail, name="Litware mailboxes")), rita
        )
        find_sufficient(claim_id=wants_mail.pk, actor=rita)
    return [holds_mail, holds_calls, wants_calls, wants_mail]


def _by_northwind(draft: Draft) -> Draft:
    return replace(draft, partner_id="5200001")


def _mark(claim: Claim, reviewer: actors.Actor) -> None:
    """Mark on the checklist that everything was found on the first page."""
    document = claim.documents.get()
    marks = [
        Mark(criterion, line.pk, "ok", document.pk, 1)
        for criterion in CRITERIA
        if criterion != "disclosure"
        for line in included_lines(claim)
    ]
    set_verdicts(
        claim_id=claim.pk,
        actor=reviewer,
        round_number=claim.round,
        stamp=stamp_of([]),
        marks=marks,
    )


def _take_up(person: User, draft: Draft, reviewer: actors.Actor) -> Claim:
    return take_up_claim(claim_id=_submit(person, draft).pk, actor=reviewer)


def _approve(person: User, draft: Draft, reviewer: actors.Actor) -> Claim:
    claim = _take_up(person, draft, reviewer)
    _mark(claim, reviewer)
    return approve_claim(claim_id=claim.pk, actor=reviewer, text="Thank you.")


@contextmanager
def _days_ago(days: int) -> Iterator[None]:
    """Let everything within happen so many days ago."""
    clock.move(-timedelta(days=days))
    try:
        yield
    finally:
        clock.move(timedelta(days=days))


def _submit(person: User, draft: Draft) -> Claim:
    claim = _draft(person, draft)
    actor = actors.partner(person)
    return submit_claim(
        claim_id=claim.pk,
        actor=actor,
        version=claim.version,
        acknowledged=True,
        confirmed=_warnings(claim, person),
    )


def _warnings(claim: Claim, person: User) -> dict[str, str]:
    return {
        problem.key: "Checked for this demonstration."
        for problem in check_submission(claim, person, clock.now())
        if not problem.blocks
    }


def _draft(person: User, draft: Draft) -> Claim:
    actor = actors.partner(person)
    tenant = CustomerTenant.objects.get(name=draft.customer)
    domain = TenantDomain.objects.get(tenant=tenant, is_primary=True).domain
    area = SolutionArea.objects.get(code=draft.area)
    location = PartnerLocation.objects.get(partner_id=draft.partner_id)
    claim = start_claim(actor=actor, organization_id=location.organization_id, name=draft.name)
    activities = Activity.objects.filter(area=area, code__in=draft.activities)
    products = {each.code: each for each in Product.objects.filter(area=area)}
    mailbox = draft.contact.lower().replace(" ", ".")
    contact = ContactEntry(draft.contact, "Head of IT", f"{mailbox}@{domain}", locale=tenant.locale)
    contacts = {"business": contact}
    if draft.area == BIZAPPS:
        contacts["technical"] = ContactEntry(
            "Alex Schmidt", "Application owner", f"alex.schmidt@{domain}", locale=tenant.locale
        )
    contacts["partner"] = ContactEntry(
        person.full_name, "Incentives manager", person.email, locale=person.locale
    )
    claim = edit_claim(
        claim_id=claim.pk,
        actor=actor,
        version=claim.version,
        changes=ClaimChanges(
            tenant_id=str(tenant.tenant_id),
            domain=domain,
            area_id=area.pk,
            activity_ids=[each.pk for each in activities],
            lines=[LineChoice(products[code].pk, given) for code, given in draft.products],
            location_id=location.pk,
            contacts=contacts,
        ),
    )
    if draft.proof:
        _attach(claim, actor, draft, tenant)
    return Claim.objects.get(pk=claim.pk)


def _attach(
    claim: Claim,
    actor: actors.Actor,
    draft: Draft,
    tenant: CustomerTenant,
    name: str = "statement-of-work.pdf",
    signed_days_ago: int = 40,
) -> None:
    today = operator_day(clock.now())
    signed_on = today - timedelta(days=signed_days_ago)
    lines = included_lines(claim) or approved_lines(claim)
    attach_document(
        claim_id=claim.pk,
        actor=actor,
        upload=SimpleUploadedFile(
            name,
            statement_of_work(
                partner=claim.organization.name,
                customer=tenant.name,
                tenant_id=str(tenant.tenant_id),
                products=sorted({line.product.name for line in lines}),
                signer=draft.contact,
                signed_on=signed_on.isoformat(),
            ),
            content_type="application/pdf",
        ),
        kind=PoEDocument.Kind.STATEMENT_OF_WORK,
        signed_on=signed_on,
        signer_name=draft.contact,
        signer_title="Head of IT",
        line_ids=[line.pk for line in lines],
    )


def statement_of_work(
    *,
    partner: str,
    customer: str,
    tenant_id: str,
    products: Sequence[str],
    signer: str,
    signed_on: str,
) -> bytes:
    """Return a real PDF that says who did what for whom."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.cell(0, 12, "Statement of work", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    for text in (
        f"Partner: {partner}",
        f"Customer: {customer}, tenant ID {tenant_id}",
        f"Products and workloads: {', '.join(products)}",
        "Work: design, migration, training and operation, with a monthly report on their use.",
        f"Signed for the customer by {signer} on {signed_on}.",
    ):
        pdf.multi_cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _person(email: str) -> User:
    return User.objects.get(email=email)
