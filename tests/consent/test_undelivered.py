"""A letter to the customer that doesn't arrive stops the clock until somebody else is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from claims import actors
from claims.models import Claim, ClaimContact, ClaimEvent
from claims.services.contacts import name_other_contact
from claims.services.drafting import ContactEntry
from claims.states import AssociationState, DeadlineKind, Status
from consent.models import ConsentEvent, ConsentRecipient, ConsentRequest
from consent.services import answers
from consent.services.answers import LinkSuperseded, Responder
from consent.services.extensions import extend_window
from consent.services.reminders import remind_customers
from consent.services.windows import finalise_consent_windows
from consent.tokens import token_for
from cpor_site.common import deliveries, outbox
from cpor_site.common.models import OutboxMessage, User
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.factories import at
from tests.shared import shared
from tests.smtp_server import Mailroom, mail_server

pytestmark = pytest.mark.django_db

MONDAY = at("2026-06-01T10:00+02:00")
TUESDAY = at("2026-06-02T10:00+02:00")
FRIDAY = at("2026-06-05T10:00+02:00")
CLOSES = at("2026-06-08T23:59:59+02:00")
LATE = at("2026-06-20T10:00+02:00")
CARLA = ContactEntry(name="Carla New", job_title="CIO", email="carla@contoso.example", locale="pl")
CIO = Responder(name="Jana Meier")


def on(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def new_claim(*admins: str, **fields: Any) -> Claim:
    tenant = factories.make_tenant(domain="contoso.example", admin_emails=list(admins))
    return factories.make_claim(tenant=tenant, **fields)


@shared
def window() -> Claim:
    """A claim whose customer is asked since Monday: one business contact."""
    with on(MONDAY):
        return acts.in_window(new_claim())


@shared
def lost(window: Claim) -> Claim:
    """That claim, since the only letter came back on Tuesday."""
    return lose(window)


@shared
def with_admin() -> Claim:
    """A claim whose customer is asked since Monday: a business contact and an administrator."""
    with on(MONDAY):
        return acts.in_window(new_claim("it@contoso.example"))


@shared
def half_sent() -> Claim:
    """Like that one, but the administrator's letter only leaves on Tuesday."""
    with on(MONDAY):
        claim = acts.approved(new_claim("it@contoso.example"))
        OutboxMessage.objects.filter(pk=letter_to(claim, "tenant_admin").pk).update(
            next_try_at=TUESDAY
        )
        outbox.send_due()
    return acts.fresh(claim)


@shared
def approved() -> Claim:
    """A claim with a technical contact whose letters have not left."""
    with on(MONDAY):
        return acts.approved(new_claim(area_code=factories.BIZAPPS, products=("d365_sales",)))


def letter_to(claim: Claim, role: str) -> OutboxMessage:
    recipient = ConsentRecipient.objects.get(request__claim=claim, role=role)
    return OutboxMessage.objects.get(key=f"consent_request:{recipient.pk}")


def lose(claim: Claim, role: str = "business", moment: datetime = TUESDAY) -> Claim:
    with on(moment):
        deliveries.note_bounced(letter_to(claim, role).pk, at=moment, reason="550 no such user")
    return acts.fresh(claim)


def name(claim: Claim, contact: ContactEntry = CARLA, user: User | None = None, **more: Any) -> Any:
    return name_other_contact(
        claim_id=claim.pk,
        actor=actors.partner(user or claim.created_by),
        version=acts.fresh(claim).version,
        contact=contact,
        **more,
    )


def clock_of(claim: Claim) -> tuple[Any, ...]:
    claim = acts.fresh(claim)
    return claim.consent_sent_at, claim.consent_closes_at, claim.due_at, claim.deadline_kind


def events(claim: Claim) -> list[str]:
    kinds = ClaimEvent.objects.filter(claim=claim, kind__startswith="con").order_by("pk")
    return list(kinds.values_list("kind", flat=True))


def to_submitter(claim: Claim) -> list[OutboxMessage]:
    letters = acts.letters(claim, "consent_undelivered")
    return [each for each in letters if each.recipient == claim.created_by.email]


STOPPED = (None, None, None, "")
RUNNING = (MONDAY, CLOSES, CLOSES, DeadlineKind.CONSENT)


