"""The last step: what is wrong, what is unusual, and handing the claim in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from claims import actors
from claims.models import Claim, ClaimEvent
from claims.services.drafting import ClaimChanges, edit_claim, start_claim
from claims.states import Status
from cpor_site.common import clock
from tests import acts, factories
from tests.acts import fresh
from tests.claims.pages import browser_of, codes_in, html_of, problems_in, text_of, typed_in, url
from tests.shared import shared

pytestmark = pytest.mark.django_db

STATED = {"statements": "on"}
WHY = "She works for the parent company."


def covered(**fields: Any) -> Claim:
    """Return a claim in which nothing is missing and nothing unusual."""
    claim = factories.make_claim(**fields)
    claim.documents.get().covers.set(claim.lines.all())
    return claim


@shared
def draft() -> Claim:
    return covered()


@shared
def submitted(draft: Claim) -> Claim:
    return acts.submit(draft)


@shared
def reviewed(draft: Claim) -> Claim:
    return acts.under_review(draft)


@shared
def asked(draft: Claim) -> Claim:
    return acts.asked(draft)


def send(claim: Claim, entry: dict[str, str] | None = None, browser: Client | None = None) -> Any:
    """Open the last step and send it as it is, but for ``entry``."""
    browser = browser or browser_of(claim.created_by)
    address = url("claim_check", claim)
    typed = typed_in(browser.get(address)) | (entry or {})
    return browser.post(address, typed)


def boxes_of(claim: Claim) -> dict[str, tuple[str, str]]:
    """Return the names of each warning's box and reason field on the page, by code."""
    page = browser_of(claim.created_by).get(url("claim_check", claim))
    return {
        warning.code: (box.html_name, reason.html_name if reason else "")
        for warning, box, reason in page.context["form"].warning_rows()
    }


def test_every_problem_of_an_empty_draft_is_listed_with_its_place() -> None:
    user, organization = factories.make_user(), factories.make_organization()
    factories.make_membership(user, organization)
    claim = start_claim(actor=actors.partner(user), organization_id=organization.pk)
    page = browser_of(user).get(url("claim_check", claim))
    listed = codes_in(page)

    assert len(listed) == len(set(page.context["blocking"])) >= 6
    assert {"TEN-01", "DOM-01", "ACT-01", "LIN-01", "MPN-01", "CON-03", "POE-01"} <= set(listed)
    places = {problem.code: problem.href for problem in page.context["blocking"]}
    base = f"/claims/{claim.pk}/edit"
    assert places["TEN-01"] == f"{base}/customer/?saved#id_tenant_id"
    assert places["DOM-01"] == f"{base}/customer/?saved#id_domain"
    assert places["ACT-01"] == f"{base}/work/?saved#id_activity_ids"
    assert places["LIN-01"] == f"{base}/products/?saved#id_product_ids"
    assert places["MPN-01"] == f"{base}/partner/?saved#id_location_id"
    assert places["CON-03"] == f"{base}/contacts/?saved#id_business_name"
    assert places["POE-01"] == f"{base}/proof/?saved#documents"
    for href in places.values():
        there = browser_of(user).get(href.partition("#")[0])
        assert f'id="{href.partition("#")[2]}"' in html_of(there), href


def test_a_complete_claim_is_submitted(draft: Claim) -> None:
    claim = draft
    browser = browser_of(claim.created_by)
    assert "Nothing is missing." in text_of(browser.get(url("claim_check", claim)))
    answer = send(claim, STATED, browser)

    after = fresh(claim)
    assert answer.headers["Location"] == url("claim_page", claim)
    assert (after.status, after.acknowledged_by) == (Status.SUBMITTED, claim.created_by)
    assert f"{claim.number} is with the reviewers now." in text_of(
        browser.get(url("claim_page", claim))
    )


def test_without_the_statements_nothing_is_submitted(draft: Claim) -> None:
    claim = draft
    answer = send(claim)

    assert problems_in(answer) == ["SUBM-01"]
    assert 'href="#id_statements"' in html_of(answer)
    assert fresh(claim).status == Status.EDITING


