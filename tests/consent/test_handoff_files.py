"""Hand-offs by file: what stands in them, in which order, and what a crash leaves behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from pytest_django import Settings
from standardwebhooks import Webhook

from claims import actors, door
from claims.models import Claim
from claims.services.endings import end_association
from consent import handoff_format
from consent.models import HandoffBatch, IncentiveHandoff
from consent.services import delivery, waiting, withdrawals
from consent.services.answers import Responder
from consent.services.delivery import deliver_handoffs
from cpor_site.common import clock
from cpor_site.common.models import JobRun
from cpor_site.common.whole_files import WholeFileStorage
from tests import acts, factories
from tests.shared import shared
from tests.unguarded import unguarded

from . import handing

pytestmark = pytest.mark.django_db
State = IncentiveHandoff.State
KEYS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b2xkLWtleS1vZi10d2VudHktZm91ci1ieXRlcw==")


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.CPOR_HANDOFF_SECRETS = KEYS
    use(settings, tmp_path, "cpor_site.common.whole_files.WholeFileStorage")


def use(settings: Settings, folder: Path, backend: str) -> None:
    """Keep files of hand-offs below ``folder`` from here on."""
    here = {"BACKEND": backend, "OPTIONS": {"location": folder / "handoffs"}}
    settings.STORAGES = settings.STORAGES | {"handoffs": here}


def counts(run: JobRun) -> tuple[int, int, int, int]:
    return run.examined, run.acted, run.skipped, run.failed


@shared
def one() -> Claim:
    """A claim whose only line came into force now."""
    return handing.handed_over()


@shared
def two() -> Claim:
    """A claim whose two lines came into force now."""
    return handing.handed_over("exchange_online", "teams")


class TestFiles:
    def test_a_batch_is_json_lines_csv_and_a_manifest_and_nobodys_name(self, two: Claim) -> None:
        claim = two

        assert counts(deliver_handoffs()) == (2, 2, 0, 0)

        assert handing.names() == [
            "handoff-000001.csv",
            "handoff-000001.jsonl",
            "handoff-000001.manifest.json",
        ]
        assert [each["id"] for each in handing.lines_of(1)] == handing.ids_of(claim)
        assert [each["id"] for each in handing.table_of(1)] == handing.ids_of(claim)
        assert handing.states_of(claim) == [State.SENT, State.SENT]
        batch = HandoffBatch.objects.get()
        assert (batch.number, batch.row_count) == (1, 2)
        assert batch.stored_at is not None
        assert claim.created_by.full_name.encode() not in b"".join(
            handing.content(name) for name in handing.names()
        )

    def test_a_row_tells_all_that_the_program_needs(self) -> None:
        claim = handing.handed_over("d365_sales", area_code=factories.BIZAPPS)
        line = claim.lines.get()
        row = handing.rows_of(claim)[0]
        deliver_handoffs()

        (told,) = handing.lines_of(1)
        assert line.subscription is not None
        assert line.subscription.starts_on is not None
        assert line.subscription.ends_on is not None
        assert claim.location is not None
        assert claim.tenant is not None
        assert tuple(told) == handoff_format.FIELDS
        assert told == {
            "id": f"{claim.number}-1",
            "kind": "start",
            "sequence": 1,
            "written_at": row.created_at.astimezone(UTC).isoformat(timespec="seconds"),
            "claim_number": claim.number,
            "program": line.activity.program.code,
            "program_name": line.activity.program.name,
            "partner_association": "CPOR",
            "partner_id": claim.location.partner_id,
            "tenant_id": str(claim.tenant.tenant_id),
            "subscription_id": str(line.subscription.subscription_id),
            "subscription_starts_on": line.subscription.starts_on.isoformat(),
            "subscription_ends_on": line.subscription.ends_on.isoformat(),
            "solution_area": "Business Applications",
            "product": "d365_sales",
            "product_name": line.product.name,
            "activity": "usage",
            "activity_name": line.activity.name,
            "claimed_on": row.payload["claimed_on"],
            "effective_from": row.effective_on.isoformat(),
            "effective_to": None,
            "end_reason": None,
            "recognition_only": False,
            "opt_out_of_incentive": False,
            "poe_sha256": row.payload["poe_sha256"],
        }

    def test_the_table_holds_the_same_and_no_formula(self, one: Claim) -> None:
        claim = one
        row = handing.rows_of(claim)[0]
        row.payload["program_name"] = '=HYPERLINK("http://evil.example")'
        with unguarded():
            row.save()
        deliver_handoffs()

        (told,) = handing.table_of(1)
        assert tuple(told) == handoff_format.FIELDS
        assert told["program_name"] == '\'=HYPERLINK("http://evil.example")'
        assert (told["recognition_only"], told["subscription_id"]) == ("no", "")
        raw = handing.content("handoff-000001.csv")
        assert raw.startswith(b"id,kind,sequence,")
        assert raw.count(b"\r\n") == 2

    def test_the_manifest_is_signed_and_names_digests_and_ends(self, two: Claim) -> None:
        claim = two
        deliver_handoffs()

        signed = json.loads(handing.content("handoff-000001.manifest.json"))
        headers, payload = signed["headers"], signed["payload"]
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert headers["webhook-signature"].split() == [
            Webhook(key).sign("handoff-batch-000001", at, payload) for key in KEYS
        ]
        batch = HandoffBatch.objects.get()
        table, lines = (handing.content(f"handoff-000001.{ending}") for ending in ("csv", "jsonl"))
        assert json.loads(payload) == {
            "format": "cpor-handoff-1",
            "batch": 1,
            "written_at": batch.written_at.astimezone(UTC).isoformat(timespec="seconds"),
            "rows": 2,
            "first_id": f"{claim.number}-1",
            "last_id": f"{claim.number}-2",
            "files": [
                {
                    "name": "handoff-000001.jsonl",
                    "bytes": len(lines),
                    "sha256": hashlib.sha256(lines).hexdigest(),
                },
                {
                    "name": "handoff-000001.csv",
                    "bytes": len(table),
                    "sha256": hashlib.sha256(table).hexdigest(),
                },
            ],
        }
        assert (batch.json_sha256, batch.csv_sha256) == (
            hashlib.sha256(lines).hexdigest(),
            hashlib.sha256(table).hexdigest(),
        )

    def test_signatures_are_those_of_the_specification(self) -> None:
        """The vector that the specification's libraries publish, and the scheme by hand."""
        identifier, at = "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC)
        body = '{"test": 2432232314}'

        found = handoff_format.signed_headers(identifier, at, body)

        by_hand = hmac.new(
            base64.b64decode(KEYS[1].removeprefix("whsec_")),
            f"{identifier}.1614265330.{body}".encode(),
            hashlib.sha256,
        ).digest()
        assert found == {
            "webhook-id": identifier,
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
            f"v1,{base64.b64encode(by_hand).decode()}",
        }

    def test_a_second_run_writes_nothing_and_a_dry_one_neither(self, one: Claim) -> None:
        claim = one
        assert counts(deliver_handoffs(dry_run=True)) == (1, 0, 1, 0)
        assert (handing.names(), handing.states_of(claim)) == ([], [State.PENDING])

        deliver_handoffs()
        before = {name: handing.content(name) for name in handing.names()}
        assert counts(deliver_handoffs()) == (0, 0, 0, 0)

        assert {name: handing.content(name) for name in handing.names()} == before
        assert HandoffBatch.objects.count() == 1

    def test_the_command_tells_what_it_did(self, capsys: pytest.CaptureFixture[str]) -> None:
        handing.handed_over("exchange_online", "teams")
        call_command("deliver_handoffs")
        assert capsys.readouterr().out == (
            "deliver_handoffs: 2 due, 2 done, 0 skipped, 0 refused, 0 failed\n"
        )


