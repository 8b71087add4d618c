"""The rules of 2023 beside those of 2020 in one database (scenario 20 of section 10)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from claims import actors, exports
from claims.models import Activity, Claim
from claims.refusals import MovedOn
from claims.services.disputes import dispute_claim
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.endings import end_association
from claims.services.submission import recall_claim
from claims.services.sweeps import reject_stale_claims
from claims.states import Status
from cpor_site.common.problems import Refused
from reviews.services import decisions
from reviews.services.decisions import FindingEntry
from tests import acts, factories
from tests.claims.pages import browser_of, text_of, url
from tests.reviews.pages import shown

pytestmark = pytest.mark.django_db
NEWER, OLDER = "2023", "2020"


@pytest.fixture(autouse=True)
def _a_monday() -> Iterator[None]:
    with time_machine.travel("2026-03-02T09:00+00:00", tick=False):
        yield


@pytest.fixture
def both(settings: Settings) -> dict[str, Claim]:
    """A draft under each profile, of one partner."""
    location, user = factories.make_location(), factories.make_user()
    return {
        code: factories.make_claim(location=location, user=user, rule_profile=code)
        for code in (OLDER, NEWER)
    }


def submit(claims: dict[str, Claim], settings: Settings) -> dict[str, Claim]:
    """Hand each in while its profile is that of new claims."""
    found = {}
    for code, claim in claims.items():
        settings.CPOR_RULE_PROFILE = code
        found[code] = acts.submit(claim)
    return found


def taken_up(claim: Claim) -> actors.Actor:
    """Let a reviewer take the claim up, and return who it is."""
    actor = actors.reviewer(factories.make_reviewer())
    decisions.take_up_claim(claim_id=claim.pk, actor=actor)
    return actor


def approved(claim: Claim) -> Claim:
    return decisions.approve_claim(claim_id=claim.pk, actor=taken_up(claim))


def asked(claim: Claim) -> Claim:
    return decisions.request_action(
        claim_id=claim.pk,
        actor=taken_up(claim),
        findings=[FindingEntry("D-DATE")],
        comment="Which date?",
    )


def record_of(claim: Claim) -> dict[str, object]:
    return dict(next(exports.records(Claim.objects.filter(pk=claim.pk), per_line=True)))


def each_page(claim: Claim) -> list[str]:
    """Return the words of every page that names the claim's status or its work."""
    browser = browser_of(claim.created_by)
    lead = factories.make_reviewer(role="Lead reviewer")
    number = f"{reverse('claim_list')}?q={claim.number}"
    return [
        text_of(browser.get(url("claim_page", claim))),
        text_of(browser.get(number)),
        shown(claim, lead),
    ]


def test_scenario_20_names_of_states_and_work(both: dict[str, Claim], settings: Settings) -> None:
    names = {
        OLDER: ("Editing", "Microsoft 365", "Usage"),
        NEWER: ("Draft", "Modern Work and Security", "Use or consume"),
    }
    for code, claim in both.items():
        label, area, activity = names[code]
        assert claim.rule_profile_id == code
        for words in each_page(claim):
            assert f" {label} " in words
            assert area in words
            assert activity in words
        record = record_of(claim)
        assert (record["status_label"], record["solution_area"], record["activities"]) == (
            label,
            area,
            [activity],
        )
        assert record["activity"] == activity

    for code, claim in submit(both, settings).items():
        activity = names[code][2]
        assert (
            f"Exchange Online – {activity}" in acts.letters(claim, "claim_submitted")[0].text_body
        )
        stands = approved(claim)
        assert f"– {activity}" in acts.letters(stands, "consent_request")[0].text_body
        page = Client().get(reverse("consent_page", args=[acts.token_of(stands)]))
        assert f"Exchange Online – {activity}" in page.content.decode()