def test_a_warning_has_to_be_ticked_and_links_to_its_box() -> None:
    claim = factories.make_claim()
    box, _reason = boxes_of(claim)["POE-10"]
    refused = send(claim, STATED)

    assert problems_in(refused) == ["POE-10"]
    assert f'href="#id_{box}"' in html_of(refused)
    assert typed_in(refused)["statements"] == "on"
    assert send(claim, STATED | {box: "on"}).status_code == 302
    assert list(fresh(claim).confirmed_warnings) == ["POE-10:exchange_online"]


def test_a_warning_that_needs_a_reason_keeps_what_was_written(draft: Claim) -> None:
    claim = draft
    contact = claim.contacts.get(kind="business")
    contact.email = "jana@parent-company.example"
    contact.save()
    box, reason = boxes_of(claim)["CON-01"]

    assert problems_in(send(claim, STATED | {box: "on"})) == ["CON-01"]
    unticked = send(claim, STATED | {reason: WHY})
    assert problems_in(unticked) == ["CON-01"]
    assert WHY in html_of(unticked)
    assert send(claim, STATED | {box: "on", reason: WHY}).status_code == 302
    assert list(fresh(claim).confirmed_warnings.values()) == [WHY]


def test_a_second_click_submits_once(draft: Claim) -> None:
    claim = draft
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url("claim_check", claim))) | {"statements": "on"}
    first = browser.post(url("claim_check", claim), typed)
    second = browser.post(url("claim_check", claim), typed, follow=True)

    assert first.status_code == 302
    assert second.redirect_chain == [(url("claim_page", claim), 302)]
    assert "There is nothing left to hand in: the claim is in the status “Submitted”." in text_of(
        second
    )
    assert ClaimEvent.objects.filter(claim=claim, kind="claim_submitted").count() == 1


def test_a_claim_changed_meanwhile_is_shown_as_it_stands_and_can_be_sent_again(
    draft: Claim,
) -> None:
    claim = draft
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url("claim_check", claim))) | {"statements": "on"}
    edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(name="Renamed"),
    )
    refused = browser.post(url("claim_check", claim), typed)

    assert problems_in(refused) == ["SUBM-02"]
    assert "Renamed" in text_of(refused)
    assert fresh(claim).status == Status.EDITING
    again = typed_in(refused)
    assert (again["statements"], again["version"]) == ("on", str(fresh(claim).version))
    assert browser.post(url("claim_check", claim), again).status_code == 302
    assert fresh(claim).status == Status.SUBMITTED


# -- answering -------------------------------------------------------------------------------------


def test_findings_and_question_stand_above_the_answer(asked: Claim) -> None:
    claim = asked
    page = text_of(browser_of(claim.created_by).get(url("claim_check", claim)))

    for words in (
        "Answer and resubmit",
        "Exchange Online Missing or old dates D-DATE No date. Add proof",
        "Please add the date of the signature.",
    ):
        assert words in page


def test_the_claim_page_asks_the_question_at_the_top_and_leads_to_what_can_be_changed(
    asked: Claim,
) -> None:
    claim = asked
    browser = browser_of(claim.created_by)
    browser.get(url("claim_check", claim))
    page = browser.get(url("claim_page", claim))

    todo = html_of(page).split('id="findings-title"')[1].split("</section>")[0]
    assert "Please add the date of the signature." in todo
    assert page.context["main_acts"] == [
        ("Answer and resubmit", url("claim_check", claim)),
        ("Change the claim", url("claim_edit", claim, "customer")),
    ]


def test_where_only_the_name_can_change_the_page_says_so() -> None:
    claim = acts.rejected()
    page = browser_of(claim.created_by).get(url("claim_page", claim))
    assert page.context["more_acts"][0] == (
        "Rename the claim",
        url("claim_edit", claim, "customer"),
        False,
    )


def test_an_answer_hands_the_claim_in_again(asked: Claim) -> None:
    claim = asked
    answer = send(claim, {"reply": "The date is on page 2."})

    after = fresh(claim)
    assert answer.headers["Location"] == url("claim_page", claim)
    assert (after.status, after.round, after.assigned_reviewer) == (
        Status.SUBMITTED,
        2,
        claim.assigned_reviewer,
    )
    assert claim.comments.latest("pk").body == "The date is on page 2."


