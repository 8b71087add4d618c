"""New drafts from old claims: copies, renewals, replacements."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine

from claims import actors, offers, selectors, support
from claims.models import (
    Claim,
    ClaimContact,
    ClaimLine,
    PartnerOrganization,
    PoEDocument,
    Subscription,
)
from claims.refusals import MovedOn, NotYours
from claims.services.copies import copy_claim, renew_claim, replace_claim
from claims.services.drafting import discard_claim
from claims.states import Status
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, url
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = "2026-03-02T09:00+00:00"


@pytest.fixture(autouse=True)
def on_a_monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


def dynamics_draft() -> Claim:
    return factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))


@shared
def rejected() -> Claim:
    """A rejected claim for two workloads."""
    with time_machine.travel(MONDAY, tick=False):
        return acts.rejected(factories.make_claim(products=("exchange_online", "teams")))


@shared
def in_window() -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return acts.in_window()


@shared
def active(in_window: Claim) -> Claim:
    with acts.past(in_window):
        finalise_consent_windows()
    return acts.fresh(in_window)


@shared
def dynamics() -> Claim:
    """An active claim for Dynamics 365."""
    with time_machine.travel(MONDAY, tick=False):
        return acts.active(dynamics_draft())


def ends(claim: Claim, ends_on: date) -> None:
    """Let the claim's subscription end then."""
    assert Subscription.objects.filter(lines__claim=claim).update(ends_on=ends_on) == 1


def owner(claim: Claim) -> actors.Actor:
    return actors.partner(claim.created_by)


def offered(claim: Claim) -> frozenset[str]:
    has = actors.capabilities_on(claim.created_by, claim)
    return offers.offers_of(claim, has, clock.now())


