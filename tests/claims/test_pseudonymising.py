"""Q26: people get pseudonyms when their time is over, and the chain stays whole."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command

from claims import actors
from claims.models import Claim, ClaimContact, ClaimEvent, Comment
from claims.services import comments
from claims.services.pseudonymising import past_retention, pseudonymise_claim
from consent.models import ConsentAnswer
from consent.services import answers
from consent.services.answers import Responder
from consent.services.overview import send_overview
from cpor_site.common import clock
from cpor_site.common.evidence.facts import columns_of, digest_of
from cpor_site.common.evidence.kept import kept_tables
from cpor_site.common.evidence.sealing import seal_evidence
from cpor_site.common.evidence.verifying import Walk
from cpor_site.common.models import (
    EvidenceSalt,
    OutboxMessage,
    Pseudonymisation,
    PseudonymisedRow,
)
from cpor_site.common.problems import Refused
from reviews.models import SeenMark
from tests import acts, factories
from tests.shared import shared
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db

PERSON = Responder(name="Zuzana Nováková", title="Head of Procurement", ip_address="192.0.2.7")
SECRETS = ("zuzana", "nováková", "procurement", "zn@contoso.example", "+420 555", "not our par")


@shared
def claim() -> Claim:
    """A claim whose customer declined, named in every table that holds people."""
    found = factories.make_claim()
    ClaimContact.objects.filter(claim=found, kind="business").update(phone="+420 555")
    contact = ClaimContact.objects.get(claim=found, kind="business")
    contact.name, contact.email = "Zuzana Nováková", "zn@contoso.example"
    contact.job_title = "Head of Procurement"
    contact.save()
    found = acts.in_window(found)
    assert found.submitted_by is not None
    assert found.assigned_reviewer is not None
    comments.add_comment(
        claim_id=found.pk,
        actor=actors.partner(found.submitted_by),
        body="Zuzana Nováková will answer.",
    )
    SeenMark.objects.create(
        user=found.assigned_reviewer,
        claim=found,
        seen_at=clock.now(),
        version=1,
        fields={"now": {"contact": "Zuzana Nováková, zn@contoso.example"}},
    )
    send_overview(email="ZN@contoso.example", ip_address="192.0.2.7")
    assert OutboxMessage.objects.filter(kind="overview", claim_number="").count() == 1
    answers.decline(
        token=acts.token_of(found),
        responder=PERSON,
        message="They are not our partner.",
        share_message=True,
    )
    OutboxMessage.objects.update(state="sent", sent_at=clock.now())
    return Claim.objects.get(pk=found.pk)


def everything() -> str:
    """Return every text of every table that isn't an account, in lower case."""
    rows = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in ("claims", "consent", "reviews", "common"):
            rows += [(model.__name__, each) for each in model._base_manager.values()]
    return json.dumps(rows, default=str, ensure_ascii=False).lower()


def told(*, but: tuple[str, ...] = ()) -> list[str]:
    text = everything()
    return [each for each in SECRETS if each not in but and each in text]


def at_rest(claim: Claim) -> None:
    """Let the time to dispute pass."""
    Claim.objects.filter(pk=claim.pk).update(due_at=None, deadline_kind="")


def test_nothing_tells_of_the_people_any_more_and_the_chain_is_whole(claim: Claim) -> None:
    seal_evidence()
    at_rest(claim)
    assert told() == list(SECRETS)
    before = ClaimEvent.objects.filter(claim=claim).count()
    done = pseudonymise_claim(claim_id=claim.pk, on_request=True, words=True, reason="request 7")
    assert (done.number, done.letters > 0) == (claim.number, True)
    assert told() == []
    assert list(Walk().findings()) == []
    seal_evidence()
    walk = Walk()
    assert list(walk.findings()) == []
    assert walk.pseudonymised == PseudonymisedRow.objects.filter(table__contains="_").count()
    event = ClaimEvent.objects.filter(claim=claim).latest("pk")
    assert (event.kind, event.internal) == ("people_pseudonymised", True)
    assert ClaimEvent.objects.filter(claim=claim).count() == before + 1
    act = Pseudonymisation.objects.get()
    assert (act.claim_number, act.on_request, act.reason) == (claim.number, True, "request 7")


