"""Measures the sweeps on PostgreSQL: the plain loop, the set-based path and raw SQL, in one run.

    DATABASE_URL=postgresql://... python benchmarks/sweeps.py [--claims 1000000] [--due 100000]

Use a database that may be emptied: the script deletes all claims, customers and partners in it. Of
all claims ``--due`` wait for a partner's answer too long, and as many are past their consent
window; each way gets rows of its own, the two loops ``--plain`` of them. One person reads about
each claim, so that every way writes one letter for it. What is measured:

- bare loop: lock, transition, save with history, one outbox row of fixed text; a claim at a time
- one by one: the product's own act on one claim, with lines, event, letters and all receivers
- path: the product's sweep, in batches of 2,000: all that one by one does
- raw SQL: status, history, lines, event and one outbox row of fixed text by one statement a batch
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import on_postgres

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

BATCH = 2000

STALE = """UPDATE claims_claim SET status = 'partner_action_required', association_state = 'none',
  due_at = now() - interval '1 day', deadline_kind = 'partner_response', disputed_at = NULL,
  rejection_reasons = '[]', consent_closes_at = NULL, submitted_by_id = {user}
  WHERE id <= {due}"""
OVER = (
    """UPDATE claims_claim SET status = 'approved', association_state = 'provisional',
      due_at = now() - interval '1 day', deadline_kind = 'consent', disputed_at = NULL,
      rejection_reasons = '[]', consent_closes_at = now() - interval '1 day',
      submitted_by_id = {user} WHERE id > {due} AND id <= 2 * {due}""",
    """UPDATE claims_claimline SET line_status = 'approved'
      WHERE claim_id > {due} AND claim_id <= 2 * {due}""",
    """INSERT INTO claims_exclusivityhold (id, key, organization_id, taken_at)
      SELECT id, 'workload:' || id, organization_id, now() FROM claims_claim
      WHERE id > {due} AND id <= 2 * {due}""",
    """INSERT INTO claims_association (line_id, claim_id, hold_id, location_id, tenant_id,
      activity_id, state, claimed_on, end_reason)
      SELECT l.id, c.id, c.id, c.location_id, c.tenant_id, l.activity_id, 'provisional',
      current_date, '' FROM claims_claim c JOIN claims_claimline l ON l.claim_id = c.id
      WHERE c.id > {due} AND c.id <= 2 * {due}""",
    """INSERT INTO consent_consentrequest (claim_id, created_at, opened_at, closes_at,
      extension_reason)
      SELECT id, now(), now(), consent_closes_at, '' FROM claims_claim
      WHERE id > {due} AND id <= 2 * {due}""",
)
REST = """UPDATE claims_claim SET status = 'rejected', association_state = 'none', due_at = NULL,
  deadline_kind = '', rejection_reasons = '["R-POE"]', consent_closes_at = NULL
  WHERE id > 2 * {due} AND (status = 'partner_action_required' OR association_state = 'provisional')
"""
CONTACTS = """INSERT INTO claims_claimcontact
  (claim_id, kind, name, job_title, email, phone, locale)
  SELECT id, 'partner', 'Ada', '', '{email}', '', 'en'
  FROM claims_claim WHERE id <= 2 * {due}"""
SUBMITTER = "submitter@partner.example"


def prepare(claims: int, due: int) -> None:
    """Empty the tables and fill them so that exactly ``due`` claims are due for each sweep."""
    import review_queue
    from django.db import connection

    from claims.models import Membership
    from cpor_site.common.models import OutboxMessage, User

    review_queue.generate(claims)
    OutboxMessage.objects.all().delete()
    user = User.objects.create_user(SUBMITTER)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO claims_membership (user_id, organization_id, role, is_active) "
            "SELECT %s, id, %s, true FROM claims_partnerorganization",
            [user.pk, Membership.Role.INCENTIVES_ADMIN],
        )
        for statement in (STALE, *OVER, REST, CONTACTS, "ANALYZE"):
            cursor.execute(statement.format(due=due, user=user.pk, email=SUBMITTER))


def timed(keys: list[int], run: Callable[[list[int]], Any], asked: Callable[[], int]) -> float:
    """Run it on the keys and return rows a second; every one must have been acted on."""
    before = asked()
    begin = time.perf_counter()
    run(keys)
    seconds = time.perf_counter() - begin
    done = before - asked()
    if done != len(keys):
        sys.exit(f"{done} rows were acted on instead of {len(keys)}.")
    return len(keys) / seconds


def bare_loop(act: str) -> Callable[[list[int]], None]:
    """Return the plain loop: what one would write without the product's services."""
    from django.db import transaction

    from claims.models import Claim
    from cpor_site.common import clock
    from cpor_site.common.models import OutboxMessage

    def run(keys: list[int]) -> None:
        for key in keys:
            with transaction.atomic():
                now = clock.now()
                claim = Claim.objects.select_for_update().get(pk=key)
                getattr(claim, act)(now=now, by=None)
                claim.deadline_kind, claim.due_at = "", None
                claim.save()
                OutboxMessage.objects.create(
                    key=f"bare:{key}",
                    kind=act,
                    recipient="ada@partner.example",
                    locale="en",
                    subject="Subject",
                    text_body="Text",
                    message_id=f"<{key}@bare>",
                    created_at=now,
                    next_try_at=now,
                )

    return run


