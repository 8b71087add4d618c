"""The database refuses to change evidence, whoever asks; both databases, raw SQL."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from simple_history.models import HistoricalChanges

from claims.models import Claim, ClaimEvent, Comment, PoEDocument, ReviewDecision
from consent.models import ConsentAnswer, ConsentEvent, ConsentRecipient, IncentiveHandoff
from consent.services import answers
from consent.services.answers import Responder
from cpor_site.common.evidence import triggers
from cpor_site.common.evidence.kept import kept_tables
from cpor_site.common.models import EvidenceSeal, Pseudonymisation, PseudonymisedRow
from reviews.models import BulkAct, BulkResult, CompetingRuling, InternalNote
from tests import acts
from tests.shared import shared

pytestmark = pytest.mark.django_db

WRITTEN_ONCE = {
    BulkAct,
    BulkResult,
    ClaimEvent,
    Comment,
    CompetingRuling,
    ConsentAnswer,
    ConsentAnswer.lines.through,
    ConsentEvent,
    ConsentRecipient,
    EvidenceSeal,
    IncentiveHandoff,
    InternalNote,
    PoEDocument,
    Pseudonymisation,
    PseudonymisedRow,
    ReviewDecision,
}


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except IntegrityError as error:
        return "Evidence is kept" in str(error)
    return False


def test_every_history_and_every_row_that_is_written_once_is_kept() -> None:
    kept = {each.model for each in kept_tables()}
    every = apps.get_models(include_auto_created=True)
    histories = {
        model
        for model in every
        if issubclass(model, HistoricalChanges) or "historical" in model.__name__.lower()
    }
    assert histories
    assert kept == histories | WRITTEN_ONCE
    assert triggers.missing(connection) == []


@shared
def claim() -> Claim:
    """A claim in the window of its customer."""
    return acts.in_window()


def test_no_table_of_evidence_allows_a_change_or_a_deletion(claim: Claim) -> None:
    """Rows of every kind are made by SQL where the product has none at hand."""
    answers.agree(token=acts.token_of(claim), responder=Responder(name="Jana"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # Else TRUNCATE fails for another reason.
    lenient = []
    for kept in kept_tables():
        if not kept.model._base_manager.exists():
            continue
        key = kept.key.column
        changes = [
            f'DELETE FROM "{kept.table}"',  # noqa: S608
            f'UPDATE "{kept.table}" SET "{key}" = 0',  # noqa: S608
        ]
        for name in kept.facts[1:]:
            (column,) = kept.columns([name])
            value = other(kept.model, name)
            changes.append(f'UPDATE "{kept.table}" SET "{column}" = {value}')  # noqa: S608
        if connection.vendor == "postgresql":
            changes.append(f'TRUNCATE "{kept.table}" CASCADE')
        lenient += [change for change in changes if not refused(change)]
    assert lenient == []


def other(model: type[models.Model], name: str) -> str:
    """Return an expression for another value of the column's type."""
    field: Any = model._meta.get_field(name)
    plain = getattr(field, "target_field", field)
    column = f'"{field.column}"'
    kind = plain.get_internal_type()
    if "Integer" in kind or "AutoField" in kind:
        return f"coalesce({column}, 0) + 1"
    if kind == "BooleanField":
        return f"NOT {column}"
    if kind == "DateTimeField":
        return "'2001-01-01 00:00:00+00:00'"
    if kind == "DateField":
        return "'2001-01-01'"
    if kind == "UUIDField":
        return "'00000000000040008000000000000001'"
    if kind == "JSONField":
        return "'{\"forged\": 1}'"
    return f"'{'forged'[: field.max_length]}'"


def test_what_is_allowed_to_change_does(claim: Claim) -> None:
    somebody = Responder(name="Jana", ip_address="192.0.2.7", user_agent="Browser")
    answer = answers.agree(token=acts.token_of(claim), responder=somebody)
    rows = ConsentAnswer.objects.filter(pk=answer.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(ip_address="192.0.2.8")
    assert rows.update(ip_address=None, user_agent="") == 1
    recipients = ConsentRecipient.objects.filter(pk=answer.recipient_id)
    assert recipients.update(superseded_at=answer.answered_at) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        recipients.update(token_hash="0" * 64)


def test_names_change_only_while_somebody_is_pseudonymised(claim: Claim) -> None:
    rows = ClaimEvent.objects.filter(claim=claim)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(actor_name="Person")
    with triggers.pseudonymising():
        assert rows.update(actor_name="Person") == rows.count()
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(kind="forged")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(actor_name="Somebody")


def test_a_missing_trigger_is_named_and_put_back() -> None:
    name = next(iter(triggers._existing(connection)["claims_comment"]))
    with connection.cursor() as cursor:
        cursor.execute(triggers._drop(connection, "claims_comment", name))
    assert triggers.missing(connection) == ["claims_comment"]
    triggers.install(connection)
    assert triggers.missing(connection) == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    "sabotage",
    [
        "ALTER TABLE claims_comment DISABLE TRIGGER ALL",
        (
            "CREATE OR REPLACE FUNCTION cpor_keep_evidence() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'"
        ),
        "EXECUTE FUNCTION cpor_keep_evidence('','','')|FOR EACH ROW WHEN (false) {}",
        "EXECUTE FUNCTION cpor_keep_evidence('','','body')|FOR EACH ROW {}",
    ],
)
def test_a_trigger_that_does_nothing_is_named_and_mended(sabotage: str) -> None:
    names = triggers._existing(connection)["claims_comment"]
    name = next(each for each in names if each.startswith("evidence_rows_"))
    call, other, how = sabotage.partition("|")
    if other:  # Another one under the same name.
        sabotage = f"DROP TRIGGER {name} ON claims_comment; CREATE TRIGGER {name} "
        sabotage += "BEFORE UPDATE OR DELETE ON claims_comment " + how.format(call)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sabotage)
    assert "claims_comment" in triggers.missing(connection)
    triggers.install(connection)
    assert triggers.missing(connection) == []


def test_a_shell_of_sqlite_changes_nothing_and_replacing_is_deleting() -> None:
    """Whatever the suite's database is: the triggers' own text, in a file of SQLite's."""
    file = sqlite3.connect(":memory:")
    file.execute("CREATE TABLE note (id integer PRIMARY KEY, kind text UNIQUE, body text)")
    made = triggers._on_sqlite("note", ["id", "kind", "body"], [], ["body"], [])
    changes = (
        "INSERT INTO note VALUES (2, 'b', '')",
        "REPLACE INTO note VALUES (2, 'a', '')",
        "UPDATE note SET body = 'forged'",
        "UPDATE note SET kind = 'forged'",
        "DELETE FROM note",
    )
    file.execute("INSERT INTO note VALUES (1, 'a', '')")
    for name, text in made.items():
        file.execute(text.replace("{name}", f"on_{name}"))

    def done() -> list[str]:
        through = []
        for change in changes:
            try:
                file.execute(change)
            except sqlite3.Error:
                continue
            through.append(change)
        return through

    assert done() == []
    file.create_function("cpor_pseudonymising", 0, lambda: 0)
    file.execute("PRAGMA recursive_triggers = ON")
    assert done() == ["INSERT INTO note VALUES (2, 'b', '')"]
    file.create_function("cpor_pseudonymising", 0, lambda: 1)
    assert done() == ["UPDATE note SET body = 'forged'"]
    file.close()
