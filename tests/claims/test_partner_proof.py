"""Attaching, describing and withdrawing proof on the partner's pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from claims.models import Claim
from cpor_site.common import clock
from tests import acts, factories
from tests.acts import fresh
from tests.claims.pages import browser_of, codes_in, html_of, problems_in, text_of, typed_in, url
from tests.shared import shared

pytestmark = pytest.mark.django_db


def pdf(name: str = "statement of work.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    content = factories.make_pdf() if content is None else content
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@shared
def bare() -> Claim:
    """A draft without proof."""
    return factories.make_claim(document=False)


@shared
def proven() -> Claim:
    """A draft with one document."""
    return factories.make_claim()


@shared
def submitted(proven: Claim) -> Claim:
    return acts.submit(proven)


def attach(claim: Claim, **entry: Any) -> Any:
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url("claim_proof", claim))) | {"files": pdf()} | entry
    return browser.post(url("claim_proof", claim), typed)


def test_a_document_is_attached_with_what_is_said_about_it(bare: Claim) -> None:
    claim = bare
    line = claim.lines.get()
    signed_on = factories.today() - timedelta(days=20)
    answer = attach(
        claim,
        kind="sow",
        signed_on=signed_on.isoformat(),
        signer_name="Jana Meier",
        signer_title="CIO",
        note="See page 2",
    )

    document = claim.documents.get()
    assert answer.headers["Location"] == url("claim_proof", claim) + "?saved"
    assert (document.original_name, document.kind, document.signed_on) == (
        "statement of work.pdf",
        "sow",
        signed_on,
    )
    assert (document.signer_name, document.signer_title, document.note) == (
        "Jana Meier",
        "CIO",
        "See page 2",
    )
    assert list(document.covers.all()) == [line]
    page = browser_of(claim.created_by).get(url("claim_proof", claim))
    assert reverse("document_download", args=[document.pk]) in html_of(page)


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (lambda: pdf("proof.pdf", b"no PDF at all"), "POE-02"),
        (lambda: pdf("proof.exe", b"MZ"), "POE-02"),
        (lambda: pdf("proof.pdf", b""), "POE-04"),
    ],
    ids=["other content", "other type", "empty"],
)
def test_a_refused_file_keeps_what_was_said_about_it(bare: Claim, upload: Any, code: str) -> None:
    claim = bare
    answer = attach(claim, files=upload(), signer_name="Jana Meier")

    assert problems_in(answer) == [code]
    assert 'value="Jana Meier"' in html_of(answer)
    assert claim.documents.count() == 0


def test_without_a_file_the_page_asks_for_one(bare: Claim) -> None:
    claim = bare
    browser = browser_of(claim.created_by)
    answer = browser.post(url("claim_proof", claim), {"version": claim.version, "kind": "sow"})

    assert '<a href="#id_files">Choose a file first.</a>' in html_of(answer)


@pytest.mark.parametrize(
    ("signed_on", "codes"),
    [("31 February", []), ("2999-01-01", ["POE-08"])],
    ids=["none", "future"],
)
def test_a_wrong_date_stays_typed_and_the_file_is_kept(
    bare: Claim, signed_on: str, codes: list[str]
) -> None:
    claim = bare
    answer = attach(claim, signed_on=signed_on, signer_name="Jana Meier")

    document = claim.documents.get()
    assert problems_in(answer) == codes
    assert 'href="#id_signed_on"' in html_of(answer)
    assert f'value="{signed_on}"' in html_of(answer)
    assert (document.signed_on, document.signer_name) == (None, "Jana Meier")
    address = url("document_describe", claim, document.pk)
    mended = typed_in(answer) | {"signed_on": "2026-01-05"}
    assert browser_of(claim.created_by).post(address, mended).status_code == 302
    assert claim.documents.get().signed_on == date(2026, 1, 5)


def test_a_line_of_another_claim_can_not_be_covered(bare: Claim) -> None:
    claim = bare
    foreign = factories.make_claim().lines.get()
    answer = attach(claim, line_ids=[foreign.pk])

    assert 'href="#id_line_ids"' in html_of(answer)
    assert list(claim.documents.get().covers.all()) == []


def test_of_several_files_the_good_ones_are_kept_and_the_others_named(bare: Claim) -> None:
    claim = bare
    files = [
        pdf("one.pdf", factories.make_pdf("One")),
        pdf("two.exe", b"MZ"),
        pdf("three.pdf", b""),
        pdf("four.pdf", factories.make_pdf("Four")),
    ]
    answer = attach(claim, files=files, note="All of them")

    page = text_of(answer)
    assert problems_in(answer) == ["POE-02", "POE-04"]
    assert "one.pdf and four.pdf are attached." in page
    assert "two.exe can't be accepted" in page
    assert "three.pdf can't be opened" in page
    assert sorted(claim.documents.values_list("original_name", "note")) == [
        ("four.pdf", "All of them"),
        ("one.pdf", "All of them"),
    ]


def test_a_page_opened_before_somebody_elses_change_still_brings_its_files(bare: Claim) -> None:
    claim = bare
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url("claim_proof", claim)))
    browser.post(url("claim_proof", claim), typed | {"files": pdf("first.pdf")})
    second = typed | {"files": pdf("second.pdf", factories.make_pdf("Two"))}

    assert browser.post(url("claim_proof", claim), second).status_code == 302
    assert claim.documents.count() == 2


def test_a_description_on_a_stale_page_is_refused_once_and_stays_typed(proven: Claim) -> None:
    claim = proven
    document = claim.documents.get()
    browser = browser_of(claim.created_by)
    address = url("document_describe", claim, document.pk)
    mine = typed_in(browser.get(address)) | {"signer_name": "Mine"}
    browser.post(address, mine | {"signer_name": "Theirs"})
    answer = browser.post(address, mine)

    assert problems_in(answer) == ["SUBM-02"]
    assert claim.documents.get().signer_name == "Theirs"
    assert typed_in(answer)["signer_name"] == "Mine"
    assert browser.post(address, typed_in(answer)).status_code == 302
    assert claim.documents.get().signer_name == "Mine"


def test_a_document_is_replaced_by_a_newer_file(proven: Claim) -> None:
    claim = proven
    document = claim.documents.get()
    browser = browser_of(claim.created_by)
    address = url("document_replace", claim, document.pk)
    assert address in html_of(browser.get(url("claim_proof", claim)))
    version = typed_in(browser.get(address))
    refused = browser.post(address, version | {"file": pdf("new.pdf", b"")})
    assert problems_in(refused) == ["POE-04"]
    browser.post(address, version | {"file": pdf("new.pdf", factories.make_pdf("Newer"))})

    newer = claim.documents.get(withdrawn_at=None)
    assert (newer.original_name, newer.supersedes, newer.signer_name) == (
        "new.pdf",
        document,
        document.signer_name,
    )


def test_the_self_check_shows_what_covers_what_and_who_signed() -> None:
    claim = factories.make_claim(products=("exchange_online", "teams"))
    exchange = claim.lines.get(product__code="exchange_online")
    signed = claim.documents.get()
    signed.covers.set([exchange])
    other = factories.make_document(claim, original_name="mail.pdf", signed_on=None)
    old = factories.today() - timedelta(days=500)
    factories.make_document(claim, original_name="old.pdf", signed_on=old)
    withdrawn = factories.make_document(claim, withdrawn_at=clock.now())
    matrix = browser_of(claim.created_by).get(url("claim_proof", claim)).context["matrix"]

    assert [column.document.pk for column in matrix.columns] == [
        signed.pk,
        other.pk,
        other.pk + 1,
    ]
    assert withdrawn.pk == other.pk + 2
    assert [(each.is_signed, each.is_old) for each in matrix.columns] == [
        (True, False),
        (False, False),
        (True, True),
    ]
    assert [(row.name, [yes for _column, yes in row.cells]) for row in matrix.rows] == [
        ("Exchange Online", [True, False, False]),
        ("Microsoft Teams", [False, False, False]),
    ]
    assert [row.name for row in matrix.bare] == ["Microsoft Teams"]
    assert matrix.has_signature


def test_what_a_new_document_warns_of_is_confirmed_while_the_claim_waits(submitted: Claim) -> None:
    claim = submitted
    browser = browser_of(claim.created_by)
    old = (factories.today() - timedelta(days=500)).isoformat()
    attach(claim, signed_on=old)
    page = browser.get(url("claim_proof", claim))
    newer = claim.documents.get(signed_on=old)
    assert f"POE-09:{newer.pk}" not in fresh(claim).confirmed_warnings
    (warning,) = page.context["boxes"].warnings
    box = page.context["boxes"].box_of(warning).removeprefix("id_")

    browser.post(
        url("claim_proof", claim),
        {"version": fresh(claim).version, "confirm": "1", box: "on"},
    )
    assert f"POE-09:{newer.pk}" in fresh(claim).confirmed_warnings
    assert browser.get(url("claim_proof", claim)).context["boxes"].warnings == []


def test_a_warning_about_the_new_document_is_shown(bare: Claim) -> None:
    claim = bare
    old = factories.today() - timedelta(days=500)
    answer = attach(claim, signed_on=old.isoformat())

    page = browser_of(claim.created_by).get(answer.headers["Location"])
    assert codes_in(page) == ["POE-09"]


def test_a_document_is_described_anew(proven: Claim) -> None:
    claim = proven
    document = claim.documents.get()
    line = claim.lines.get()
    browser = browser_of(claim.created_by)
    address = url("document_describe", claim, document.pk)
    typed = typed_in(browser.get(address)) | {
        "signed_on": "2026-01-05",
        "signer_name": "Tom Roth",
        "line_ids": [line.pk],
    }
    assert browser.post(address, typed).headers["Location"] == url("claim_proof", claim) + "?saved"

    after = claim.documents.get()
    assert (after.signed_on, after.signer_name) == (date(2026, 1, 5), "Tom Roth")
    assert list(after.covers.all()) == [line]
    assert after.kind == document.kind


def test_a_description_that_is_refused_stays_typed(proven: Claim) -> None:
    claim = proven
    document = claim.documents.get()
    browser = browser_of(claim.created_by)
    address = url("document_describe", claim, document.pk)
    tomorrow = (factories.today() + timedelta(days=2)).isoformat()
    answer = browser.post(address, typed_in(browser.get(address)) | {"signed_on": tomorrow})

    assert problems_in(answer) == ["POE-08"]
    assert f'value="{tomorrow}"' in html_of(answer)
    assert claim.documents.get().signed_on == document.signed_on


def test_withdrawing_twice_is_withdrawing_once(proven: Claim) -> None:
    claim = proven
    document = claim.documents.get()
    browser = browser_of(claim.created_by)
    address = url("document_withdraw", claim, document.pk)
    first = browser.post(address, follow=True)
    version = fresh(claim).version
    second = browser.post(address, follow=True)

    assert "statement of work.pdf is withdrawn." in text_of(first)
    assert second.status_code == 200
    assert fresh(claim).version == version
    assert claim.documents.get().withdrawn_at is not None


def test_the_last_document_of_a_submitted_claim_stays_and_the_page_says_why(
    submitted: Claim,
) -> None:
    claim = submitted
    document = claim.documents.get()
    browser = browser_of(claim.created_by)
    address = url("document_withdraw", claim, document.pk)
    assert "It stays on file" in text_of(browser.get(address))
    answer = browser.post(address, follow=True)

    assert problems_in(answer) == ["POE-01"]
    assert "Add another document first." in text_of(answer)
    assert claim.documents.get().withdrawn_at is None


def test_what_a_reviewer_has_before_them_can_not_be_changed_but_more_can_be_added(
    proven: Claim,
) -> None:
    claim = acts.under_review(proven)
    document = claim.documents.get()
    browser = browser_of(claim.created_by)
    page = browser.get(url("claim_proof", claim))

    assert url("document_withdraw", claim, document.pk) not in html_of(page)
    gone = browser.get(url("document_describe", claim, document.pk), follow=True)
    assert gone.redirect_chain == [(url("claim_page", claim), 302)]
    assert attach(claim).status_code == 302
    assert claim.documents.count() == 2


def test_a_closed_claim_takes_no_proof(proven: Claim) -> None:
    claim = proven
    browser = browser_of(claim.created_by)
    browser.post(url("claim_discard", claim), {"version": claim.version})
    answer = browser.post(url("claim_proof", claim), {"files": pdf()}, follow=True)

    assert answer.redirect_chain == [(url("claim_page", claim), 302)]
    assert "No proof can be added now: the claim is in the status “Cancelled”." in text_of(answer)


def test_the_disclosure_is_asked_for_in_the_public_sector_only() -> None:
    assert "disclosure" not in html_of(
        browser_of((plain := factories.make_claim()).created_by).get(url("claim_proof", plain))
    )
    claim = factories.make_claim(tenant=factories.make_tenant(sector="public"))
    browser = browser_of(claim.created_by)
    entry = {
        "version": claim.version,
        "public_sector_disclosure_confirmed": "on",
        "disclosure": "1",
    }
    assert browser.get(url("claim_proof", claim)).context["disclosure"] is not None
    assert browser.post(url("claim_proof", claim), entry).status_code == 302

    assert fresh(claim).public_sector_disclosure_confirmed is True


def test_lines_are_named_as_briefly_as_they_differ() -> None:
    tenant = factories.make_tenant()
    sold = [factories.make_subscription(tenant) for _ in range(2)]
    claim = factories.make_claim(
        tenant=tenant,
        area_code=factories.BIZAPPS,
        products=("d365_sales", "d365_sales"),
        subscriptions=tuple(sold),
    )
    page = browser_of(claim.created_by).get(url("claim_proof", claim))
    names = [name for _pk, name in page.context["form"].fields["line_ids"].choices]

    assert names == [f"Dynamics 365 Sales ({each.subscription_id})" for each in sold]
