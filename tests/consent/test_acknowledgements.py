"""What the program says of hand-offs: taken in line by line, and told line by line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from claims.models import Claim
from consent.models import IncentiveHandoff
from consent.services import waiting
from consent.services.delivery import deliver_handoffs

from . import handing

pytestmark = pytest.mark.django_db
State = IncentiveHandoff.State


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "handoffs": {
            "BACKEND": "cpor_site.common.whole_files.WholeFileStorage",
            "OPTIONS": {"location": tmp_path / "handoffs"},
        }
    }


@pytest.fixture
def claim() -> Claim:
    claim = handing.handed_over("exchange_online", "teams")
    deliver_handoffs()
    return claim


def run(path: Path, *options: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("import_acknowledgements", str(path), *options, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()


def write(folder: Path, *lines: str, name: str = "answer.csv") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def json_lines(folder: Path, *records: dict[str, Any]) -> Path:
    return write(folder, *map(json.dumps, records), name="answer.jsonl")


def test_a_table_acknowledges_and_rejects(claim: Claim, tmp_path: Path) -> None:
    one, two = handing.ids_of(claim)
    path = write(
        tmp_path,
        "id,result,reason,reference,batch",
        f"{one},acknowledged,,E-77,1",
        f"{two},rejected,Not an eligible workload,,1",
    )
    assert run(path) == (
        0,
        (
            f"line 3: The program rejected {two}: Not an eligible workload\n"
            "answer.csv: 2 rows read; 0 created, 2 changed, 0 unchanged, 0 rows refused.\n"
        ),
        "",
    )
    first, second = handing.rows_of(claim)
    assert (first.state, first.acknowledgement) == (State.ACKNOWLEDGED, "E-77")
    assert (second.state, second.acknowledgement) == (State.FAILED, "Not an eligible workload")
    assert None not in (first.acknowledged_at, second.acknowledged_at, second.sent_at)


def test_the_same_file_again_changes_nothing(claim: Claim, tmp_path: Path) -> None:
    one, two = handing.ids_of(claim)
    path = json_lines(
        tmp_path,
        {"id": one, "result": "acknowledged", "reference": "E-77"},
        {"id": two, "result": "rejected", "reason": "Unknown tenant"},
    )
    run(path)
    before = list(IncentiveHandoff.objects.order_by("pk").values())
    code, out, _err = run(path)
    assert (code, out.splitlines()[-1]) == (
        0,
        "answer.jsonl: 2 rows read; 0 created, 0 changed, 2 unchanged, 0 rows refused.",
    )
    assert list(IncentiveHandoff.objects.order_by("pk").values()) == before


def test_a_dry_run_tells_and_writes_nothing(claim: Claim, tmp_path: Path) -> None:
    one, two = handing.ids_of(claim)
    path = json_lines(tmp_path, {"id": one, "result": "rejected", "reason": "No"})
    code, out, _err = run(path, "--dry-run")
    assert (code, out.splitlines()[:2]) == (
        0,
        [f"line 1: The program rejected {one}: No", "Dry run: nothing is written."],
    )
    assert handing.states_of(claim) == [State.SENT, State.SENT]


def test_each_wrong_row_gets_its_sentence_and_the_others_are_taken(
    claim: Claim, tmp_path: Path
) -> None:
    one, two = handing.ids_of(claim)
    waits = handing.handed_over()
    path = write(
        tmp_path,
        "id,result,reason",
        "CPOR-1999-000001-1,acknowledged,",
        f"{claim.number}-9,acknowledged,",
        f"{waits.number}-1,acknowledged,",
        f"{one},maybe,",
        f"{two},rejected,",
        "nonsense,acknowledged,",
        ",acknowledged,",
        f"{one},acknowledged,",
        f"{one},rejected,Twice",
    )
    code, out, err = run(path)
    assert code == 1
    assert out == "answer.csv: 9 rows read; 0 created, 1 changed, 0 unchanged, 8 rows refused.\n"
    assert err.splitlines() == [
        "line 2, column id: There is no hand-off CPOR-1999-000001-1.",
        f"line 3, column id: There is no hand-off {claim.number}-9.",
        (
            f"line 4, column id: {waits.number}-1 has not been delivered yet, so the program can't "
            "have judged it."
        ),
        "line 5, column result: This must be one of: acknowledged, rejected.",
        "line 6, column reason: A rejected row needs the program's reason.",
        "line 7, column id: This is no hand-off's ID, which reads like CPOR-2026-000123-1.",
        "line 8, column id: This may not be empty.",
        "line 10, column id: The same stands already in line 9.",
        "8 rows were refused.",
    ]
    assert handing.states_of(claim) == [State.ACKNOWLEDGED, State.SENT]


def test_what_was_acknowledged_cant_be_rejected_but_what_was_rejected_can_be_taken(
    claim: Claim, tmp_path: Path
) -> None:
    one, two = handing.ids_of(claim)
    yes = json_lines(tmp_path, {"id": one, "result": "acknowledged"})
    run(yes)
    code, _out, err = run(json_lines(tmp_path, {"id": one, "result": "rejected", "reason": "No"}))
    day = f"{handing.rows_of(claim)[0].acknowledged_at:%Y-%m-%d}"
    assert (code, err.splitlines()[0]) == (
        1,
        (
            f"line 1, column result: {one} was acknowledged on {day} and can't be rejected any "
            "more. Ask the program what is meant."
        ),
    )
    run(json_lines(tmp_path, {"id": two, "result": "rejected", "reason": "No"}))
    run(json_lines(tmp_path, {"id": two, "result": "acknowledged"}))
    assert handing.states_of(claim) == [State.ACKNOWLEDGED] * 2


def test_a_rejected_row_that_is_queued_anew_goes_in_a_new_file(
    claim: Claim, tmp_path: Path
) -> None:
    one, _two = handing.ids_of(claim)
    run(json_lines(tmp_path, {"id": one, "result": "rejected", "reason": "Unknown tenant"}))
    before = handing.content("handoff-000001.jsonl")
    assert waiting.retry(handing.rows_of(claim)[0].pk)
    assert handing.states_of(claim) == [State.PENDING, State.SENT]

    deliver_handoffs()

    assert [each["id"] for each in handing.lines_of(2)] == [one]
    assert handing.content("handoff-000001.jsonl") == before
    assert handing.states_of(claim) == [State.SENT, State.SENT]


def test_an_acknowledgement_of_the_file_ends_the_wait_for_the_post(
    settings: Settings, tmp_path: Path
) -> None:
    settings.CPOR_HANDOFF_URL = "http://127.0.0.1:1/"
    claim = handing.handed_over()
    deliver_handoffs()
    assert handing.states_of(claim) == [State.PENDING]
    run(json_lines(tmp_path, {"id": handing.ids_of(claim)[0], "result": "acknowledged"}))
    assert handing.states_of(claim) == [State.ACKNOWLEDGED]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["claim,result", "1,acknowledged"], "Missing: id."),
        (["id,result"], "The file has a header and no rows below it."),
        (['{"id": "CPOR-1-1", "resu'], "The file ends in the middle of this line."),
    ],
)
def test_a_file_that_is_none(lines: list[str], sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "answer"
    path.write_text("\n".join(lines), encoding="utf-8")
    code, _out, err = run(path)
    assert code == 2
    assert sentence in err
    assert err.endswith("Nothing was imported.")


def test_lines_that_are_no_json_are_told(claim: Claim, tmp_path: Path) -> None:
    one, _two = handing.ids_of(claim)
    path = write(
        tmp_path,
        json.dumps({"id": one, "result": "acknowledged", "more": [1]}),
        "",
        "not json",
        "[1]",
        json.dumps({"id": 7, "result": "acknowledged"}),
        name="answer.jsonl",
    )
    code, _out, err = run(path)
    assert (code, err.splitlines()) == (
        1,
        [
            "line 3: This line is no JSON.",
            "line 4: This line holds no JSON object.",
            "line 5, column id: This is no hand-off's ID, which reads like CPOR-2026-000123-1.",
            "3 rows were refused.",
        ],
    )
    assert handing.states_of(claim) == [State.ACKNOWLEDGED, State.SENT]
