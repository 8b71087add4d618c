"""The catalogue, the rules, letters and closing days in the hands of Ops."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from claims.models import Activity, ListedProduct, Product, Program, RuleProfile
from cpor_site.common import deliveries, outbox
from cpor_site.common.models import NonWorkingDay, OutboxMessage, User
from reviews.models import CannedText
from tests import acts, factories
from tests.shared import shared

from .editing import add, change, page, saved, shown
from .pages import browser_of, html_of, text_of

pytestmark = pytest.mark.django_db


class TestCatalogue:
    @pytest.fixture(autouse=True)
    def catalogue(self) -> None:
        factories.make_catalogue()

    def test_a_products_other_names_stand_one_on_a_line(self, client: Client) -> None:
        product = factories.product("teams")
        assert shown(client, product)["synonyms"] == "Teams\nMS Teams"

        assert saved(change(client, product, synonyms="Teams\n\n  Microsoft Teams \nTeams"))

        assert factories.product("teams").synonyms == ["Teams", "Microsoft Teams"]

    def test_an_activity_of_the_other_area(self, client: Client) -> None:
        product = factories.product("teams")
        foreign = factories.activity("presales", factories.BIZAPPS)

        response = change(client, product, activities=[foreign.pk])

        assert not saved(response)
        assert "Presales isn't an activity of Microsoft 365." in text_of(response)
        assert "Business Applications: Presales" in text_of(response)

    @pytest.mark.parametrize("model", [Product, Program, Activity, RuleProfile])
    def test_a_code_is_chosen_once(self, model: Any, client: Client) -> None:
        row = model.objects.order_by("pk").first()

        assert saved(change(client, row, code="other"))

        assert model.objects.get(pk=row.pk).code == row.code

    def test_an_activitys_channels(self, client: Client) -> None:
        activity = factories.activity()

        assert saved(change(client, activity, restricted_to_channels=["vl_ea", "csp"]))
        assert factories.activity().restricted_to_channels == ["vl_ea", "csp"]
        assert not saved(change(client, activity, restricted_to_channels=["nonsense"]))

    def test_a_programs_guide(self, client: Client) -> None:
        program = Program.objects.get(code="OSU-M365")

        assert saved(change(client, program, guide_url="guide.example/2026"))

        assert Program.objects.get(pk=program.pk).guide_url == "https://guide.example/2026"

    def test_a_rule_profile_is_checked(self, client: Client) -> None:
        profile = RuleProfile.objects.get(code="2023")
        given = shown(client, profile)
        wrong = [
            ("review_days", "0", "A deadline needs at least one day."),
            ("partner_response_days", "367", "A deadline has at most 366 days."),
            ("poe_max_age_months", "121", "A proof is at most 120 months old."),
            ("poe_max_age_months", "0", "A proof needs at least one month."),
            ("status_labels", '{"gone": "Gone"}', "There is no status “gone”."),
            ("status_labels", '["editing"]', "Write each status with its label"),
            ("status_labels", '{"editing": 1}', "Write each status with its label"),
            ("status_labels", "{", "Enter a valid JSON."),
        ]
        for field, value, sentence in wrong:
            response = client.post(page(profile, "change", profile.pk), given | {field: value})

            assert not saved(response)
            assert sentence in text_of(response)
        assert saved(client.post(page(profile, "change", profile.pk), given))

    def test_a_changed_profile_leaves_running_deadlines_alone(self, client: Client) -> None:
        claim = acts.under_review()

        RuleProfile.objects.update(disputes_per_claim=3)
        assert saved(change(client, claim.rule_profile, review_days="9"))
        assert acts.fresh(claim).rule_profile.disputes_per_claim == 1

        assert acts.fresh(claim).due_at == claim.due_at
        later = acts.under_review()
        assert later.due_at is not None
        assert claim.due_at is not None
        assert later.due_at > claim.due_at

    @pytest.mark.parametrize(
        ("model", "title"),
        [
            (RuleProfile, "Rule profiles"),
            (OutboxMessage, "Letters"),
            (CannedText, "Canned texts"),
        ],
    )
    def test_a_list_is_called_by_what_it_lists(
        self, model: Any, title: str, client: Client
    ) -> None:
        assert f"<h1>{title}</h1>" in html_of(client.get(page(model, "changelist")))

    def test_of_the_vendors_list_only_the_link_is_the_operators(self, client: Client) -> None:
        listed = factories.make_listed_product(factories.product("d365_sales"))
        other = factories.product("d365_finance")

        assert saved(change(client, listed, product=str(other.pk), display_name="Changed"))

        again = ListedProduct.objects.get(pk=listed.pk)
        assert (again.product, again.display_name) == (other, listed.display_name)


@shared
def letter() -> OutboxMessage:
    """A letter to a customer that could not be sent."""
    claim = acts.approved()
    letter = acts.letters(claim, "consent_request")[0]
    letter.state = OutboxMessage.State.FAILED
    letter.tries = 10
    letter.last_error = "SMTPRecipientsRefused"
    letter.save()
    return letter


class TestLetters:
    def test_are_read_without_the_customers_link(
        self, client: Client, letter: OutboxMessage
    ) -> None:
        shown = text_of(client.get(page(letter, "change", letter.pk)))

        assert "(the recipient's personal link)" in shown
        assert outbox.MARKER not in shown
        assert "This letter could not be sent and is not tried any more." in shown

    def test_a_failed_one_is_queued_anew_once(self, client: Client, letter: OutboxMessage) -> None:
        assert client.get(page(letter, "retry", letter.pk)).status_code == 405
        assert OutboxMessage.objects.get(pk=letter.pk).state == OutboxMessage.State.FAILED

        response = client.post(page(letter, "retry", letter.pk), follow=True)

        assert "The letter is queued and leaves within a few minutes." in text_of(response)
        again = OutboxMessage.objects.get(pk=letter.pk)
        assert (again.state, again.tries) == (OutboxMessage.State.QUEUED, 0)
        response = client.post(page(letter, "retry", letter.pk), follow=True)
        assert "Only a failed letter can be queued anew; this one isn't." in text_of(response)

    def test_one_that_came_back_is_not(self, client: Client, letter: OutboxMessage) -> None:
        sentence = "This letter came back, so it isn't sent again: the mailbox doesn't take it."
        deliveries.note_bounced(letter.pk, at=letter.created_at, reason="550 no such user")
        shown = client.get(page(letter, "change", letter.pk))
        assert sentence in text_of(shown)
        assert "550 no such user" in text_of(shown)
        assert "Queue this letter anew" not in text_of(shown)
        response = client.post(page(letter, "retry", letter.pk), follow=True)
        assert sentence in text_of(response)
        assert OutboxMessage.objects.get(pk=letter.pk).state == OutboxMessage.State.FAILED

    def test_are_found_by_what_became_of_them(self, client: Client, letter: OutboxMessage) -> None:
        deliveries.note_bounced(letter.pk, at=letter.created_at, reason="550 no such user")
        found = {
            fate: letter.recipient
            in text_of(client.get(page(letter, "changelist"), {"fate": fate}))
            for fate in ("lost", "bounced", "delivered", "unknown")
        }
        assert found == {"lost": True, "bounced": True, "delivered": False, "unknown": False}

    def test_an_auditor_is_not_offered_to(self, letter: OutboxMessage) -> None:
        auditor = browser_of(factories.make_reviewer(role="Auditor"))

        shown = html_of(auditor.get(page(letter, "change", letter.pk)))
        assert page(letter, "retry", letter.pk) not in shown


def test_closing_days_are_kept_with_who_entered_them(client: Client, ops: User) -> None:
    assert saved(add(client, NonWorkingDay, day="2026-12-24", name="Christmas Eve"))

    day = NonWorkingDay.objects.get()
    assert (day.name, day.history.get().history_user) == ("Christmas Eve", ops)
