"""The pages on which a partner disputes, ends, copies, renews, replaces, and asks support."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from claims.models import Claim, Dispute, PoEDocument, Subscription
from claims.states import Status
from consent.services.windows import finalise_consent_windows
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, problems_in, text_of, typed_in, url
from tests.files import pdf, upload
from tests.shared import shared

pytestmark = pytest.mark.django_db


MONDAY = factories.at("2026-03-02T09:00+00:00")


@pytest.fixture(autouse=True)
def on_a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
def rejected() -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return acts.rejected()


@shared
def in_window() -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return acts.in_window()


@shared
def active(in_window: Claim) -> Claim:
    with acts.past(in_window):
        finalise_consent_windows()
    return acts.fresh(in_window)


def send(claim: Claim, name: str, **typed: Any) -> Any:
    """Open the page as the claim's maker, fill it in and send it."""
    browser = browser_of(claim.created_by)
    address = url(name, claim)
    return browser.post(address, typed_in(browser.get(address)) | typed, follow=True)


def names(claim: Claim) -> list[str]:
    added = PoEDocument.objects.filter(claim=claim, occasion=PoEDocument.Occasion.DISPUTE)
    return sorted(added.values_list("original_name", flat=True))


class TestDisputing:
    def test_the_page_says_what_was_decided_until_when_and_what_follows(
        self, rejected: Claim
    ) -> None:
        claim = rejected
        page = text_of(browser_of(claim.created_by).get(url("claim_dispute", claim)))
        for words in (
            "Rejected on Mon 2 March 2026",
            "The proof names no product.",
            "Can be disputed until Wed 1 April 2026",
            "answers within 5 business days. A claim can be disputed once.",
        ):
            assert words in page

    def test_words_and_several_files_go_together(self, rejected: Claim) -> None:
        claim = rejected
        files = [upload("one.pdf", pdf("One")), upload("two.pdf", pdf("Two"))]
        page = text_of(send(claim, "claim_dispute", justification="See page 3.", files=files))

        assert "Your dispute is with the reviewers. Somebody new looks at the claim." in page
        assert acts.fresh(claim).status == Status.DISPUTED
        assert Dispute.objects.get(claim=claim).justification == "See page 3."
        assert names(claim) == ["one.pdf", "two.pdf"]

    def test_a_bad_file_stops_the_dispute_and_loses_neither_words_nor_the_good_one(
        self, rejected: Claim
    ) -> None:
        claim = rejected
        files = [upload("good.pdf", pdf("Good")), upload("bad.exe", b"MZ")]
        answer = send(claim, "claim_dispute", justification="See page 3.", files=files)

        assert (answer.status_code, problems_in(answer)) == (200, ["POE-02"])
        assert "See page 3." in html_of(answer)
        assert names(claim) == ["good.pdf"]
        assert "good.pdf" in text_of(answer)
        assert acts.fresh(claim).status == Status.REJECTED
        assert send(claim, "claim_dispute").status_code == 200
        assert acts.fresh(claim).status == Status.DISPUTED

    def test_nothing_at_all_is_refused(self, rejected: Claim) -> None:
        answer = send(rejected, "claim_dispute")
        assert (answer.status_code, problems_in(answer)) == (200, ["DIS-03"])

    def test_after_the_last_day_the_page_offers_a_copy_instead(self, rejected: Claim) -> None:
        claim = rejected
        assert claim.due_at is not None
        with time_machine.travel(claim.due_at + timedelta(seconds=1), tick=False):
            answer = browser_of(claim.created_by).get(url("claim_dispute", claim))
        assert "ended on Wed 1 April 2026" in text_of(answer)
        assert "Send the dispute" not in text_of(answer)
        assert f'href="{url("claim_copy", claim)}"' in html_of(answer)

    def test_a_second_click_says_where_the_claim_is(self, rejected: Claim) -> None:
        claim = rejected
        browser = browser_of(claim.created_by)
        typed = typed_in(browser.get(url("claim_dispute", claim))) | {"justification": "Look."}
        assert browser.post(url("claim_dispute", claim), typed).status_code == 302
        again = browser.post(url("claim_dispute", claim), typed, follow=True)

        assert again.redirect_chain == [(url("claim_page", claim), 302)]
        assert "your dispute is answered by Mon 9 March 2026" in text_of(again)
        assert Dispute.objects.count() == 1


