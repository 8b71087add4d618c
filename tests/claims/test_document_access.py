"""Who may touch a claim's documents, and how they are handed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimEvent, Membership, PoEDocument
from claims.refusals import NotYours
from claims.services.documents import (
    attach_document,
    describe_document,
    replace_document,
    withdraw_document,
)
from cpor_site.common.models import User
from tests import acts, factories, files
from tests.claims.attaching import attach, owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Membership.Role.GLOBAL_ADMIN, True),
        (Membership.Role.BILLING_ADMIN, True),
        (Membership.Role.INCENTIVES_ADMIN, True),
        (Membership.Role.INCENTIVES_USER, True),
        (Membership.Role.REPORT_VIEWER, False),
    ],
)
def test_which_roles_attach(role: str, may: bool, stored: Callable[[], list[str]]) -> None:
    claim = factories.make_claim(document=False)
    member = factories.make_membership(organization=claim.organization, role=role)
    if may:
        assert attach(claim, actor=actors.partner(member.user)).uploaded_by == member.user
        return
    with pytest.raises(NotYours):
        attach(claim, actor=actors.partner(member.user))
    assert stored() == []


def strangers(claim: Claim) -> list[actors.Actor]:
    """People and powers that have no hand in this claim's documents."""
    elsewhere = factories.make_location(claim.organization)
    return [
        actors.partner(factories.make_user()),
        actors.partner(factories.make_membership().user),
        actors.partner(
            factories.make_membership(organization=claim.organization, locations=[elsewhere]).user
        ),
        actors.reviewer(factories.make_reviewer()),
        actors.partner(factories.make_reviewer()),
        actors.customer(claim_id=claim.pk, name="Jana"),
        actors.SYSTEM,
    ]


def test_nobody_else_touches_a_claims_documents(stored: Callable[[], list[str]]) -> None:
    claim = factories.make_claim()
    document, before = claim.documents.get(), stored()
    for stranger in strangers(claim):
        attempts: list[Callable[[], object]] = [
            lambda who=stranger: attach(claim, actor=who),  # type: ignore[misc]
            lambda who=stranger: withdraw_document(document_id=document.pk, actor=who),  # type: ignore[misc]
            lambda who=stranger: describe_document(  # type: ignore[misc]
                document_id=document.pk, actor=who, kind="email"
            ),
            lambda who=stranger: replace_document(  # type: ignore[misc]
                document_id=document.pk, actor=who, upload=files.upload("a.txt", b"x")
            ),
        ]
        for attempt in attempts:
            with pytest.raises(NotYours):
                attempt()
    assert stored() == before
    assert ClaimEvent.objects.filter(claim=claim).count() == 0


def test_what_does_not_exist_is_not_yours() -> None:
    claim = factories.make_claim()
    with pytest.raises(NotYours):
        attach_document(claim_id=0, actor=owner(claim), upload=files.upload("a.txt", b"x"))
    with pytest.raises(NotYours):
        withdraw_document(document_id=0, actor=owner(claim))


# --- downloading ----------------------------------------------------------------------------------


def download(client: Client, document: PoEDocument, user: User | None) -> Any:
    """Fetch the document to its end, which closes it; ``body`` is what arrived."""
    if user is not None:
        client.force_login(user)
    response: Any = client.get(reverse("document_download", args=[document.pk]))
    response.body = response.getvalue()
    return response


def test_a_download_is_a_file_and_never_a_page(client: Client) -> None:
    claim = factories.make_claim(document=False)
    document = attach(claim, b"Zg\xb3oszenie", name="Żądanie 1.txt")
    response = download(client, document, claim.created_by)
    assert response.status_code == 200
    assert response.body == b"Zg\xb3oszenie"
    assert {
        name: response[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "Content-Length",
            "X-Content-Type-Options",
            "Content-Security-Policy",
            "Cache-Control",
        )
    } == {
        "Content-Type": "text/plain",
        "Content-Disposition": "attachment; filename*=utf-8''%C5%BB%C4%85danie%201.txt",
        "Content-Length": "10",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "private, no-store",
    }


def test_who_may_download(client: Client) -> None:
    claim = acts.submit(factories.make_claim())
    document = claim.documents.get()
    elsewhere = factories.make_location(claim.organization)
    answers = {
        factories.make_reviewer(): 200,
        claim.created_by: 200,
        factories.make_membership(
            organization=claim.organization, role=Membership.Role.INCENTIVES_USER
        ).user: 200,
        factories.make_membership(
            organization=claim.organization, role=Membership.Role.REPORT_VIEWER
        ).user: 404,
        factories.make_membership(organization=claim.organization, locations=[elsewhere]).user: 404,
        factories.make_membership().user: 404,
        factories.make_user(is_staff=True): 404,
    }
    for user, answer in answers.items():
        assert (user, download(client, document, user).status_code) == (user, answer)


def test_visitors_sign_in_first_and_nothing_is_posted(client: Client) -> None:
    document = factories.make_claim().documents.get()
    assert download(client, document, None).status_code == 302
    address = reverse("document_download", args=[document.pk])
    assert client.post(address).status_code == 405
    client.force_login(document.uploaded_by)
    assert client.post(address).status_code == 405
    head: Any = client.head(address)
    assert (head.status_code, head.getvalue()) == (200, b"")
    assert client.get(reverse("document_download", args=[document.pk + 1])).status_code == 404


def test_what_is_withdrawn_stays_readable_and_what_is_infected_does_not(client: Client) -> None:
    claim = factories.make_claim(document=False)
    document = attach(claim)
    withdraw_document(document_id=document.pk, actor=owner(claim))
    assert download(client, document, claim.created_by).status_code == 200
    PoEDocument.objects.update(scan_state=PoEDocument.ScanState.INFECTED)
    assert download(client, document, claim.created_by).status_code == 403


def test_a_file_that_is_gone_is_reported_to_the_operator(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    claim = factories.make_claim(document=False)
    document = attach(claim)
    document.file.storage.delete(document.file.name)
    assert download(client, document, claim.created_by).status_code == 404
    assert [
        entry.getMessage() for entry in caplog.records if entry.name == "claims.views.documents"
    ] == [f"The file of document {document.pk} is missing from the storage."]
