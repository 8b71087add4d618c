"""Keeping the good rows of a file as drafts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from cpor_site.common import clock, limits
from cpor_site.common.problems import Problem, Refused, error
from cpor_site.common.uploads import clean_name

from ..actors import Actor
from ..models import Claim, DraftUpload, PartnerOrganization
from ..refusals import NotYours
from ..services.drafting import edit_claim, organization_to_draft_for, start_claim
from ..wording import date_words
from . import past, reading, repeats
from .catalogue import Known
from .columns import BY_CODE, PROBLEM
from .planning import Plan, plan
from .reading import Finding, SheetRow

MOST_FILES = 30
WITHIN = timedelta(hours=1)
LEFT_OUT = "BLK-15"
AT_ONCE = 10
"""Rows left out that are made in one transaction: few, so that nobody else has to wait for them."""

_COLUMNS = {
    "lines": "product",
    "activities": "activity",
    "location": "partner_id",
    "solution_seller_name": "solution_seller",
    "revenue_customer_name": "customer_name",
    "isv_product_name": "isv_product",
    "transaction_on": "transaction_date",
}


class AlreadyUploaded(Refused):
    """The organisation has uploaded this very file before, as ``previous`` (BLK-11)."""

    def __init__(self, previous: DraftUpload) -> None:
        local = timezone.localtime(previous.uploaded_at)
        when = f"{date_words(local)}, {time_format(local, 'H:i')}"
        super().__init__(
            error(
                "BLK-11",
                _("This file was uploaded on %(when)s by %(who)s.")
                % {"when": when, "who": previous.uploaded_by},
                field=reading.FIELD,
            )
        )
        self.previous = previous


def upload_drafts(
    *, actor: Actor, organization_id: int, file_name: str, content: bytes, again: bool = False
) -> DraftUpload:
    """Store every claim of the file that can be stored, as a draft; submit none.

    Effects, in order: the upload's row; for each claim in a transaction of its own the draft with
    its number, fields and lines, as if it had been typed; then the findings and the rows that
    became no draft. Each draft goes through the services of the wizard, so nothing is judged here
    that they judge. ``again`` allows a file that was uploaded before.

    A claim of the file that an earlier upload has made already is left out (BLK-15), with its rows
    kept, so that ``make_left_out`` can make it on purpose.

    Raises ``NotYours`` without a role that may draft for the organisation, and ``Refused``: MPN-09
    if it is suspended, BLK-01 to BLK-07 for a file of which nothing can be used, LIM-01 after too
    many others, ``AlreadyUploaded`` (BLK-11).
    """
    organization = organization_to_draft_for(actor, organization_id)
    user = actor.user
    assert user is not None
    sheet = reading.read(content)
    limits.ask("draft_upload", str(user.pk), most=MOST_FILES, within=WITHIN)
    upload = _opened(
        organization,
        again=again,
        upload=DraftUpload(
            organization=organization,
            uploaded_by=user,
            uploaded_at=clock.now(),
            file_name=clean_name(file_name),
            sha256=sha256(content).hexdigest(),
            row_count=len(sheet.rows),
            draft_count=0,
        ),
    )
    upload.header = [*sheet.header, PROBLEM]
    plans = plan(sheet.rows, Known.load(user, organization))
    twins = repeats.twins(user, upload, plans)
    left_out = [
        _left_out(each, twins[each.rows[0].number], sheet.header)
        for each in plans
        if each.rows[0].number in twins
    ]
    plans = [each for each in plans if each.rows[0].number not in twins]
    try:
        for each in plans:
            _make(each, upload, actor)
    finally:
        upload.problems = [finding.stored() for finding in sheet.notes]
        _close(upload, plans, left_out)
    return upload


def make_left_out(*, actor: Actor, upload_id: int, rows: Collection[int] | None = None) -> int:
    """Make drafts of what was left out because an earlier upload has it; return how many.

    ``rows`` are the first rows of the claims that are wanted, None for all of them. What is no
    longer left out is passed over, so that a second click makes nothing twice. Raises ``NotYours``
    for whoever may not read the upload's rows, and ``Refused`` (MPN-09) as ``upload_drafts`` does.
    """
    made = 0
    while True:
        with transaction.atomic():
            upload = DraftUpload.objects.select_for_update().filter(pk=upload_id).first()
            if upload is None or actor.user is None or not past.sees_rows(actor.user, upload):
                raise NotYours
            organization = organization_to_draft_for(actor, upload.organization_id)
            left_out = [each for each in upload.problems if each["code"] == LEFT_OUT]
            wanted = [each for each in left_out if rows is None or each["row"] in rows][:AT_ONCE]
            if not wanted:
                return made
            before = upload.draft_count
            again = [row for each in wanted for row in _rows_of(each, upload.header)]
            plans = plan(again, Known.load(actor.user, organization))
            for each in plans:
                _make(each, upload, actor)
            upload.problems = [each for each in upload.problems if each["code"] != LEFT_OUT]
            _close(upload, plans, [each for each in left_out if each not in wanted])
            made += upload.draft_count - before


def _opened(organization: PartnerOrganization, *, upload: DraftUpload, again: bool) -> DraftUpload:
    with transaction.atomic():
        # Locked, so that of two clicks on the button only one goes on unasked.
        PartnerOrganization.objects.select_for_update().get(pk=organization.pk)
        before = (
            DraftUpload.objects.filter(organization=organization, sha256=upload.sha256)
            .select_related("uploaded_by")
            .first()
        )
        if before is not None and not again:
            raise AlreadyUploaded(before)
        upload.save()
    return upload


def _make(planned: Plan, upload: DraftUpload, actor: Actor) -> None:
    if planned.changes is None:
        return
    try:
        with transaction.atomic():
            claim = start_claim(
                actor=actor,
                organization_id=upload.organization_id,
                name=planned.name,
                uploaded_with=upload,
            )
            edit_claim(
                claim_id=claim.pk, actor=actor, version=claim.version, changes=planned.changes
            )
    except Refused as refusal:
        _blame(planned, refusal.problems)
        planned.refuse()
    else:
        upload.draft_count += 1


def _blame(planned: Plan, problems: Iterable[Problem]) -> None:
    """Put what a service refused at the row and the column that it is about."""
    for problem in problems:
        column = _COLUMNS.get(problem.field, problem.field)
        at = [row for row in planned.rows if column in row.cells and row.cells[column]]
        # A product that is listed twice is wrong the second time.
        row = (at or planned.rows)[-1 if problem.code == "LIN-04" else 0]
        row.fault(column if column in BY_CODE else "", problem.code, str(problem.message))


def _left_out(planned: Plan, twin: Claim, header: list[str]) -> dict[str, Any]:
    """Return what is kept of a claim that stands already: what to say, and its rows."""
    sentence = _(
        "Claim %(number)s of an earlier upload is for the same customer, products, activities and "
        "partner ID, so this row made no second one."
    ) % {"number": twin.number}
    first = planned.rows[0]
    named = planned.name or first.cells.get("domain", "")
    return Finding(first.number, "", LEFT_OUT, sentence, named).stored() | {
        "claim": twin.pk,
        "number": twin.number,
        "rows": [[row.number, *(row.cells[code] for code in header)] for row in planned.rows],
    }


def _rows_of(kept: dict[str, Any], header: list[str]) -> list[SheetRow]:
    return [
        SheetRow(number, dict(zip(header[:-1], cells, strict=True)))
        for number, *cells in kept["rows"]
    ]


def _close(upload: DraftUpload, plans: list[Plan], left_out: list[dict[str, Any]]) -> None:
    """Note what became no draft beside what the upload knows already."""
    refused = sorted(
        (row for each in plans if each.changes is None for row in each.rows),
        key=lambda row: row.number,
    )
    upload.problems += [finding.stored() for row in refused for finding in row.findings]
    upload.problems += left_out
    upload.refused_rows += [
        [
            *(row.cells[code] for code in upload.header[:-1]),
            " ".join(f"{each.message} ({each.code})" for each in row.findings),
        ]
        for row in refused
    ]
    upload.save(update_fields=["draft_count", "problems", "header", "refused_rows"])