def test_scenario_20_edits_clocks_and_one_dispute(
    both: dict[str, Claim], settings: Settings
) -> None:
    submitted = submit(both, settings)

    def say_where(claim: Claim) -> Claim:
        return edit_claim(
            claim_id=claim.pk,
            actor=actors.partner(claim.created_by),
            version=acts.fresh(claim).version,
            changes=ClaimChanges(location_id=claim.location_id),
        )

    assert say_where(submitted[OLDER]).status == Status.SUBMITTED
    with pytest.raises(MovedOn):
        say_where(submitted[NEWER])

    due, filed = {}, {}
    for code, claim in submitted.items():
        settings.CPOR_RULE_PROFILE = OLDER  # What holds for new claims changes nothing here.
        waiting = asked(claim)
        assert waiting.due_at is not None
        due[code] = waiting.due_at.date().isoformat()
        with acts.past(waiting):
            reject_stale_claims()
            rejected = acts.fresh(claim)
            dispute_claim(
                claim_id=claim.pk,
                actor=actors.partner(claim.created_by),
                justification="We did answer.",
            )
            final = decisions.reject_claim(
                claim_id=claim.pk,
                actor=actors.reviewer(factories.make_reviewer()),
                reasons=["R-POE"],
                text="No.",
            )
            filed[code] = (rejected.deadline_kind, final.due_at)
            with pytest.raises(Refused) as caught:
                dispute_claim(
                    claim_id=claim.pk,
                    actor=actors.partner(claim.created_by),
                    justification="Again.",
                )
            assert caught.value.codes == ("DIS-02",)
            label = {OLDER: "Rejected, final", NEWER: "Rejected final"}[code]
            assert all(f" {label} " in words for words in each_page(final))
            assert record_of(final)["status_label"] == label
    assert due == {OLDER: "2026-03-09", NEWER: "2026-03-20"}
    assert filed == dict.fromkeys((OLDER, NEWER), ("dispute_filing", None))


def test_scenario_20_business_applications_and_the_end(settings: Settings) -> None:
    """No technical contact, always a subscription; a reason is needed to end an association."""
    for code, wanted in ((OLDER, ["CON-04"]), (NEWER, [])):
        settings.CPOR_RULE_PROFILE = code
        claim = factories.make_claim(
            area_code=factories.BIZAPPS, products=("d365_sales",), rule_profile=code
        )
        claim.contacts.filter(kind="technical").delete()
        try:
            acts.submit(claim)
            found = []
        except Refused as refusal:
            found = [each.code for each in refusal.problems if each.blocks]
        assert bool(found) == bool(wanted), (code, found)

    claim = acts.active(factories.make_claim(rule_profile=NEWER))
    assert claim.rule_profile_id == NEWER
    with time_machine.travel("2026-03-20T09:00+00:00", tick=False):
        actor = actors.partner(claim.created_by)
        with pytest.raises(Refused) as caught:
            end_association(claim_id=claim.pk, actor=actor, reason=" ")
        assert caught.value.codes == ("ASC-01",)


def test_a_recalled_claim_stays_under_its_profile_whatever_ops_switch_to(
    settings: Settings,
) -> None:
    settings.CPOR_RULE_PROFILE = NEWER
    claim = acts.submit(factories.make_claim())
    assert claim.rule_profile_id == NEWER
    settings.CPOR_RULE_PROFILE = OLDER
    recalled = recall_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by))
    assert acts.submit(acts.fresh(recalled)).rule_profile_id == NEWER


def test_what_is_called_non_incentivized_promises_no_payment() -> None:
    usage = Activity.objects.get(area__code="business_applications", code="usage")
    assert [usage.is_unpaid_in(code) for code in (OLDER, NEWER)] == [False, True]

    draft = factories.make_claim(rule_profile=NEWER)
    page = text_of(browser_of(draft.created_by).get(reverse("claim_edit", args=[draft.pk, "work"])))
    assert "Use or consume can be paid" in page
    assert f"{usage.name_2023} recognition only" in page