class TestTheClock:
    def test_a_bounce_stops_it_and_asks_the_partner(self, lost: Claim) -> None:
        claim = lost

        assert clock_of(claim) == STOPPED
        assert (claim.status, claim.association_state, claim.consent_undelivered_at) == (
            Status.APPROVED,
            AssociationState.PROVISIONAL,
            TUESDAY,
        )
        request = ConsentRequest.objects.get()
        assert (request.opened_at, request.closes_at, request.undelivered_at) == (
            None,
            None,
            TUESDAY,
        )
        assert ConsentRecipient.objects.get().bounced_at == TUESDAY
        logged = ConsentEvent.objects.get()
        assert (logged.kind, logged.note) == ("bounced", "550 no such user")
        event = ClaimEvent.objects.get(claim=claim, kind="consent_undelivered")
        assert (event.side, event.nominal_due_at) == ("system", CLOSES)
        (letter,) = to_submitter(claim)
        assert f"/claims/{claim.pk}/contact/" in letter.text_body
        assert "Business contact, business@contoso.example" in " ".join(letter.text_body.split())

    def test_it_never_ends_by_itself_and_nobody_is_reminded(self, lost: Claim) -> None:
        claim = lost
        with on(LATE):
            assert finalise_consent_windows().examined == 0
            assert remind_customers().examined == 0
        assert acts.fresh(claim).association_state == AssociationState.PROVISIONAL

    def test_the_same_news_again_changes_nothing(self, lost: Claim) -> None:
        claim = lost
        version = claim.version
        assert lose(claim, moment=FRIDAY).version == version
        assert ConsentEvent.objects.count() == 1
        assert len(to_submitter(claim)) == 1

    @pytest.mark.parametrize("first", ["delivered", "bounced"])
    def test_a_bounce_stands_in_whatever_order_the_news_come(
        self, window: Claim, first: str
    ) -> None:
        claim = window
        letter = letter_to(claim, "business")
        if first == "delivered":
            deliveries.note_delivered(letter.pk, at=MONDAY)
        lose(claim)
        assert deliveries.note_delivered(letter.pk, at=MONDAY) is (first == "bounced")
        assert clock_of(claim) == STOPPED
        recipient = ConsentRecipient.objects.get()
        assert (recipient.delivered_at, recipient.bounced_at) == (MONDAY, TUESDAY)

    def test_a_bounce_that_is_told_before_the_letter_is_marked_stands(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Providers tell of a dropped letter while their answer is still on its way."""
        with on(MONDAY):
            claim = acts.approved(new_claim())
            letter, mark_sent = letter_to(claim, "business"), outbox._mark_sent

            def mark_late(message: OutboxMessage, at: datetime) -> None:
                deliveries.note_bounced(message.pk, at=MONDAY, reason="dropped")
                mark_sent(message, at)

            OutboxMessage.objects.exclude(pk=letter.pk).delete()
            monkeypatch.setattr(outbox, "_mark_sent", mark_late)
            outbox.send_due()
        assert OutboxMessage.objects.get(pk=letter.pk).state == "sent"
        assert clock_of(claim) == STOPPED
        assert acts.fresh(claim).consent_undelivered_at == MONDAY

    def test_a_lost_reminder_proves_nothing_once_the_request_has_arrived(
        self, window: Claim
    ) -> None:
        claim = window
        deliveries.note_delivered(letter_to(claim, "business").pk, at=MONDAY)
        with on(at("2026-06-05T00:30+02:00")):
            remind_customers()
            (reminder,) = acts.letters(claim, "consent_reminder")
            deliveries.note_bounced(reminder.pk, at=FRIDAY, reason="552 full")
        assert clock_of(claim) == RUNNING
        assert OutboxMessage.objects.get(pk=reminder.pk).bounced_at == FRIDAY

    def test_an_administrator_stands_in_and_a_technical_contact_does_not(self) -> None:
        fields: dict[str, Any] = {"area_code": factories.BIZAPPS, "products": ("d365_sales",)}
        with on(MONDAY):
            claim = acts.in_window(new_claim("it@contoso.example", **fields))
        claim = lose(claim)
        assert clock_of(claim) == RUNNING
        assert claim.consent_undelivered_at is None
        claim = lose(claim, "tenant_admin", FRIDAY)
        assert clock_of(claim) == STOPPED
        assert claim.consent_undelivered_at == FRIDAY

    def test_it_runs_from_the_first_letter_that_was_not_lost(self, half_sent: Claim) -> None:
        claim = half_sent
        assert clock_of(claim) == RUNNING
        lose(claim, moment=MONDAY + timedelta(hours=1))
        assert clock_of(claim) == STOPPED
        assert acts.fresh(claim).consent_undelivered_at is None
        with on(TUESDAY):
            outbox.send_due()
        assert clock_of(claim)[:2] == (TUESDAY, at("2026-06-09T23:59:59+02:00"))

    def test_a_bounce_after_another_letter_moves_the_window_to_it(self, half_sent: Claim) -> None:
        claim = half_sent
        with on(TUESDAY):
            outbox.send_due()
        assert clock_of(claim) == RUNNING
        lose(claim, moment=FRIDAY)
        assert clock_of(claim)[:2] == (TUESDAY, at("2026-06-09T23:59:59+02:00"))

    def test_it_ends_no_sooner_than_a_lead_has_promised(self, half_sent: Claim) -> None:
        claim = half_sent
        with on(MONDAY):
            lead = actors.reviewer(factories.make_reviewer(role="Lead reviewer"))
            extend_window(claim_id=claim.pk, actor=lead, days=14, reason="Company holidays.")
        promised = at("2026-06-22T23:59:59+02:00")
        assert clock_of(lose(claim, moment=MONDAY + timedelta(hours=1))) == STOPPED
        with on(TUESDAY):
            outbox.send_due()
        assert clock_of(claim)[:3] == (TUESDAY, promised, promised)

    def test_whoever_has_answered_has_read_the_letter(self, window: Claim) -> None:
        claim = window
        with on(MONDAY):
            answers.agree(token=acts.token_of(claim), responder=CIO)
        assert clock_of(lose(claim)) == RUNNING

    def test_what_is_in_force_stays_so(self, window: Claim) -> None:
        claim = window
        with on(LATE):
            finalise_consent_windows()
        claim = lose(claim, moment=LATE + timedelta(days=1))
        assert (claim.association_state, claim.consent_undelivered_at) == (
            AssociationState.ACTIVE,
            None,
        )
        assert ConsentRecipient.objects.get().bounced_at is not None

    def test_a_customer_can_still_decline(self, lost: Claim) -> None:
        claim = lost
        with on(FRIDAY):
            answers.decline(token=acts.token_of(claim), responder=CIO)
        assert acts.fresh(claim).status == Status.REJECTED


class TestRefusals:
    @pytest.fixture
    def mailroom(self, settings: Any) -> Iterator[Mailroom]:
        with mail_server() as room:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", room.port
            yield room

    def test_a_refused_contact_counts_as_a_bounce_and_a_copy_opens_no_window(
        self, approved: Claim, mailroom: Mailroom
    ) -> None:
        mailroom.refuse["business@contoso.example"] = "550 5.1.1 no such user"
        claim = approved
        with on(TUESDAY):
            outbox.send_due()
        claim = acts.fresh(claim)
        assert "technical@contoso.example" in mailroom.recipients()
        assert claim.consent_undelivered_at == TUESDAY
        assert clock_of(claim) == STOPPED
        assert letter_to(claim, "business").bounce_reason == "550 5.1.1 no such user"

    def test_a_refusal_by_policy_is_the_operators_trouble(
        self, approved: Claim, mailroom: Mailroom
    ) -> None:
        mailroom.refuse["business@contoso.example"] = "550 5.7.1 your host is on a list"
        claim = approved
        with on(TUESDAY):
            outbox.send_due()
        letter = letter_to(claim, "business")
        assert (letter.state, letter.bounced_at) == ("failed", None)
        assert acts.fresh(claim).consent_undelivered_at is None

    def test_a_letter_given_up_is_lost_until_it_leaves_after_all(
        self, approved: Claim, mailroom: Mailroom
    ) -> None:
        mailroom.refuse["business@contoso.example"] = "450 4.2.1 mailbox is busy"
        claim = approved
        letter, moment = letter_to(claim, "business"), TUESDAY
        while letter.state == "queued":
            assert acts.fresh(claim).consent_undelivered_at is None
            with on(moment):
                outbox.send_due()
            letter.refresh_from_db()
            moment = letter.next_try_at
        assert acts.fresh(claim).consent_undelivered_at is not None
        assert letter.bounced_at is None

        mailroom.refuse.clear()
        with on(FRIDAY):
            assert outbox.retry(letter)
            outbox.send_due()
        assert acts.fresh(claim).consent_undelivered_at is None
        assert clock_of(claim)[0] == FRIDAY


class TestAnotherContact:
    def test_is_asked_with_a_full_new_window_and_older_links_say_so(
        self, with_admin: Claim
    ) -> None:
        claim = lose(with_admin)
        claim = lose(claim, "tenant_admin")
        old = token_for(ConsentRecipient.objects.get(role="business").nonce)
        with on(FRIDAY):
            name(claim)
            assert clock_of(claim) == STOPPED
            assert acts.fresh(claim).consent_undelivered_at is None
            outbox.send_due()

        assert clock_of(claim)[:2] == (FRIDAY, at("2026-06-12T23:59:59+02:00"))
        first, second = ConsentRequest.objects.order_by("pk")
        assert (first.closed_at, first.undelivered_at) == (FRIDAY, TUESDAY)
        assert (second.closed_at, second.opened_at) == (None, FRIDAY)
        asked = {each.email: each.locale for each in second.recipients.all()}
        assert asked == {"carla@contoso.example": "pl", "it@contoso.example": "en"}
        with pytest.raises(LinkSuperseded):
            answers.recipient_of(old)
        contact = ClaimContact.objects.get(claim=claim, kind="business")
        assert (contact.name, contact.email) == ("Carla New", "carla@contoso.example")
        assert contact.history.first().history_user == claim.created_by
        event = ClaimEvent.objects.get(claim=claim, kind="contact_replaced")
        assert (event.side, event.actor) == ("partner", claim.created_by)
        assert list(second.events.values_list("kind", "recipient__email")) == [
            ("contact_replaced", "carla@contoso.example")
        ]
        with on(LATE):
            assert finalise_consent_windows().acted == 1

    def test_can_be_lost_as_well(self, lost: Claim) -> None:
        claim = lost
        with on(FRIDAY):
            name(claim)
            outbox.send_due()
            newest = ConsentRecipient.objects.order_by("-pk")[0]
            letter = OutboxMessage.objects.get(key=f"consent_request:{newest.pk}")
            deliveries.note_bounced(letter.pk, at=FRIDAY, reason="550 no")
        claim = acts.fresh(claim)
        assert claim.awaits_contact
        assert len(to_submitter(claim)) == 2
        assert events(claim) == [
            "consent_window_opened",
            "consent_undelivered",
            "contact_replaced",
            "consent_window_opened",
            "consent_undelivered",
        ]

    def test_news_of_the_old_letter_change_nothing_any_more(self, with_admin: Claim) -> None:
        claim = with_admin
        lose(claim), lose(claim, "tenant_admin")
        with on(FRIDAY):
            name(claim)
            outbox.send_due()
        before = clock_of(claim)
        late = OutboxMessage.objects.filter(about__startswith="consent-recipient").first()
        assert late is not None
        OutboxMessage.objects.filter(pk=late.pk).update(bounced_at=None)
        ConsentRecipient.objects.filter(pk=late.about.partition(":")[2]).update(bounced_at=None)
        deliveries.note_bounced(late.pk, at=FRIDAY, reason="550 no")
        assert clock_of(claim) == before

    def test_must_keep_the_rules_about_contacts(self, lost: Claim) -> None:
        claim = lost
        outside = ContactEntry(name="C", job_title="CIO", email="c@parent.example")
        known = ContactEntry(name="C", job_title="CIO", email="Business@contoso.example")

        def refused(run: Callable[[], object]) -> tuple[str, ...]:
            with on(FRIDAY), pytest.raises(Refused) as caught:
                run()
            return caught.value.codes

        assert refused(lambda: name(claim, ContactEntry(name="C"))) == ("CON-03",)
        own = ContactEntry(name="C", job_title="CIO", email=claim.created_by.email)
        assert refused(lambda: name(claim, own)) == ("CON-02",)
        assert refused(lambda: name(claim, outside)) == ("CON-01",)
        key = "CON-01:business:c@parent.example"
        assert refused(lambda: name(claim, outside, confirmed={key: " "})) == ("CON-01",)
        assert refused(lambda: name(claim, known)) == ("CON-06",)
        assert ClaimContact.objects.get(claim=claim, kind="business").name == "Business contact"
        with on(FRIDAY):
            name(claim, outside, confirmed={key: "The parent company signs."})
        assert acts.fresh(claim).confirmed_warnings[key] == "The parent company signs."

    def test_is_named_by_those_who_may_submit_while_the_clock_stands_still(
        self, lost: Claim
    ) -> None:
        with on(MONDAY):
            running = acts.in_window()
        claim = lost
        drafter, stranger = factories.make_user(), factories.make_claim().created_by
        factories.make_membership(drafter, claim.organization, role="incentives_user")

        def refused(given: Claim, user: User | None = None, **more: Any) -> str:
            with on(FRIDAY), pytest.raises(Refused) as caught, transaction.atomic():
                name(given, user=user, **more)
            return caught.value.codes[0]

        assert refused(claim, drafter) == refused(claim, stranger) == "ACC-01"
        assert refused(running) == "SUBM-03"
        with on(FRIDAY):
            name(claim)
        assert refused(claim) == "SUBM-03"

    def test_is_named_three_times_a_day_at_most(self, window: Claim) -> None:
        claim = window
        with on(FRIDAY):
            for number in range(4):
                newest = ConsentRecipient.objects.order_by("-pk")[0]
                letter = OutboxMessage.objects.get(key=f"consent_request:{newest.pk}")
                deliveries.note_bounced(letter.pk, at=FRIDAY, reason="550 no")
                contact = ContactEntry("C", "CIO", f"c{number}@contoso.example")
                if number < 3:
                    name(claim, contact)
                    continue
                with pytest.raises(Refused) as caught:
                    name(claim, contact)
        assert caught.value.codes == ("LIM-01",)
