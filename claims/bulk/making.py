"""Keeping the good rows of a file as drafts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from cpor_site.common import clock, limits
from cpor_site.common.problems import Problem, Refused, error
from cpor_site.common.uploads import clean_name

from ..actors import Actor
from ..models import DraftUpload, PartnerOrganization
from ..services.drafting import edit_claim, organization_to_draft_for, start_claim
from ..wording import date_words
from . import reading
from .catalogue import Known
from .columns import BY_CODE, PROBLEM
from .planning import Plan, plan
from .reading import Sheet

MOST_FILES = 30
WITHIN = timedelta(hours=1)

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
    plans = plan(sheet.rows, Known.load(user, organization))
    try:
        for each in plans:
            _make(each, upload, actor)
    finally:
        _close(upload, sheet, plans)
    return upload


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


def _close(upload: DraftUpload, sheet: Sheet, plans: list[Plan]) -> None:
    refused = sorted(
        (row for each in plans if each.changes is None for row in each.rows),
        key=lambda row: row.number,
    )
    findings = [*sheet.notes, *(finding for row in refused for finding in row.findings)]
    upload.problems = [finding.stored() for finding in findings]
    upload.header = [*sheet.header, PROBLEM]
    upload.refused_rows = [
        [
            *(row.cells[code] for code in sheet.header),
            " ".join(f"{each.message} ({each.code})" for each in row.findings),
        ]
        for row in refused
    ]
    upload.save(update_fields=["draft_count", "problems", "header", "refused_rows"])
