"""Neither party of a case learns anything of another (5.7): everything each one gets, searched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimEvent, Comment
from claims.services.calendar import make_feed
from claims.services.comments import add_comment
from claims.services.disputes import dispute_claim
from consent.models import ConsentRequest
from consent.services.windows import finalise_consent_windows
from cpor_site.common import outbox
from cpor_site.common.models import OutboxMessage, User
from tests import acts, factories
from tests.claims.attaching import attach
from tests.claims.every_address import address_of, after, keys_of, patterns, undone
from tests.claims.pages import SECTIONS, browser_of
from tests.reviews import competing
from tests.reviews.acting import told
from tests.shared import shared

pytestmark = pytest.mark.django_db


@dataclass
class Party:
    """One company with its claim; ``words`` are what nobody else may come across."""

    claim: Claim
    user: User
    words: tuple[str, ...]

    def fresh(self) -> Claim:
        return acts.fresh(self.claim)


def party(tenant: Any, name: str, partner_id: str) -> Party:
    """Make a company that could claim at the customer, every word of which can be told apart."""
    organization = factories.make_organization(
        f"{name} Group", global_partner_id=f"9{partner_id}", mail_domain=f"{name}.example".lower()
    )
    location = factories.make_location(
        organization, partner_id=partner_id, name=f"{name} Office", city=f"{name}town"
    )
    user = factories.make_user(f"ada@{name}.example".lower(), full_name=f"Ada {name}")
    claim = factories.make_claim(
        user=user,
        location=location,
        tenant=tenant,
        name=f"{name} project",
        document=False,
        products=("exchange_online", "teams") if name == "Cobalt" else ("exchange_online",),
    )
    factories.make_document(claim, original_name=f"{name} work.pdf", signer_name=f"Sig {name}")
    claim.contacts.filter(kind="business").update(name=f"Bea {name}", email=f"bea.{name}@c.example")
    return Party(claim, user, (name.lower(), partner_id, claim.number.lower()))


@shared
def parties() -> list[Party]:
    tenant = factories.make_tenant("Contoso")
    return [
        party(tenant, name, number)
        for name, number in (("Amber", "7310001"), ("Birch", "7320002"), ("Cobalt", "7330003"))
    ]


def said_by_staff() -> tuple[str, ...]:
    """Who reviews is no partner's business either, and what only reviewers read is nobody's."""
    names = User.objects.filter(is_staff=True).values_list("full_name", "email")
    return tuple(word.lower() for pair in names for word in pair) + ("zebra",)


def main_pages(one: Party) -> Iterator[tuple[str, str]]:
    """Yield the pages that say most, for the stages on the way."""
    browser = browser_of(one.user)
    for name in ("claim_page", "claim_history"):
        address = reverse(name, args=[one.claim.pk])
        yield address, browser.get(address).content.decode()
    for name in ("claim_list", "claim_export_json"):
        response = browser.get(reverse(name))
        yield name, b"".join(response).decode()


def pages(one: Party) -> Iterator[tuple[str, str]]:
    """Yield every page and file that the party can open, with its address.

    From where there is nothing to do they are led to one of these pages with a sentence.
    """
    browser = browser_of(one.user)
    token = make_feed(one.user)
    keys = keys_of(one.fresh(), one.user)
    addresses = [
        address_of(name, keys, section)
        for name, route in patterns().items()
        for section in (SECTIONS if "<slug:section>" in route else ("",))
    ]
    addresses += [reverse("calendar_feed", args=[token]), reverse("claim_list") + "?scope=all"]
    addresses += [
        f"{reverse('claim_export_csv')}?rows=lines&compatible=on",
        f"{reverse('claim_export_json')}?rows=lines",
    ]
    for address in addresses:
        with undone():
            response = browser.get(address)
            body = b"".join(response) if response.streaming else response.content
            yield address, body.decode("utf-8", "replace")
            if response.status_code == 302:
                assert response.headers["Location"].partition("?")[0] in addresses
                yield address, " ".join([response.headers["Location"], *told(response)])


def papers(one: Party) -> Iterator[tuple[str, str]]:
    """Yield every letter, comment and event about the party's claim, as it is stored."""
    people = [one.user.email, *one.claim.contacts.values_list("email", flat=True)]
    letters = OutboxMessage.objects.filter(claim_number=one.claim.number)
    for letter in letters | OutboxMessage.objects.filter(recipient__in=people):
        text = f"{letter.subject} {letter.text_body} {letter.html_body} {letter.key}"
        yield f"letter {letter.kind}", text
    for comment in Comment.objects.filter(claim=one.claim):
        yield "comment", comment.body
    for event in ClaimEvent.objects.filter(claim=one.claim, internal=False):
        yield f"event {event.kind}", json.dumps(event.details)