class TestCrashes:
    def test_what_was_planned_is_stored_with_the_same_rows_and_number(self) -> None:
        """Killed between the plan's commit and the storage; another row came meanwhile."""
        first = handing.handed_over()
        planned = delivery.plan(clock.now())
        assert planned is not None
        later = handing.handed_over()

        assert counts(deliver_handoffs()) == (2, 2, 0, 0)

        assert [each["id"] for each in handing.lines_of(1)] == handing.ids_of(first)
        assert [each["id"] for each in handing.lines_of(2)] == handing.ids_of(later)
        stored = HandoffBatch.objects.get(number=1)
        assert (stored.pk, stored.json_sha256) == (planned.pk, planned.json_sha256)

    def test_files_that_were_stored_without_a_word_are_stored_once(self, two: Claim) -> None:
        """Killed between the storage and the note that the files are there."""
        claim = two
        planned = delivery.plan(clock.now())
        assert planned is not None
        files = handoff_format.files_of(planned, list(planned.rows.order_by("pk")))
        for file in files:
            (handing.folder()).mkdir(exist_ok=True)
            (handing.folder() / file.name).write_bytes(file.content)

        deliver_handoffs()

        assert {name: handing.content(name) for name in handing.names()} == {
            file.name: file.content for file in files
        }
        assert handing.states_of(claim) == [State.SENT, State.SENT]
        assert HandoffBatch.objects.count() == 1

    def test_a_storage_that_fails_in_the_middle_ends_the_run_and_loses_nothing(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        first = handing.handed_over("exchange_online", "teams")
        FullDisk.left = 1
        use(settings, tmp_path, f"{__name__}.FullDisk")
        run = deliver_handoffs()
        assert counts(run) == (1, 0, 0, 1)
        assert run.problems[0]["problem"] == "OSError: No space left on device"
        assert handing.names() == ["handoff-000001.jsonl"]
        half = handing.content("handoff-000001.jsonl")
        assert handing.states_of(first) == [State.PENDING, State.PENDING]
        second = handing.handed_over()

        use(settings, tmp_path, "cpor_site.common.whole_files.WholeFileStorage")
        assert counts(deliver_handoffs()) == (3, 3, 0, 0)

        assert handing.content("handoff-000001.jsonl") == half
        assert handing.all_ids() == handing.ids_of(first, second)

    def test_a_number_that_the_storage_knows_is_not_given_again(self) -> None:
        """An older copy of the database was put back: the program has seen that number."""
        storages["handoffs"].save(
            "handoff-000001.manifest.json", ContentFile(b"of the lost database")
        )
        handing.handed_over()
        deliver_handoffs()
        assert HandoffBatch.objects.get().number == 2
        assert handing.content("handoff-000001.manifest.json") == b"of the lost database"

    def test_another_file_in_the_way_is_named_and_never_replaced(self, one: Claim) -> None:
        claim = one
        delivery.plan(clock.now())
        handing.folder().mkdir()
        (handing.folder() / "handoff-000001.csv").write_bytes(b"somebody else's")

        run = deliver_handoffs()
        assert counts(run) == (1, 0, 0, 1)
        assert "holds another file named handoff-000001.csv" in run.problems[0]["problem"]
        assert handing.content("handoff-000001.csv") == b"somebody else's"

        (handing.folder() / "handoff-000001.csv").unlink()
        deliver_handoffs()
        assert handing.states_of(claim) == [State.SENT]


class FullDisk(WholeFileStorage):
    """A storage that takes so many files more."""

    left = 0

    def _save(self, name: str, content: Any) -> str:
        if FullDisk.left == 0:
            raise OSError("No space left on device")
        FullDisk.left -= 1
        return super()._save(name, content)


class TestOrder:
    def test_while_the_enrolment_has_lapsed_the_row_waits_and_goes_afterwards(self) -> None:
        """Q18, and nobody else waits with it."""
        held, other = handing.handed_over(), handing.handed_over()
        assert held.location is not None
        handing.lapse(held.location)

        deliver_handoffs()
        assert (handing.states_of(held), handing.states_of(other)) == (["pending"], ["sent"])
        row = waiting.with_standing(IncentiveHandoff.objects.filter(claim=held), clock.now()).get()
        assert waiting.standing_of(row) == "suspended: the location isn't enrolled in the program"
        assert counts(deliver_handoffs()) == (0, 0, 0, 0)

        handing.enrol_again(held.location)
        deliver_handoffs()
        assert handing.all_ids() == handing.ids_of(other, held)

    def test_an_end_never_overtakes_the_start_that_waits(self, two: Claim) -> None:
        claim = two
        assert claim.location is not None
        handing.lapse(claim.location)
        handing.ended(claim)

        assert counts(deliver_handoffs()) == (0, 0, 0, 0)
        handing.enrol_again(claim.location)
        deliver_handoffs()

        assert [(each["kind"], each["sequence"]) for each in handing.lines_of(1)] == [
            ("start", 1),
            ("start", 2),
            ("termination", 3),
            ("termination", 4),
        ]

    def test_the_end_of_what_the_program_knows_goes_whatever_the_enrolment(
        self, one: Claim
    ) -> None:
        claim = one
        deliver_handoffs()
        assert claim.location is not None
        handing.lapse(claim.location)
        handing.ended(claim)

        deliver_handoffs()

        (told,) = handing.lines_of(2)
        assert (told["kind"], told["end_reason"]) == ("termination", "partner_disassociated")
        assert told["effective_to"] is not None

    def test_a_row_that_cant_be_told_fails_alone(self) -> None:
        broken, other = handing.handed_over("exchange_online", "teams"), handing.handed_over()
        row = handing.rows_of(broken)[0]
        row.payload = ["nonsense"]
        with unguarded():
            row.save()

        deliver_handoffs()

        assert handing.states_of(broken) == [State.FAILED, State.PENDING]
        assert handing.states_of(other) == [State.SENT]
        assert "has no attribute" in handing.rows_of(broken)[0].last_error
        row, later = handing.rows_of(broken)
        row.payload = later.payload
        with unguarded():
            row.save()
        assert waiting.retry(row.pk)
        deliver_handoffs()
        assert handing.all_ids() == handing.ids_of(other, broken)

    def test_more_rows_than_a_file_holds_go_in_several(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        claim = handing.handed_over(*handing.NAMES)
        monkeypatch.setattr(delivery, "LARGEST_BATCH", 2)
        assert counts(deliver_handoffs()) == (3, 3, 0, 0)
        assert [len(handing.lines_of(number)) for number in (1, 2)] == [2, 1]
        assert handing.all_ids() == handing.ids_of(claim)


class TestEnds:
    def ends(self, claim: Claim) -> list[tuple[str, str]]:
        return [
            (row.line.product.code, row.payload["end_reason"])
            for row in handing.rows_of(claim)
            if row.kind == IncentiveHandoff.Kind.TERMINATION
        ]

    def test_a_customers_withdrawal_takes_back_line_by_line_and_each_once(self) -> None:
        claim = acts.active(factories.make_claim(products=("exchange_online", "teams")))
        first, second = claim.lines.order_by("pk")
        assert claim.activated_at is not None
        who = Responder("Jana Meier")
        with time_machine.travel(claim.activated_at + timedelta(days=1), tick=False):
            withdrawals.withdraw(token=acts.token_of(claim), responder=who, line_ids=[first.pk])
            assert self.ends(claim) == [("exchange_online", "customer_withdrew")]
            withdrawals.withdraw(token=acts.token_of(claim), responder=who, line_ids=[second.pk])

        assert self.ends(claim) == [
            ("exchange_online", "customer_withdrew"),
            ("teams", "customer_withdrew"),
        ]

    def test_what_happens_afterwards_takes_nothing_back_again(self) -> None:
        claim = acts.active()
        partner = actors.partner(claim.created_by)
        assert claim.activated_at is not None
        with time_machine.travel(claim.activated_at + timedelta(days=1), tick=False):
            end_association(claim_id=claim.pk, actor=partner, reason="The project has ended.")
            before = self.ends(claim)
            with door.open_for_change(claim_id=claim.pk, actor=partner) as (locked, now):
                event = door.record(locked, kind="renamed", actor=partner, at=now)
                door.tell(locked, event=event, actor=partner)
        assert self.ends(claim) == before == [("exchange_online", "partner_disassociated")]
