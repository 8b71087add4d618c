"""Hand-offs in the admin, and what a claim's partner reads of them."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from claims import onward
from claims.models import Claim
from consent import handoff_pages
from consent.models import HandoffBatch, HandoffEndpoint, IncentiveHandoff
from consent.services.delivery import deliver_handoffs
from cpor_site.common import clock
from tests import factories

from . import handing

pytestmark = pytest.mark.django_db
State = IncentiveHandoff.State
HANDOFF = "admin:consent_incentivehandoff"
BATCH = "admin:consent_handoffbatch"
ENDPOINT = "admin:consent_handoffendpoint"


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "handoffs": {
            "BACKEND": "cpor_site.common.whole_files.WholeFileStorage",
            "OPTIONS": {"location": tmp_path / "handoffs"},
        }
    }


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(factories.make_reviewer(role=role))
    return client


def html_of(response: Any) -> str:
    return unescape(response.content.decode())


def content_of(response: Any) -> bytes:
    content = b"".join(response.streaming_content)
    response.close()
    return content


def failed(claim: Claim, **fields: Any) -> IncentiveHandoff:
    row = handing.rows_of(claim)[0]
    row.state = State.FAILED
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


class TestRows:
    def test_the_list_says_where_each_row_stands(self) -> None:
        sent, held, broken = (handing.handed_over() for _ in range(3))
        assert held.location is not None
        handing.lapse(held.location)
        failed(broken, last_error="The program's address answered 500.")
        deliver_handoffs()
        waits = handing.handed_over()

        page = html_of(signed_in("Auditor").get(reverse(f"{HANDOFF}_changelist")))

        for words in (
            "suspended: the location isn't enrolled in the program",
            "given up: The program's address answered 500.",
            "waits for the next file",
            *(claim.number for claim in (sent, held, broken, waits)),
        ):
            assert words in page
        only = html_of(
            signed_in("Auditor").get(reverse(f"{HANDOFF}_changelist"), {"suspended": "yes"})
        )
        assert [each.number in only for each in (sent, held, broken, waits)] == [
            False,
            True,
            False,
            False,
        ]

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_number_of_queries_does_not_grow(self, rows: int) -> None:
        for _each in range(rows):
            handing.handed_over()
        client = signed_in("Auditor")
        client.get(reverse(f"{HANDOFF}_changelist"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(f"{HANDOFF}_changelist"))
        assert len(queries) == LIST

    def test_ops_queue_a_failed_row_anew_and_nobody_else(self) -> None:
        row = failed(handing.handed_over(), last_error="no answer", tries=10)
        page, retry = (reverse(f"{HANDOFF}_{name}", args=[row.pk]) for name in ("change", "retry"))
        for role in ("Reviewer", "Lead reviewer", "Auditor"):
            client = signed_in(role)
            assert "Queue this hand-off anew" not in html_of(client.get(page))
            assert client.post(retry).status_code == 403
        ops = signed_in("Ops")
        assert "Queue this hand-off anew" in html_of(ops.get(page))
        assert ops.get(retry).status_code == 405
        assert handing.states_of(row.claim) == [State.FAILED]

        said = html_of(ops.post(retry, follow=True))
        assert "The hand-off is queued and goes within a few minutes." in said
        assert "Queue this hand-off anew" not in said
        assert handing.states_of(row.claim) == [State.PENDING]
        assert "this one isn't" in html_of(ops.post(retry, follow=True))
        assert [each.change_message for each in LogEntry.objects.all()] == [
            "queued anew after: no answer"
        ]

    def test_nobody_changes_a_row(self) -> None:
        row = handing.rows_of(handing.handed_over())[0]
        ops = signed_in("Ops")
        address = reverse(f"{HANDOFF}_change", args=[row.pk])
        assert ops.post(address, {"state": "sent"}).status_code == 403
        assert ops.get(reverse(f"{HANDOFF}_delete", args=[row.pk])).status_code == 403
        assert ops.get(reverse(f"{HANDOFF}_add")).status_code == 403


LIST = 6


class TestFiles:
    def test_ops_fetch_a_file_as_it_was_stored_and_that_is_written_down_and_counted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handoff_pages, "MOST_FILES", 3)
        handing.handed_over()
        deliver_handoffs()
        batch = HandoffBatch.objects.get()
        ops, who = Client(), factories.make_reviewer(role="Ops")
        ops.force_login(who)
        page = html_of(ops.get(reverse(f"{BATCH}_change", args=[batch.pk])))
        for which, name in (
            ("json", "handoff-000001.jsonl"),
            ("csv", "handoff-000001.csv"),
            ("manifest", "handoff-000001.manifest.json"),
        ):
            address = reverse(f"{BATCH}_fetch", args=[batch.pk, which])
            assert f'href="{address}"' in page
            asked = ops.head(address)
            asked.close()
            answer = ops.get(address)
            assert (asked.status_code, content_of(answer)) == (200, handing.content(name))
            assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        logged = LogEntry.objects.order_by("pk")
        assert [each.change_message for each in logged] == [
            "fetched handoff-000001.jsonl",
            "fetched handoff-000001.csv",
            "fetched handoff-000001.manifest.json",
        ]
        assert {each.user for each in logged} == {who}
        assert ops.get(reverse(f"{BATCH}_fetch", args=[batch.pk, "secret"])).status_code == 404
        refused = ops.get(address)
        assert (refused.status_code, logged.count()) == (429, 3)
        assert "Try again in" in html_of(refused)

    def test_an_auditor_is_not_offered_to(self) -> None:
        handing.handed_over()
        deliver_handoffs()
        batch = HandoffBatch.objects.get()
        seen = signed_in("Auditor").get(reverse(f"{BATCH}_change", args=[batch.pk]))
        assert "/fetch/" not in html_of(seen)

    def test_a_file_that_was_taken_away_is_told(self) -> None:
        handing.handed_over()
        deliver_handoffs()
        batch = HandoffBatch.objects.get()
        (handing.folder() / "handoff-000001.csv").unlink()
        address = reverse(f"{BATCH}_fetch", args=[batch.pk, "csv"])
        said = html_of(signed_in("Ops").get(address, follow=True))
        assert "The storage of hand-offs no longer holds handoff-000001.csv." in said
        assert not LogEntry.objects.exists()


class TestEndpoint:
    def test_ops_open_an_address_that_said_it_was_gone(self) -> None:
        endpoint = HandoffEndpoint.objects.create(
            url="https://program.example/in", gone_at=clock.now(), last_error="answered 410"
        )
        page, reopen = (
            reverse(f"{ENDPOINT}_{name}", args=[endpoint.pk]) for name in ("change", "reopen")
        )
        auditor, ops = signed_in("Auditor"), signed_in("Ops")
        assert "Post there again" not in html_of(auditor.get(page))
        assert auditor.post(reopen).status_code == 403
        assert ops.get(reopen).status_code == 405
        assert "Post there again" in html_of(ops.get(page))
        assert "Hand-offs are posted there again." in html_of(ops.post(reopen, follow=True))
        endpoint = HandoffEndpoint.objects.get()
        assert (endpoint.gone_at, endpoint.last_error) == (None, "")
        assert "didn't say that it is gone" in html_of(ops.post(reopen, follow=True))


class TestPartner:
    """What the record on the claim's page says; the page itself is tried in tests/claims."""

    def test_before_the_lines_are_in_force_nothing_is_said(self) -> None:
        assert onward.sentences(factories.make_claim()) == []

    @pytest.fixture
    def claim(self) -> Claim:
        claim = handing.handed_over("exchange_online", "teams")
        claim.activated_at = clock.now()
        return claim

    def test_what_waits_and_why(self, claim: Claim) -> None:
        both = "Exchange Online, Microsoft Teams"
        assert onward.sentences(claim) == [
            f"{both}: waits to be passed on, which happens by itself."
        ]
        assert claim.location is not None
        handing.lapse(claim.location)
        program = claim.lines.all()[0].activity.program.name
        where = claim.location.partner_id
        assert onward.sentences(claim) == [
            (
                f"{both}: waits, because {where} isn't enrolled in {program} now. It is passed on "
                "by itself once the location is enrolled again; you stay partner of record "
                "meanwhile."
            )
        ]

    def test_an_enrolment_that_lapses_later_is_told_too(self, claim: Claim) -> None:
        """Q18: the association stays, and the partner is warned."""
        deliver_handoffs()
        assert claim.location is not None
        handing.lapse(claim.location)
        program = claim.lines.all()[0].activity.program.name
        assert onward.sentences(claim)[1:] == [
            (
                f"{claim.location.partner_id} isn't enrolled in {program} now. You stay partner of "
                "record; see to the enrolment, because meanwhile the program may leave these lines "
                "out."
            )
        ]
        handing.ended(claim)
        assert [each for each in onward.sentences(claim) if "enrolled" in each] == []

    def test_what_went_and_what_the_program_said(self, claim: Claim) -> None:
        deliver_handoffs()
        first = handing.rows_of(claim)[0]
        (sentence,) = onward.sentences(claim)
        assert sentence.startswith("Exchange Online, Microsoft Teams: passed on to the program on ")
        assert sentence.endswith(", which hasn't confirmed it yet.")
        first.state, first.acknowledged_at = State.ACKNOWLEDGED, clock.now()
        first.save()
        handing.ended(claim)
        deliver_handoffs()
        last = handing.rows_of(claim)[3]
        last.state, last.acknowledged_at = State.FAILED, clock.now()
        last.acknowledgement = "Unknown row"
        last.save()

        told = onward.sentences(claim)

        assert [each.split(": ", 1)[0] for each in told] == [
            "Exchange Online",
            "Microsoft Teams",
            "Exchange Online",
            "Microsoft Teams",
        ]
        assert "the program confirmed on" in told[0]
        assert "hasn't confirmed it yet" in told[1]
        assert "was told on" in told[2]
        assert told[3].endswith("the program did not take the association's end: Unknown row")

    def test_what_could_not_be_delivered_asks_nothing_of_the_partner(self, claim: Claim) -> None:
        failed(claim, last_error="The program's address answered 500. secret words")
        words = " ".join(onward.sentences(claim))
        assert "could not be passed on yet. We know of it" in words
        assert "secret words" not in words

    def test_no_state_speaks_of_money(self, claim: Claim) -> None:
        for state in State:
            fields = {"sent_at": clock.now(), "acknowledged_at": clock.now()}
            if state == State.PENDING:
                fields = {}
            elif state == State.SENT:
                fields = {"sent_at": clock.now()}
            IncentiveHandoff.objects.update(
                **{"sent_at": None, "acknowledged_at": None, "state": state} | fields
            )
            words = " ".join(onward.sentences(claim)).lower()
            assert words
            assert [each for each in ("pay", "money", "earn", "incentive") if each in words] == []
