"""The scenarios of section 10 in which nobody competes: one named test each.

Those in which partners compete or dispute are in ``test_competing``, two acts in the very same
instant (7 and 10 once more) in ``tests/races``, and 20 is in ``tests/claims/test_profile_2023``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from claims import actors, checks, selectors
from claims.models import Association, Claim, Subscription
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.submission import resubmit_claim
from claims.services.subscription_ends import end_expired_subscriptions
from claims.services.sweeps import reject_stale_claims
from claims.states import AssociationState, Status
from consent.models import ConsentAnswer, ConsentRecipient, IncentiveHandoff
from consent.services import answers, withdrawals
from consent.services.answers import Responder, WindowOver
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock, deliveries, outbox
from cpor_site.common.models import OutboxMessage
from cpor_site.common.problems import Refused
from reviews.services import decisions
from tests import acts, factories
from tests.claims.asking import codes, submission
from tests.claims.pages import browser_of, url
from tests.factories import BIZAPPS, at
from tests.shared import shared

pytestmark = pytest.mark.django_db
CIO = Responder(name="Jana Meier", title="CIO")


def on(text: str) -> time_machine.travel:
    return time_machine.travel(at(text), tick=False)


def text_of(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def test_scenario_01_three_workloads_are_approved_and_handed_over_by_silence() -> None:
    claim = acts.in_window(factories.make_claim(products=("exchange_online", "teams", "intune")))
    assert claim.status == Status.APPROVED
    with acts.past(claim):
        assert finalise_consent_windows().acted == 1
    claim = acts.fresh(claim)
    assert (claim.status, claim.association_state) == (Status.APPROVED, AssociationState.ACTIVE)
    assert (claim.deadline_kind, claim.due_at) == ("", None)
    rows = IncentiveHandoff.objects.filter(claim=claim).order_by("pk")
    assert [row.payload["product"] for row in rows] == ["exchange_online", "teams", "intune"]
    states = Association.objects.filter(claim=claim).values_list("state", flat=True)
    assert list(states) == [AssociationState.ACTIVE] * 3
    assert ">Approved<" in text_of(browser_of(claim.created_by), reverse("claim_list")).replace(
        " Approved<", ">Approved<"
    )


def test_scenario_02_the_subscription_is_asked_for_where_there_are_two_and_shown_later() -> None:
    tenant = factories.make_tenant()
    sales, service = (factories.product(code) for code in ("d365_sales", "d365_customer_service"))
    first, second = (factories.make_subscription(tenant, sales) for _ in range(2))
    factories.make_subscription(tenant, service)
    claim = factories.make_claim(
        tenant=tenant,
        area_code=BIZAPPS,
        products=("d365_sales", "d365_customer_service"),
        subscriptions=(None, None),
    )
    [problem] = checks.check_lines(claim, clock.now())
    assert problem.code == "SUB-01"
    assert "2 subscriptions" in str(problem.message)
    claim.lines.filter(product=sales).update(subscription_as_typed=str(second.subscription_id))
    claim = acts.active(claim)
    shown = text_of(browser_of(claim.created_by), url("claim_page", claim))
    bought = Subscription.objects.filter(lines__claim=claim)
    assert bought.count() == 2
    assert all(str(each.subscription_id) in shown for each in bought)
    assert str(first.subscription_id) not in shown


@pytest.mark.parametrize(
    ("subscription", "code"),
    [
        ("an order number", "SUB-02"),
        ("another customer's", "SUB-03"),
        ("another product's", "SUB-05"),
        ("mail and CSP", "SUB-06"),
        ("CSP", "SUB-07"),
        ("not set up yet", "SUB-09"),
        ("suspended", "SUB-10"),
    ],
)
def test_scenario_03_each_error_of_a_subscription_has_a_code_of_its_own(
    subscription: str, code: str
) -> None:
    tenant = factories.make_tenant()
    factories.make_subscription(tenant)
    mail, service = (factories.product(code) for code in ("exchange_online", "d365_marketing"))

    def bought(**fields: Any) -> str:
        return str(factories.make_subscription(tenant, **fields).subscription_id)

    typed = {
        "an order number": lambda: "4711",
        "another customer's": lambda: str(
            factories.make_subscription(factories.make_tenant()).subscription_id
        ),
        "another product's": lambda: bought(product=service),
        "mail and CSP": lambda: bought(product=mail, channel="csp"),
        "CSP": lambda: bought(channel="csp"),
        "not set up yet": lambda: bought(state="not_activated", provisioned_at=None),
        "suspended": lambda: bought(state="suspended"),
    }[subscription]()
    claim = factories.make_claim(
        tenant=tenant, area_code=BIZAPPS, products=("d365_sales",), subscriptions=(None,)
    )
    claim.lines.update(subscription_as_typed=typed)
    assert codes(checks.check_lines(claim, clock.now())) == [code]


def test_scenario_04_five_business_days_over_a_holiday_and_a_job_two_days_late() -> None:
    with on("2026-05-22T16:00+02:00"):
        silent, answered = acts.asked(), acts.asked()
    assert silent.due_at == at("2026-06-01T23:59:59+02:00")
    with on("2026-06-01T23:58:59+02:00"):
        assert reject_stale_claims().examined == 0
        resubmit_claim(
            claim_id=answered.pk,
            actor=actors.partner(answered.created_by),
            version=answered.version,
            reply="Here.",
        )
    with on("2026-06-03T23:59:59+02:00"):
        assert (reject_stale_claims().acted, reject_stale_claims().examined) == (1, 0)
    assert acts.fresh(answered).status == Status.SUBMITTED
    silent = acts.fresh(silent)
    assert (silent.status, silent.rejection_reasons) == (Status.REJECTED, ["R-NORESP"])
    assert silent.decided_at == at("2026-06-03T23:59:59+02:00")
    event = silent.events.get(kind="claim_rejected")
    assert (event.side, event.nominal_due_at) == ("system", at("2026-06-01T23:59:59+02:00"))


def test_scenario_05_a_refusal_at_the_last_minute_and_a_withdrawal_on_the_next_day() -> None:
    with on("2026-06-01T10:00+02:00"):
        refused, withdrawn = acts.in_window(), acts.in_window()
    with on("2026-06-08T23:59:00+02:00"):
        answers.decline(token=acts.token_of(refused), responder=CIO)
    assert acts.fresh(refused).status == Status.REJECTED
    with on("2026-06-09T08:00:00+02:00"):
        finalise_consent_windows()
        token = acts.token_of(withdrawn)
        with pytest.raises(WindowOver) as refusal:
            answers.decline(token=token, responder=CIO)
        assert refusal.value.codes == ("TOK-03",)
        withdrawals.withdraw(token=token, responder=CIO)
    claim = acts.fresh(withdrawn)
    assert (claim.status, claim.association_state) == (Status.ENDED, AssociationState.ENDED)
    kinds = IncentiveHandoff.objects.filter(claim=claim).values_list("kind", flat=True)
    assert sorted(kinds) == ["start", "termination"]


@shared
def window() -> Claim:
    return acts.in_window()


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("page", ["consent_page", "consent_agree", "consent_decline"])
def test_scenario_06_a_mail_scanner_changes_nothing(
    client: Client, page: str, method: str, window: Claim
) -> None:
    claim = window
    before = (Claim.objects.values().get(pk=claim.pk), claim.events.count())
    address = reverse(page, args=[acts.token_of(claim)])
    assert getattr(client, method)(address).status_code == 200
    assert (Claim.objects.values().get(pk=claim.pk), claim.events.count()) == before
    assert not ConsentAnswer.objects.exists()


def test_scenario_07_a_reviewer_takes_up_what_a_partner_is_editing() -> None:
    claim = acts.submit(factories.make_claim())

    def edit(name: str) -> None:
        edit_claim(
            claim_id=claim.pk,
            actor=actors.partner(claim.created_by),
            version=claim.version,
            changes=ClaimChanges(name=name, location_id=claim.location_id),
        )

    edit("Seen by nobody else")
    with pytest.raises(Refused) as refusal:
        edit("From an old page")
    assert refusal.value.codes == ("SUBM-02",)
    reviewer = actors.reviewer(factories.make_reviewer())
    decisions.take_up_claim(claim_id=claim.pk, actor=reviewer)
    with pytest.raises(Refused) as refusal:
        edit_claim(
            claim_id=claim.pk,
            actor=actors.partner(claim.created_by),
            version=acts.fresh(claim).version,
            changes=ClaimChanges(location_id=claim.location_id),
        )
    assert refusal.value.codes == ("SUBM-03",)
    assert acts.fresh(claim).name == "Seen by nobody else"


def test_scenario_12_the_rejection_letter_names_the_reasons_place_and_how_to_dispute() -> None:
    with on("2026-05-22T16:00+02:00"):
        claim = acts.asked()
    with on("2026-06-02T00:06+02:00"):
        reject_stale_claims()
    letter = acts.letters(claim, "claim_rejected")[0]
    text = " ".join(letter.text_body.split())
    assert claim.number in text
    assert f"/claims/{claim.pk}/" in text
    assert "dispute" in text.lower()
    assert "2 July 2026" in text or "2 July 2026" in text


@pytest.mark.parametrize(
    ("activities", "found"),
    [
        (("usage", "presales"), []),
        (("revenue", "usage"), ["ACT-02"]),
        (("revenue", "presales"), ["ACT-02"]),
    ],
)
def test_scenario_13_what_can_be_claimed_together(
    activities: tuple[str, ...], found: list[str]
) -> None:
    claim = factories.make_claim(
        area_code=BIZAPPS,
        products=("d365_sales",),
        activities=activities,
        solution_seller_name="S. Eller",
        revenue_customer_name="Contoso",
        isv_product_name="Add-on",
    )
    assert [code for code in codes(submission(claim)) if code.startswith("ACT-02")] == found


def test_scenario_14_a_location_enrolled_in_sell_only_can_not_claim_usage() -> None:
    location = factories.make_location(enrolled=False)
    factories.make_enrollment(location, "OSA-BIZAPPS")

    def blocking(activity: str) -> list[str]:
        claim = factories.make_claim(
            area_code=BIZAPPS,
            products=("d365_sales",),
            location=location,
            activities=(activity,),
        )
        return [problem.code for problem in submission(claim) if problem.blocks]

    assert blocking("usage") == ["MPN-03"]
    assert blocking("presales") == []


def test_scenario_15_a_consent_letter_that_bounces_starts_no_clock(window: Claim) -> None:
    claim = window
    recipient = ConsentRecipient.objects.get(request__claim=claim, role="business")
    letter = OutboxMessage.objects.get(key=f"consent_request:{recipient.pk}")
    deliveries.note_bounced(letter.pk, at=clock.now(), reason="550 no such user")
    claim = acts.fresh(claim)
    assert (claim.consent_sent_at, claim.consent_closes_at, claim.due_at) == (None, None, None)
    assert claim.awaits_contact
    with time_machine.travel(clock.now() + timedelta(days=60), tick=False):
        outbox.send_due()
        assert finalise_consent_windows().acted == 0
    assert acts.fresh(claim).association_state == AssociationState.PROVISIONAL


def test_scenario_17_a_subscription_ends_its_line_alone_and_the_renewal_is_prefilled() -> None:
    tenant = factories.make_tenant()
    sales = factories.product("d365_sales")
    today = factories.today()
    ends, lasts = (
        factories.make_subscription(tenant, sales, ends_on=today + timedelta(days=days))
        for days in (60, 600)
    )
    claim = acts.active(
        factories.make_claim(
            tenant=tenant,
            area_code=BIZAPPS,
            products=("d365_sales", "d365_sales"),
            subscriptions=(ends, lasts),
        )
    )
    with time_machine.travel(clock.now() + timedelta(days=95), tick=False):
        end_expired_subscriptions()
        claim = acts.fresh(claim)
        found = dict(
            Association.objects.filter(claim=claim).values_list("line__subscription", "state")
        )
        assert found == {ends.pk: AssociationState.ENDED, lasts.pk: AssociationState.ACTIVE}
        assert claim.status == Status.APPROVED
        browser_of(claim.created_by).post(url("claim_renew", claim), {"version": claim.version})
    renewal = Claim.objects.get(copied_from=claim)
    assert (renewal.status, renewal.is_renewal) == (Status.EDITING, True)
    assert (renewal.tenant, renewal.location) == (claim.tenant, claim.location)
    assert renewal.contacts.count() == claim.contacts.count()


def test_scenario_18_the_history_shows_both_sides_and_no_internal_note() -> None:
    claim = acts.under_review()
    assert claim.assigned_reviewer is not None
    decisions.approve_claim(
        claim_id=claim.pk,
        actor=actors.reviewer(claim.assigned_reviewer),
        text="Thank you for the dates.",
        internal_note="The signature was checked by telephone.",
    )
    theirs = text_of(browser_of(claim.created_by), url("claim_history", claim))
    assert "Submitted" in theirs
    assert "Thank you for the dates." in theirs
    assert "by telephone" not in theirs
    assert claim.assigned_reviewer.full_name not in theirs


def test_scenario_19_a_person_of_one_location_sees_no_other_locations_claims() -> None:
    organization = factories.make_organization()
    munich, berlin = (factories.make_location(organization) for _ in range(2))
    scoped, colleague = factories.make_user(), factories.make_user()
    factories.make_membership(scoped, organization, locations=[munich])
    factories.make_membership(colleague, organization)
    here, there = (
        factories.make_claim(user=colleague, location=location) for location in (munich, berlin)
    )
    assert set(selectors.claims_for(scoped)) == {here}
    browser = browser_of(scoped)
    assert [browser.get(url("claim_page", each)).status_code for each in (here, there)] == [
        200,
        404,
    ]