def test_an_empty_answer_is_refused(asked: Claim) -> None:
    claim = asked
    answer = send(claim)

    assert problems_in(answer) == ["SUBM-04"]
    assert 'href="#id_reply"' in html_of(answer)


def test_an_answer_that_comes_too_late_meets_a_closed_claim(asked: Claim) -> None:
    from claims.services.sweeps import reject_stale_claims

    claim = asked
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url("claim_check", claim))) | {"reply": "Here it is."}
    with acts.past(claim):
        reject_stale_claims()
        late = Client()
        late.force_login(claim.created_by)
        answer = late.post(url("claim_check", claim), typed, follow=True)

        assert fresh(claim).status == Status.REJECTED
        assert "the claim is in the status “Rejected”." in text_of(answer)
        assert claim.comments.filter(body="Here it is.").count() == 0


# -- single acts -----------------------------------------------------------------------------------


def act(claim: Claim, name: str, **entry: Any) -> Any:
    browser = browser_of(claim.created_by)
    page = browser.get(url(name, claim))
    assert page.status_code == 200
    return browser.post(url(name, claim), typed_in(page) | entry)


def test_a_submitted_claim_is_recalled(submitted: Claim) -> None:
    claim = submitted
    assert act(claim, "claim_recall").status_code == 302

    assert fresh(claim).status == Status.EDITING


def is_withdrawn_with_a_reason(claim: Claim) -> None:
    assert problems_in(act(claim, "claim_withdraw")) == ["ASC-01"]
    assert act(claim, "claim_withdraw", reason="Wrong partner ID").status_code == 302

    after = fresh(claim)
    assert (after.status, after.ended_reason) == (Status.REJECTED, "Wrong partner ID")
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    assert "Closed: rejected (Partner request)." in page


def test_a_submitted_claim_is_withdrawn_with_a_reason(submitted: Claim) -> None:
    is_withdrawn_with_a_reason(submitted)


def test_a_claim_under_review_is_withdrawn_with_a_reason(reviewed: Claim) -> None:
    is_withdrawn_with_a_reason(reviewed)


def test_a_claim_with_the_partner_is_withdrawn_with_a_reason(asked: Claim) -> None:
    is_withdrawn_with_a_reason(asked)


def test_a_draft_is_discarded(draft: Claim) -> None:
    claim = draft
    assert act(claim, "claim_discard").status_code == 302

    assert fresh(claim).status == Status.CANCELLED


def doing_it_twice_says_that_it_is_done(claim: Claim, name: str) -> None:
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url(name, claim))) | {"reason": "Wrong ID"}
    assert browser.post(url(name, claim), typed).status_code == 302
    version = fresh(claim).version

    again = browser.post(url(name, claim), typed, follow=True)
    assert again.redirect_chain == [(url("claim_page", claim), 302)]
    assert "That isn't possible now: the claim is in the status" in text_of(again)
    assert fresh(claim).version == version
    page = browser.get(url(name, claim), follow=True)
    assert page.redirect_chain == [(url("claim_page", claim), 302)]


@pytest.mark.parametrize("name", ["claim_recall", "claim_withdraw"])
def test_leaving_the_reviewers_twice_says_that_it_is_done(submitted: Claim, name: str) -> None:
    doing_it_twice_says_that_it_is_done(submitted, name)


def test_discarding_twice_says_that_it_is_done(draft: Claim) -> None:
    doing_it_twice_says_that_it_is_done(draft, "claim_discard")


def test_the_page_before_an_act_names_its_consequence_and_does_nothing(submitted: Claim) -> None:
    claim = submitted
    page = text_of(browser_of(claim.created_by).get(url("claim_withdraw", claim)))

    assert "This closes the claim for good" in page
    assert fresh(claim).status == Status.SUBMITTED


def test_a_stale_page_withdraws_nothing(submitted: Claim) -> None:
    claim = submitted
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(url("claim_withdraw", claim))) | {"reason": "Wrong ID"}
    edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(name="Renamed"),
    )
    answer = browser.post(url("claim_withdraw", claim), typed)

    assert problems_in(answer) == ["SUBM-02"]
    assert "Wrong ID" in html_of(answer)
    assert fresh(claim).status == Status.SUBMITTED


# -- comments --------------------------------------------------------------------------------------


