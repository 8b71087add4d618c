"""The form that partners download for their customers to sign."""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from docx import Document

from claims.models import Claim
from claims.proof_template import CONTENT_TYPE, build
from claims.services.lines import included_lines
from cpor_site.common import uploads
from tests import factories
from tests.claims.pages import browser_of, url

pytestmark = pytest.mark.django_db


def words_of(content: bytes) -> list[str]:
    """Return the texts of paragraphs and cells."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(each.text for each in document.paragraphs), *cells]


def made(claim: Claim) -> list[str]:
    return words_of(build(claim, included_lines(claim)))


def test_the_file_holds_the_claims_facts_and_passes_our_own_check() -> None:
    tenant = factories.make_tenant("康拓索有限公司", domain="contoso.example")
    claim = factories.make_claim(
        tenant=tenant,
        area_code=factories.BIZAPPS,
        activities=("presales", "usage"),
        products=("d365_sales",),
    )
    answer = browser_of(claim.created_by).get(url("proof_template", claim))
    subscription = included_lines(claim)[0].subscription

    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{claim.number}-proof.docx"'
    )
    words = words_of(answer.content)
    assert subscription is not None
    assert claim.location is not None
    for fact in (
        claim.organization.name,
        f"{claim.location.partner_id}, {claim.location.name}",
        "康拓索有限公司",
        "contoso.example",
        str(tenant.tenant_id),
        "Business contact",
        "Head of IT",
        "Presales",
        "Usage",
        "Dynamics 365 Sales",
        str(subscription.subscription_id),
    ):
        assert fact in words
    assert [each for each in words if each[:2] in ("1.", "2.", "3.", "4.")] == [
        "1. The parties",
        "2. What the customer confirms",
        "3. The work",
        "4. Products by activity",
    ]
    upload = SimpleUploadedFile("proof.docx", answer.content, content_type=CONTENT_TYPE)
    limit = settings.CPOR_POE_MAX_FILE_MB * uploads.MEGABYTE
    assert uploads.inspect(upload, max_bytes=limit).content_type == CONTENT_TYPE


def test_only_the_public_sector_gets_the_disclosure() -> None:
    plain = factories.make_claim()
    public = factories.make_claim(tenant=factories.make_tenant(sector="public"))
    title = "Disclosure for customers in the public sector"

    assert title not in made(plain)
    assert title in made(public)


def test_a_draft_with_nothing_in_it_leaves_lines_to_write_on() -> None:
    claim = factories.make_claim(products=(), contacts=False, document=False)
    claim.location = claim.tenant = None

    assert made(claim).count("_" * 40) > 10


def test_it_is_written_in_the_readers_language() -> None:
    claim = factories.make_claim()
    with translation.override("de"):
        properties = Document(io.BytesIO(build(claim, []))).core_properties
    assert properties.language == "de"
    assert properties.author == claim.organization.name


def test_a_foreign_claims_form_is_not_found() -> None:
    claim = factories.make_claim()

    assert browser_of().get(url("proof_template", claim)).status_code == 404