def leaks(parties: Iterable[Party], what: Any) -> list[tuple[str, str]]:
    """Return where somebody comes across a word of another, and the word."""
    everybody, found = list(parties), []
    for one in everybody:
        foreign = {word for other in everybody if other is not one for word in other.words}
        foreign |= {"zebra"} if what is papers else set(said_by_staff())
        for place, text in what(one):
            seen = unescape(text).lower()
            found += [(place, word) for word in foreign if word in seen]
    return found


def step(parties: list[Party], what: Any = main_pages) -> list[tuple[str, str]]:
    """Send what waits, and look at everybody's pages."""
    outbox.send_due()
    return leaks(parties, what)


def the_customer_reads_that_somebody_is_replaced_and_not_whom(
    winner: Party, others: Iterable[Party]
) -> None:
    assert ConsentRequest.objects.filter(claim=winner.claim).count() == 1
    page = Client().get(reverse("consent_page", args=[acts.token_of(winner.fresh())]))
    shown = page.content.decode().lower()
    assert "another partner is recorded" in shown
    assert not any(word in shown for other in others for word in other.words)


def test_nothing_of_the_others_is_found_at_any_stage(parties: list[Party]) -> None:
    holder, loser, winner = parties
    acts.active(holder.claim)
    for each in (loser, winner):
        acts.under_review(each.claim)
        add_comment(
            claim_id=each.claim.pk,
            actor=actors.partner(each.user),
            body=f"We at {each.words[0]} look forward to it.",
        )
    assert step(parties) == []

    for each in (loser, winner):
        competing.sufficient(each.fresh(), internal_note="Zebra says so.")
    attach(holder.fresh(), name="Amber newer.pdf")
    assert step(parties) == []

    case = competing.case_of(holder.claim)
    competing.decide(case, winner.fresh(), internal_reason="Zebra: Amber and Birch are weaker.")
    # The winner's second product was contested by nobody, so the claim stands approved now.
    assert winner.fresh().status == "approved"
    assert step(parties, pages) == []
    the_customer_reads_that_somebody_is_replaced_and_not_whom(winner, (holder, loser))

    with competing.after(winner.claim):
        finalise_consent_windows()
    assert holder.fresh().status == "ended"
    with after(holder.fresh()):
        for each in (holder, loser):
            dispute_claim(
                claim_id=each.claim.pk,
                actor=actors.partner(each.user),
                justification=f"{each.words[0]} did the work.",
            )
        assert step(parties, pages) == []
    assert leaks(parties, papers) == []
    kinds = set(OutboxMessage.objects.values_list("kind", flat=True))
    assert {
        "newer_proof_requested",
        "competing_check_started",
        "competing_case_ruled",
        "association_displaced",
        "claim_rejected",
        "claim_disputed",
        "consent_request",
    } <= kinds


def test_a_leak_would_be_found(parties: list[Party]) -> None:
    """The search itself: one word of another in one comment is enough."""
    holder, other, _third = parties
    add_comment(
        claim_id=holder.claim.pk,
        actor=actors.partner(holder.user),
        body=f"Is it {other.words[0]} who claims this?",
    )
    assert ("comment", other.words[0]) in leaks(parties, papers)
    assert other.words[0] in {word for _place, word in leaks(parties, main_pages)}