def in_batches(run: Callable[[list[int]], Any]) -> Callable[[list[int]], None]:
    """Return what runs over keys in batches by ascending key."""

    def all_of(keys: list[int]) -> None:
        for first in range(0, len(keys), BATCH):
            run(keys[first : first + BATCH])

    return all_of


def raw_sql(changes: str, event: str, line_status: str) -> Callable[[list[int]], None]:
    """Return one statement a batch: claims, history, lines, their history, events, letters."""
    from django.db import connection, transaction

    from claims.models import Claim, ClaimLine

    def columns(model: Any) -> str:
        history = model.history.model._meta.concrete_fields
        names = [each.column for each in history if not each.name.startswith("history_")]
        return ", ".join(names)

    claims, lines = columns(Claim), columns(ClaimLine)
    sql = f"""WITH due AS (
      SELECT id, status FROM claims_claim WHERE id = ANY(%(keys)s) ORDER BY id
      FOR UPDATE SKIP LOCKED
    ), moved AS (
      UPDATE claims_claim c SET {changes}, version = version + 1, changed_at = now()
      FROM due WHERE c.id = due.id RETURNING c.*
    ), noted AS (
      INSERT INTO claims_historicalclaim ({claims}, history_date, history_type)
      SELECT {claims}, now(), '~' FROM moved
    ), closed AS (
      UPDATE claims_claimline l SET line_status = '{line_status}' FROM due
      WHERE l.claim_id = due.id RETURNING l.*
    ), closed_noted AS (
      INSERT INTO claims_historicalclaimline ({lines}, history_date, history_type)
      SELECT {lines}, now(), '~' FROM closed
    ), told AS (
      INSERT INTO claims_claimevent (claim_id, kind, at, side, actor_name, from_status, to_status,
        details, internal, request_id)
      SELECT m.id, '{event}', now(), 'system', 'the system', due.status, m.status, '{{}}', false, ''
      FROM moved m JOIN due ON due.id = m.id
    )
    INSERT INTO common_outboxmessage (key, kind, claim_number, recipient, locale, subject,
      text_body, html_body, message_id, about, state, created_at, next_try_at, tries, last_error,
      bounce_reason)
    SELECT 'raw:' || id, '{event}', number, 'ada@partner.example', 'en', 'Subject', 'Text', '',
      '<' || id || '@raw>', '', 'queued', now(), now(), 0, '', '' FROM moved"""  # noqa: S608

    def run(keys: list[int]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, {"keys": keys})

    return in_batches(run)


def measure(due: int, plain: int) -> dict[str, dict[str, float]]:
    """Return rows a second by sweep and way."""
    from claims.models import Claim
    from claims.services import sweeps
    from consent.services import windows

    def each(act: Callable[[int], Any]) -> Callable[[list[int]], None]:
        def run(keys: list[int]) -> None:
            for key in keys:
                act(key)

        return run

    rejected = (
        "status = 'rejected', rejection_reasons = '[\"R-NORESP\"]', decided_at = now(), "
        "deadline_kind = 'dispute_filing', due_at = now() + interval '30 days'"
    )
    in_force = (
        "association_state = 'active', activated_at = now(), deadline_kind = '', due_at = NULL"
    )
    stale = Claim.objects.filter(status="partner_action_required")
    over = Claim.objects.filter(association_state="provisional")
    ways: dict[str, tuple[int, Any, dict[str, Callable[[list[int]], Any]]]] = {
        "stale claims": (
            0,
            stale,
            {
                "bare loop": bare_loop("reject_unanswered"),
                "one by one": each(sweeps.reject_unanswered),
                "raw SQL": raw_sql(rejected, "claim_rejected", "rejected"),
                "path": lambda _keys: sweeps.reject_stale_claims(),
            },
        ),
        "consent windows": (
            due,
            over,
            {
                "bare loop": bare_loop("close_window"),
                "one by one": each(windows.close_window),
                "raw SQL": raw_sql(in_force, "window_closed", "approved"),
                "path": lambda _keys: windows.finalise_consent_windows(),
            },
        ),
    }
    found: dict[str, dict[str, float]] = {}
    for name, (start, rows, runs) in ways.items():
        keys = list(range(start + 1, start + due + 1))
        half = (due - 2 * plain) // 2
        cuts = [plain, 2 * plain, 2 * plain + half, due]
        shares = [keys[first:last] for first, last in zip([0, *cuts], cuts, strict=False)]
        found[name] = {}
        for (way, run), share in zip(runs.items(), shares, strict=True):
            found[name][way] = timed(share, run, rows.count)
            print(f"{name}: {way}: {len(share):,} rows, {found[name][way]:,.0f} a second")
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    """Return the numbers as they stand in the documentation."""
    lines = ["| sweep | way | rows a second | times the bare loop |", "| --- | --- | ---: | ---: |"]
    for name, ways in found.items():
        for way, rate in sorted(ways.items(), key=lambda item: item[1]):
            times = rate / ways["bare loop"]
            lines.append(f"| {name} | {way} | {rate:,.0f} | {times:,.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--plain", type=int, default=2000, help="rows for each of the two loops")
    options = parser.parse_args()
    on_postgres.start()
    from cpor_site.celery import app

    # A commit that wakes the sender puts a message into memory; nobody sends letters meanwhile.
    app.conf.update(task_always_eager=False, broker_url="memory://")
    prepare(options.claims, options.due)
    print(table(measure(options.due, options.plain)))


if __name__ == "__main__":
    main()
