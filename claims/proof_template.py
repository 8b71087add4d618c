"""The form that a partner can have the customer sign: a Word file with the claim's data in it.

Its four parts are those of section 4.1: the parties, the customer's acknowledgement, the work, and
the products by activity. Customers in the public sector get a disclosure besides.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document
from docx.document import Document as DocxDocument
from docx.oxml.ns import qn
from docx.shared import Pt

from .models import Claim, ClaimLine, CustomerTenant

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BLANK = "_" * 40


def build(claim: Claim, lines: Sequence[ClaimLine]) -> bytes:
    """Return the file's content, in the language in force.

    ``lines`` are those in the running, with product, activity and subscription. What the claim
    doesn't say yet is left as a line to write on.
    """
    document = Document()
    _set_up(document, claim)
    document.add_heading(_("Proof of execution"), level=0)
    document.add_paragraph(
        _(
            "For the claim %(number)s. Fill in what is missing, have the customer sign part 2, and "
            "attach the signed paper to the claim. This form is an offer: other papers do as well, "
            "such as a signed statement of work, if every element below is in them."
        )
        % {"number": claim.number}
    )
    _parties(document, claim)
    _acknowledgement(document, claim)
    if claim.tenant is not None and claim.tenant.sector == CustomerTenant.Sector.PUBLIC:
        _disclosure(document, claim)
    _engagement(document)
    _products(document, lines)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _parties(document: DocxDocument, claim: Claim) -> None:
    document.add_heading(_("1. The parties"), level=1)
    location = claim.location
    rows = [
        (_("Partner company"), claim.organization.name),
        (_("Partner ID"), f"{location.partner_id}, {location.name}" if location else ""),
        (_("Customer company"), claim.tenant.name if claim.tenant else ""),
        (_("Customer's domain"), claim.domain_as_typed),
        (
            _("Customer's tenant ID"),
            str(claim.tenant.tenant_id) if claim.tenant else claim.tenant_id_as_typed,
        ),
        (_("Project (not compulsory)"), ""),
    ]
    if claim.isv_product_name:
        rows.append((_("Partner's product or solution"), claim.isv_product_name))
    if claim.solution_seller_name:
        rows.append((_("Dynamics solution seller"), claim.solution_seller_name))
    _table(document, rows)


def _acknowledgement(document: DocxDocument, claim: Claim) -> None:
    document.add_heading(_("2. What the customer confirms"), level=1)
    document.add_paragraph(
        _(
            "We confirm that %(partner)s did the work described in part 3 for us, for the products "
            "named in part 4, and that it may be named as our partner of record for them."
        )
        % {"partner": claim.organization.name}
    )
    contact = next((each for each in claim.contacts.all() if each.kind == "business"), None)
    _table(
        document,
        [
            (_("Name"), contact.name if contact else ""),
            (_("Job title"), contact.job_title if contact else ""),
            (_("Signature"), ""),
            (_("Date of the signature"), ""),
        ],
    )
    months = claim.rule_profile.poe_max_age_months
    document.add_paragraph(
        _("The signature should be no more than %(months)d months old on the day of the claim.")
        % {"months": months}
    )


def _disclosure(document: DocxDocument, claim: Claim) -> None:
    document.add_heading(_("Disclosure for customers in the public sector"), level=1)
    document.add_paragraph(
        _(
            "We know that %(partner)s may receive a payment from the vendor's incentive program "
            "for this association, and that nothing of it is paid by us. We agree to it by signing "
            "here."
        )
        % {"partner": claim.organization.name}
    )
    _table(document, [(_("Name"), ""), (_("Signature"), ""), (_("Date of the signature"), "")])


def _engagement(document: DocxDocument) -> None:
    document.add_heading(_("3. The work"), level=1)
    document.add_paragraph(
        _(
            "Describe what was done, by whom, from when to when, and what it changed. Name each "
            "product beside the work that was done for it, and the papers that show it."
        )
    )
    _table(
        document,
        [
            (_("From – to"), ""),
            (_("What the partner did"), ""),
            (_("Before and after, in figures"), ""),
            (_("Papers enclosed"), ""),
        ],
    )


def _products(document: DocxDocument, lines: Sequence[ClaimLine]) -> None:
    document.add_heading(_("4. Products by activity"), level=1)
    if not lines:
        document.add_paragraph(_BLANK)
    in_order = sorted(lines, key=lambda line: (line.activity.position, line.activity_id, line.pk))
    for _activity, of_activity in groupby(in_order, key=lambda line: line.activity):
        own = list(of_activity)
        document.add_heading(own[0].activity_name, level=2)
        table = document.add_table(rows=1, cols=3, style="Table Grid")
        titles = (_("Product"), _("Subscription"), _("Work done for it"))
        for cell, title in zip(table.rows[0].cells, titles, strict=True):
            cell.text = title
        for line in own:
            cells = table.add_row().cells
            cells[0].text = line.product.name
            found = line.subscription
            cells[1].text = str(found.subscription_id) if found else line.subscription_as_typed


def _table(document: DocxDocument, rows: Sequence[tuple[str, str]]) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for title, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = title, value or _BLANK


def _set_up(document: DocxDocument, claim: Claim) -> None:
    """Name the file's language and a font for every script, and say nothing about who made it."""
    properties = document.core_properties
    properties.author = claim.organization.name
    properties.title = f"{_('Proof of execution')} {claim.number}"
    properties.comments = ""
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(11)
    style.element.get_or_add_rPr()
    fonts = style.element.rPr.rFonts
    for script, font in (("w:eastAsia", "Microsoft YaHei"), ("w:cs", "Arial")):
        fonts.set(qn(script), font)
    language = get_language()
    if language:
        properties.language = language