class TestCopying:
    def test_takes_everything_along_into_a_draft_of_its_own(self) -> None:
        source = factories.make_claim(name="Mail move", products=("exchange_online", "teams"))
        document = source.documents.get()
        document.covers.set(source.lines.all())
        PoEDocument.objects.filter(pk=document.pk).update(
            signed_on=date(2026, 2, 1), signer_name="Berta", note="Page 2"
        )
        source = acts.rejected(source)

        copy = acts.fresh(copy_claim(claim_id=source.pk, actor=owner(source)))

        assert (copy.status, copy.copied_from, copy.replaces, copy.is_renewal) == (
            Status.EDITING,
            source,
            None,
            False,
        )
        assert copy.number != source.number
        for name in ("name", "tenant", "tenant_id_as_typed", "domain_as_typed", "area", "location"):
            assert getattr(copy, name) == getattr(source, name), name
        assert list(copy.activities.all()) == list(source.activities.all())
        lines = {line.product.code for line in ClaimLine.objects.filter(claim=copy)}
        assert lines == {"exchange_online", "teams"}
        contact = ClaimContact.objects.get(claim=copy, kind="business")
        assert contact.email == ClaimContact.objects.get(claim=source, kind="business").email
        copied = PoEDocument.objects.get(claim=copy)
        assert (copied.sha256, copied.signed_on, copied.signer_name, copied.note) == (
            document.sha256,
            date(2026, 2, 1),
            "Berta",
            "Page 2",
        )
        assert copied.file.name != document.file.name
        with copied.file.open() as copied_file, document.file.open() as original:
            assert copied_file.read() == original.read()
        assert {line.claim_id for line in copied.covers.all()} == {copy.pk}
        assert copied.covers.count() == 2

    def test_can_be_submitted_as_it_is(self, rejected: Claim) -> None:
        source = rejected
        copy = copy_claim(claim_id=source.pk, actor=owner(source))
        assert acts.submit(acts.fresh(copy)).status == Status.SUBMITTED

    def test_leaves_withdrawn_proof_and_removed_lines_behind(self, rejected: Claim) -> None:
        source = rejected
        source.documents.update(withdrawn_at=clock.now())
        line = source.lines.order_by("pk")[0]
        line.line_status = "removed_by_partner"
        line.save()
        copy = copy_claim(claim_id=source.pk, actor=owner(source))

        assert [each.product.code for each in copy.lines.all()] == ["teams"]
        assert not copy.documents.exists()

    def test_a_double_click_makes_one_draft(self, stored: Any) -> None:
        source = acts.rejected()
        first = copy_claim(claim_id=source.pk, actor=owner(source))
        files = stored()
        again = copy_claim(claim_id=source.pk, actor=owner(source))
        assert (again, stored()) == (first, files)

        with time_machine.travel("2026-03-02T09:01+00:00", tick=False):
            later = copy_claim(claim_id=source.pk, actor=owner(source))
        assert later != first

    def test_without_the_proof(self, rejected: Claim) -> None:
        source = rejected
        copy = copy_claim(claim_id=source.pk, actor=owner(source), with_documents=False)
        assert not copy.documents.exists()

    def test_a_failure_leaves_no_draft_and_no_file(
        self, rejected: Claim, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = rejected
        storage = source.documents.get().file.storage
        folder = f"poe/{source.pk}"
        before = storage.listdir(folder)[1]
        PartnerOrganization.objects.filter(pk=source.organization_id).update(standing="suspended")

        with pytest.raises(Refused) as caught:
            copy_claim(claim_id=source.pk, actor=owner(source))
        assert caught.value.codes == ("MPN-09",)
        assert Claim.objects.count() == 1
        assert storage.listdir(folder)[1] == before

    def test_a_file_that_is_missing_from_the_storage_is_left_out(
        self, rejected: Claim, caplog: Any
    ) -> None:
        source = rejected
        source.documents.update(file="poe/nowhere.pdf")
        copy = copy_claim(claim_id=source.pk, actor=owner(source))

        assert not copy.documents.exists()
        assert "is missing from the storage" in caplog.text

    def test_only_what_is_over(self) -> None:
        claim = acts.submit(factories.make_claim())
        assert "copy" not in offered(claim)
        with pytest.raises(MovedOn):
            copy_claim(claim_id=claim.pk, actor=owner(claim))

    def test_nobody_elses(self, rejected: Claim) -> None:
        claim = rejected
        stranger = factories.make_user()
        factories.make_membership(stranger)
        for act in (copy_claim, renew_claim, replace_claim):
            with pytest.raises(NotYours):
                act(claim_id=claim.pk, actor=actors.partner(stranger))


class TestRenewing:
    def test_prefills_the_one_subscription_that_follows(self, dynamics: Claim) -> None:
        source = dynamics
        ends(source, date(2026, 4, 1))
        assert source.tenant is not None
        newer = factories.make_subscription(
            source.tenant, factories.product("d365_sales"), ends_on=date(2027, 4, 1)
        )
        assert "renew" in offered(source)

        copy = acts.fresh(renew_claim(claim_id=source.pk, actor=owner(source)))

        line = ClaimLine.objects.get(claim=copy)
        assert (copy.is_renewal, copy.copied_from, copy.replaces) == (True, source, None)
        assert (line.subscription, line.subscription_as_typed) == (
            newer,
            str(newer.subscription_id),
        )
        assert not copy.documents.exists()
        assert acts.fresh(source).status == Status.APPROVED

        assert {"renew", "renewed"} & offered(source) == {"renewed"}
        browser = browser_of(source.created_by)
        page = html_of(browser.get(url("claim_page", source)))
        assert f'href="{url("claim_page", copy)}">Go to the renewal, {copy.number}</a>' in page
        assert url("claim_renew", source) not in page
        answer = browser.get(url("claim_renew", source))
        assert answer.headers["Location"] == url("claim_page", copy)
        discard_claim(claim_id=copy.pk, actor=owner(source))
        assert {"renew", "renewed"} & offered(source) == {"renew"}

    @pytest.mark.parametrize("newer", [0, 2])
    def test_leaves_it_open_where_none_or_several_fit(self, dynamics: Claim, newer: int) -> None:
        source = dynamics
        ends(source, date(2026, 4, 1))
        assert source.tenant is not None
        for _number in range(newer):
            factories.make_subscription(
                source.tenant, factories.product("d365_sales"), ends_on=date(2027, 4, 1)
            )
        copy = renew_claim(claim_id=source.pk, actor=owner(source))
        assert ClaimLine.objects.get(claim=copy).subscription_as_typed == ""

    def test_is_offered_from_sixty_days_before_the_end(self, dynamics: Claim) -> None:
        ends(dynamics, date(2026, 5, 1))
        assert "renew" in offered(dynamics)
        ends(dynamics, date(2026, 5, 2))
        assert "renew" not in offered(dynamics)
        with pytest.raises(Refused) as caught:
            renew_claim(claim_id=dynamics.pk, actor=owner(dynamics))
        assert caught.value.codes == ("SUB-12",)


class TestReplacing:
    def test_names_the_claim_and_is_no_duplicate_of_it(self, active: Claim) -> None:
        source = active
        assert "replace" in offered(source)
        draft = replace_claim(claim_id=source.pk, actor=owner(source))

        assert draft.replaces == source
        assert acts.submit(acts.fresh(draft)).status == Status.SUBMITTED

    def test_once_only(self, active: Claim) -> None:
        source = active
        replace_claim(claim_id=source.pk, actor=owner(source))
        with pytest.raises(Refused) as caught:
            replace_claim(claim_id=source.pk, actor=owner(source))
        assert caught.value.codes == ("SUB-13",)

    def test_not_while_the_customer_may_still_decline(self, in_window: Claim) -> None:
        source = in_window
        assert "replace" not in offered(source)
        with pytest.raises(MovedOn):
            replace_claim(claim_id=source.pk, actor=owner(source))


def test_the_bundle_for_support_has_the_facts_and_no_person() -> None:
    reviewer = factories.make_reviewer(full_name="Rita Vogel")
    claim = acts.approved(dynamics_draft(), reviewer=reviewer)
    text = support.bundle_of(
        claim, selectors.lines_of(claim), selectors.events_of(claim), clock.now()
    )

    assert claim.location is not None
    line = ClaimLine.objects.select_related("subscription").get(claim=claim)
    assert line.subscription is not None
    for fact in (
        f"Claim: {claim.number}",
        f"Partner ID of the location (not the global ID): {claim.location.partner_id}",
        f"Tenant ID: {claim.tenant_id_as_typed}",
        str(line.subscription.subscription_id),
        "2026-03-02 09:00  Claim approved",
    ):
        assert fact in text
    for person in ("Rita Vogel", claim.created_by.full_name, claim.created_by.email):
        assert person not in text