def test_one_person_has_one_pseudonym_wherever_they_are_named(claim: Claim) -> None:
    at_rest(claim)
    pseudonymise_claim(claim_id=claim.pk)
    contact = ClaimContact.objects.get(claim=claim, kind="business")
    answer = ConsentAnswer.objects.get()
    token = contact.name.removeprefix("Person ")
    assert contact.email == f"person-{token.lower()}@pseudonym.invalid"
    assert (contact.job_title, contact.phone) == ("", "")
    assert (answer.responder_name, answer.responder_title, answer.message) == (contact.name, "", "")
    events = ClaimEvent.objects.filter(claim=claim, side="customer")
    assert [each.actor_name for each in events] == [contact.name] * events.count()
    submitted = ClaimEvent.objects.get(claim=claim, kind="claim_submitted")
    assert contact.name in [each["name"] for each in submitted.details["snapshot"]["contacts"]]
    # What people wrote stays until somebody asks for it.
    assert told() == ["zuzana", "nováková"]
    assert Comment.objects.get(claim=claim, side="partner").body.startswith("Zuzana")


def test_altering_a_pseudonymised_row_is_named(claim: Claim) -> None:
    seal_evidence()
    at_rest(claim)
    pseudonymise_claim(claim_id=claim.pk)
    assert not EvidenceSalt.objects.filter(claim_key=claim.pk).exists()
    answer = ConsentAnswer.objects.get()
    with unguarded():
        ConsentAnswer.objects.update(responder_name="Person 00000000")
    (finding,) = Walk().findings()
    assert (finding.table, finding.key) == ("consent_consentanswer", answer.pk)
    assert finding.what == "altered: message or responder_name or responder_title"


@pytest.mark.parametrize("how", ["of another claim", "of one row", "with a name left"])
def test_a_forged_pseudonymisation_hides_no_change(claim: Claim, how: str) -> None:
    """Rows about pseudonyms may be added by whoever writes to the database."""
    seal_evidence()
    answer = ConsentAnswer.objects.get()
    with unguarded():
        ConsentAnswer.objects.update(message="They are our partner.")
    act = Pseudonymisation.objects.create(
        claim_key=claim.pk + (how == "of another claim"), at=clock.now(), on_request=False
    )
    for kept in kept_tables():
        if kept.sealed and kept.personal and (kept.model is ConsentAnswer or how != "of one row"):
            names = sorted(kept.personal)
            rows = kept.model._base_manager.filter(**{kept.claim: claim.pk})
            for key, *values in rows.values_list("pk", *names):
                digest = digest_of(kept.table, key, columns_of(values)).hex()
                PseudonymisedRow.objects.create(act=act, table=kept.table, key=key, digest=digest)
    found = {(each.table, each.key) for each in Walk().findings()}
    assert ("consent_consentanswer", answer.pk) in found
    assert (len(found) == 1) == (how == "of another claim")


def test_who_is_still_needed_or_held_by_law_keeps_the_name(claim: Claim) -> None:
    running = acts.in_window(factories.make_claim())
    with pytest.raises(Refused) as refusal:
        pseudonymise_claim(claim_id=running.pk, on_request=True)
    assert refusal.value.codes == ("PSE-01",)
    at_rest(claim)
    assert claim.tenant is not None
    claim.tenant.legal_hold = True
    claim.tenant.save()
    with pytest.raises(Refused) as refusal:
        pseudonymise_claim(claim_id=claim.pk, on_request=True)
    assert refusal.value.codes == ("PSE-02",)
    later = clock.now() + timedelta(days=8 * 366)
    assert list(past_retention(later)) == []
    assert told() == list(SECRETS)


def test_the_command_only_says_what_it_would_do_unless_told(claim: Claim) -> None:
    at_rest(claim)
    out = StringIO()
    call_command("pseudonymise", stdout=out)
    assert claim.number not in out.getvalue()
    with time_machine.travel(clock.now() + timedelta(days=7 * 366), tick=False):
        before = everything()
        call_command("pseudonymise", stdout=out)
        assert claim.number in out.getvalue()
        assert everything() == before
        call_command("pseudonymise", "--really", stdout=out)
        assert "1 past retention, 1 done, 0 refused, 0 failed" in out.getvalue()
        assert told(but=("zuzana", "nováková")) == []
        call_command("pseudonymise", "--really", stdout=out)
        assert "0 past retention" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("pseudonymise", "CPOR-1999-000001", stderr=StringIO(), stdout=out)