def test_a_comment_sent_twice_is_written_once(reviewed: Claim) -> None:
    claim = reviewed
    browser = browser_of(claim.created_by)
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False) as then:
        for body in ("Twice.", " Twice. ", "Something else."):
            assert browser.post(url("claim_comment", claim), {"body": body}).status_code == 302
        assert claim.comments.count() == 2
        assert claim.events.filter(kind="comment_added").count() == 2
        then.shift(timedelta(seconds=61))
        browser.post(url("claim_comment", claim), {"body": "Twice."})
    assert claim.comments.count() == 3


def test_a_reason_that_reads_like_an_event_stays_the_partners_words(submitted: Claim) -> None:
    claim = submitted
    assert act(claim, "claim_withdraw", reason="claim_approved").status_code == 302

    assert fresh(claim).ended_reason == "claim_approved"
    page = text_of(browser_of(claim.created_by).get(url("claim_history", claim)))
    assert "Claim withdrawn" in page
    assert "Claim approved" not in page


def test_a_comment_is_written_and_shown(reviewed: Claim) -> None:
    claim = reviewed
    browser = browser_of(claim.created_by)
    answer = browser.post(url("claim_comment", claim), {"body": "Two\nlines <b>"}, follow=True)

    assert answer.redirect_chain == [(url("claim_page", claim), 302)]
    assert "Two\nlines &lt;b&gt;" in html_of(answer)
    assert claim.comments.get().author == claim.created_by


@pytest.mark.parametrize("body", ["", "   ", "x" * 5001])
def test_a_refused_comment_stays_in_its_field(reviewed: Claim, body: str) -> None:
    claim = reviewed
    answer = browser_of(claim.created_by).post(url("claim_comment", claim), {"body": body})

    assert answer.status_code == 200
    assert 'href="#id_body"' in html_of(answer)
    assert answer.context["comment_form"]["body"].value() == body
    assert claim.comments.count() == 0


def test_nobody_writes_on_a_closed_claim(draft: Claim) -> None:
    claim = draft
    act(claim, "claim_discard")
    browser = browser_of(claim.created_by)
    page = browser.get(url("claim_page", claim))

    assert "Send the comment" not in text_of(page)
    answer = browser.post(url("claim_comment", claim), {"body": "Still here?"})
    assert "can&#x27;t be changed that way" in html_of(answer).replace("'", "&#x27;")
    assert claim.comments.count() == 0


# -- the page of a claim ---------------------------------------------------------------------------


def test_the_page_names_the_move_in_the_readers_zone() -> None:
    user = factories.make_user(time_zone="Asia/Taipei")
    with time_machine.travel(factories.at("2026-05-21T09:00+02:00"), tick=False):
        claim = acts.asked(covered(user=user))
        browser = Client()
        browser.force_login(user)
        page = text_of(browser.get(url("claim_page", claim)))

    assert "Your move: answer by Sat 30 May 2026, 05:59 (5 business days left)." in page
    assert "(Asia/Taipei)" in page
    assert "Missing or old dates D-DATE" in page


def test_the_subscription_is_shown_once_the_claim_is_approved() -> None:
    tenant = factories.make_tenant()
    sold = factories.make_subscription(tenant)
    claim = covered(
        tenant=tenant,
        area_code=factories.BIZAPPS,
        products=("d365_sales",),
        subscriptions=(sold,),
    )
    claim.lines.update(subscription=None, subscription_as_typed="")
    claim = acts.approved(claim)

    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    assert str(sold.subscription_id) in page
    assert "Approved. The letter to the customer is on its way." in page
    assert offers_in(claim) == []


def offers_in(claim: Claim) -> list[str]:
    offers = ("Recall the claim…", "Withdraw the claim…", "Discard the draft…")
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    return [each for each in offers if each in page]


def test_a_draft_can_be_discarded(draft: Claim) -> None:
    assert offers_in(draft) == ["Discard the draft…"]


def test_a_submitted_claim_can_be_recalled_or_withdrawn(submitted: Claim) -> None:
    assert offers_in(submitted) == ["Recall the claim…", "Withdraw the claim…"]


def test_a_claim_with_the_partner_can_be_withdrawn(asked: Claim) -> None:
    assert offers_in(asked) == ["Withdraw the claim…"]