class TestEnding:
    def test_with_a_reason_while_the_window_is_open(self, in_window: Claim) -> None:
        self.ends(in_window)

    def test_with_a_reason_when_it_is_in_force(self, active: Claim) -> None:
        self.ends(active)

    def ends(self, claim: Claim) -> None:
        with time_machine.travel("2026-03-16T09:00+00:00", tick=False):
            answer = send(claim, "claim_end", reason="The project is over.")

        assert "The association has ended." in text_of(answer)
        assert "Reason: The project is over." in text_of(answer)
        assert acts.fresh(claim).status == Status.ENDED

    def test_without_a_reason_nothing_happens(self, active: Claim) -> None:
        claim = active
        answer = send(claim, "claim_end")
        assert problems_in(answer) == ["ASC-01"]
        assert html_of(answer).count("Tell us why you&#x27;re ending the association.") == 2
        assert acts.fresh(claim).status == Status.APPROVED


class TestStartingAnew:
    def test_a_copy_leads_into_the_new_draft(self, rejected: Claim) -> None:
        claim = rejected
        answer = send(claim, "claim_copy")
        copy = Claim.objects.get(copied_from=claim)

        assert answer.redirect_chain[-1][0].startswith(f"/claims/{copy.pk}/")
        assert f"Draft {copy.number} is started." in text_of(answer)
        assert copy.documents.count() == 1

    def test_a_replacement_of_an_active_claim(self, active: Claim) -> None:
        claim = active
        send(claim, "claim_replace")
        assert Claim.objects.get(replaces=claim).status == Status.EDITING

    @pytest.mark.parametrize(("wanted", "taken"), [({}, 0), ({"with_documents": "on"}, 1)])
    def test_a_renewal_leaves_the_proof_behind_unless_it_is_wanted(
        self, wanted: dict[str, str], taken: int
    ) -> None:
        claim = acts.active(
            factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
        )
        Subscription.objects.filter(tenant=claim.tenant).update(ends_on=date(2026, 4, 1))
        with time_machine.travel("2026-03-16T09:00+00:00", tick=False):
            send(claim, "claim_renew", **wanted)
        assert Claim.objects.get(copied_from=claim).documents.count() == taken

    def test_what_is_not_offered_says_where_the_claim_is(self) -> None:
        claim = acts.submit(factories.make_claim())
        browser = browser_of(claim.created_by)
        for name in ("claim_copy", "claim_replace", "claim_renew"):
            answer = browser.get(url(name, claim), follow=True)
            assert answer.redirect_chain == [(url("claim_page", claim), 302)]
            assert "the claim is in the status “Submitted”" in text_of(answer)


class TestSupport:
    def test_page_and_file_hold_the_same_text(self, active: Claim) -> None:
        claim = active
        browser = browser_of(claim.created_by)
        file = browser.get(url("claim_support_file", claim))
        page = html_of(browser.get(url("claim_support", claim)))

        assert file["Content-Type"] == "text/plain; charset=utf-8"
        assert file["Content-Disposition"] == f'attachment; filename="{claim.number}.txt"'
        text = file.content.decode()
        assert f"Claim: {claim.number}\n" in text
        assert "Association active since: 2026-03-09 23:05" in text
        assert "claims/copy.js" in page
        assert f"Claim: {claim.number}" in page
        reviewer = claim.assigned_reviewer
        assert reviewer is not None
        assert reviewer.full_name not in text