def test_an_answered_claim_can_not_be_recalled(asked: Claim) -> None:
    claim = asked
    send(claim, {"reply": "Here it is."})
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))

    assert "Recall the claim…" not in page


def test_the_rejection_shows_what_the_reviewer_wrote(reviewed: Claim) -> None:
    from reviews.services import decisions

    claim = reviewed
    assert claim.assigned_reviewer is not None
    decisions.reject_claim(
        claim_id=claim.pk,
        actor=actors.reviewer(claim.assigned_reviewer),
        reasons=["R-POE"],
        text="The work isn't described.",
        internal_note="Third time.",
    )
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))

    assert "Rejected (Insufficient PoE). You can dispute it until" in page
    assert "The work isn't described." in page
    assert "Third time." not in page


def test_files_go_with_a_comment_and_become_documents(asked: Claim) -> None:
    claim = asked
    browser = browser_of(claim.created_by)
    files = [
        SimpleUploadedFile("mail.pdf", factories.make_pdf("Mail")),
        SimpleUploadedFile("bad.exe", b"MZ"),
    ]
    answer = browser.post(url("claim_comment", claim), {"body": "See the mail.", "files": files})

    document = claim.documents.get(original_name="mail.pdf")
    assert document.comment is not None
    assert document.comment.body == "See the mail."
    assert "POE-02" in codes_in(answer)
    assert 'href="#id_files"' in html_of(answer)
    assert "See the mail.</textarea>" not in html_of(answer)
    page = text_of(browser.get(url("claim_page", claim)))
    assert "See the mail. File: mail.pdf" in page


def test_a_file_without_a_text_is_kept_and_the_text_asked_for(asked: Claim) -> None:
    claim = asked
    answer = browser_of(claim.created_by).post(
        url("claim_comment", claim),
        {"body": "", "files": SimpleUploadedFile("mail.pdf", factories.make_pdf("Mail"))},
    )

    assert claim.documents.get(original_name="mail.pdf").comment is None
    assert "Write something before you send it." in text_of(answer)
    assert "Kept among the documents: mail.pdf." in text_of(answer)
    assert claim.comments.filter(side="partner").count() == 0


def test_save_and_leave_keeps_what_was_ticked_and_the_answer_begun() -> None:
    claim = acts.asked(factories.make_claim(location=factories.make_location(country="PL")))
    browser = browser_of(claim.created_by)
    address = url("claim_check", claim)
    typed = typed_in(browser.get(address)) | {"reply": "Half an ans", "leave": "1"}
    assert browser.post(address, typed).headers["Location"] == url("claim_page", claim)

    assert typed_in(browser.get(address))["reply"] == "Half an ans"
    assert fresh(claim).status == Status.PARTNER_ACTION_REQUIRED

    draft = factories.make_claim(location=factories.make_location(country="PL"))
    browser = browser_of(draft.created_by)
    address = url("claim_check", draft)
    form = browser.get(address).context["form"]
    (box, *_more) = (name for name in form.fields if name.startswith("confirm_"))
    browser.post(address, {"version": draft.version, box: "on", "leave": "1"})
    assert typed_in(browser.get(address))[box] == "on"
    browser.post(address, {"version": fresh(draft).version, "leave": "1"})
    assert fresh(draft).confirmed_warnings == {}


def test_what_an_edit_of_a_waiting_claim_warns_of_is_asked_before_it_is_saved() -> None:
    claim = acts.submit(factories.make_claim())
    abroad = factories.make_location(claim.organization, country="PL")
    browser = browser_of(claim.created_by)
    address = url("claim_edit", claim, "partner")
    typed = typed_in(browser.get(address)) | {"location_id": abroad.pk}
    answer = browser.post(address, typed)

    assert problems_in(answer) == ["MPN-07"]
    assert fresh(claim).location == claim.location
    (warning,) = answer.context["boxes"].warnings
    box = answer.context["boxes"].box_of(warning).removeprefix("id_")
    confirmed = typed_in(answer) | {"warning": warning.key, box: "on"}
    assert browser.post(address, confirmed).headers["Location"] == url("claim_page", claim)
    assert fresh(claim).location == abroad
    assert warning.key in fresh(claim).confirmed_warnings
