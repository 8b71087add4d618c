"""Partners: organisations, their locations and enrolments, and the people who act for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from ..models import PartnerLocation, PartnerOrganization, Program, ProgramEnrollment
from .csv_source import CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .partner_batch import Batch, Planned, locked
from .partner_rows import (
    COLUMNS,
    ENROLLMENT,
    LOCATION,
    ORGANIZATION,
    EnrollmentRow,
    LocationRow,
    OrganizationRow,
    kind_of,
    read_enrollment,
    read_location,
    read_organization,
)
from .partner_users import UserImporter
from .report import ImportReport, RowRefused
from .rows import Row


def import_partners(
    *,
    path: Path,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import partners from one CSV file whose column ``record_type`` says what a row is.

    The rows may stand in any order: organisations are taken first, then locations, enrolments and
    users, each kind batch by batch. A location never changes its organisation. Nothing is deleted.
    New people get no usable password; of people who are there already only the membership is
    written. Programs must be in the catalogue. Raises ``UnusableFile``.
    """
    planned = Planned()
    return run_import(
        name="partners",
        path=path,
        source=CsvSource(path, COLUMNS),
        importers=[
            OrganizationImporter(planned),
            LocationImporter(planned),
            EnrollmentImporter(planned),
            UserImporter(planned),
        ],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


class OrganizationImporter(Importer[OrganizationRow]):
    """First of the four; reports unknown record types for all of them."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned

    def read(self, row: Row) -> OrganizationRow | None:
        return read_organization(row) if kind_of(row) == ORGANIZATION else None

    def key(self, value: OrganizationRow) -> tuple[str, str]:
        return "partner_id", value.global_partner_id

    def write(self, items: Sequence[Item[OrganizationRow]], run: Run) -> None:
        wanted = [item.value.global_partner_id for item in items]
        found = PartnerOrganization.objects.filter(global_partner_id__in=wanted)
        known = {each.global_partner_id: each for each in locked(found, run)}
        places = PartnerLocation.objects.filter(partner_id__in=wanted)
        locations = set(places.order_by().values_list("partner_id", flat=True))
        batch: Batch[PartnerOrganization] = Batch(ORGANIZATION, run)
        for item in items:
            row = item.value
            if row.global_partner_id in locations:
                reason = _("This is the partner ID of a location, not an organisation's global ID.")
                run.report.refuse(item.place, ("partner_id", reason))
                continue
            organization = known.get(row.global_partner_id)
            if organization is None:
                fresh = PartnerOrganization(global_partner_id=row.global_partner_id, **row.told)
                batch.create(fresh)
            else:
                batch.update(organization, row.told)
            self._planned.organizations.add(row.global_partner_id)
        batch.write()


class LocationImporter(Importer[LocationRow]):
    """Needs the organisations."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned

    def read(self, row: Row) -> LocationRow | None:
        return read_location(row) if _is(row, LOCATION) else None

    def key(self, value: LocationRow) -> tuple[str, str]:
        return "partner_id", value.partner_id

    def write(self, items: Sequence[Item[LocationRow]], run: Run) -> None:
        wanted = [item.value.partner_id for item in items]
        parents = {item.value.organization for item in items}
        found = PartnerOrganization.objects.filter(global_partner_id__in=parents.union(wanted))
        organizations = {each.global_partner_id: each for each in found}
        places = PartnerLocation.objects.filter(partner_id__in=wanted)
        known = {each.partner_id: each for each in locked(places, run)}
        batch: Batch[PartnerLocation] = Batch(LOCATION, run)
        for item in items:
            row = item.value
            organization = organizations.get(row.organization)
            location = known.get(row.partner_id)
            if organization is None and row.organization not in self._planned.organizations:
                reason = _("There is no organisation with the global partner ID %(id)s.")
                run.report.refuse(item.place, ("organization", reason % {"id": row.organization}))
            elif row.partner_id in organizations or self._planned.is_organization(row.partner_id):
                reason = _("This is the global ID of an organisation, not a location's.")
                run.report.refuse(item.place, ("partner_id", reason))
            elif location is None:
                batch.create(
                    PartnerLocation(
                        partner_id=row.partner_id, organization=organization, **row.told
                    )
                )
                self._planned.locations[row.partner_id] = row.organization
            elif organization is None or location.organization_id != organization.pk:
                reason = _("This location belongs to another organisation.")
                run.report.refuse(item.place, ("organization", reason))
            else:
                batch.update(location, row.told)
        batch.write()


class EnrollmentImporter(Importer[EnrollmentRow]):
    """Needs the locations and the catalogue's programs."""

    def __init__(self, planned: Planned) -> None:
        self._planned = planned
        self._programs: dict[str, Program] | None = None

    def read(self, row: Row) -> EnrollmentRow | None:
        return read_enrollment(row) if _is(row, ENROLLMENT) else None

    def key(self, value: EnrollmentRow) -> tuple[str, Any]:
        return "starts_on", (value.partner_id, value.program, value.starts_on)

    def write(self, items: Sequence[Item[EnrollmentRow]], run: Run) -> None:
        if self._programs is None:
            self._programs = {each.code: each for each in Program.objects.all()}
        wanted = {item.value.partner_id for item in items}
        locations = {
            each.partner_id: each for each in PartnerLocation.objects.filter(partner_id__in=wanted)
        }
        found = ProgramEnrollment.objects.filter(location__in=locations.values())
        known = {
            (each.location_id, each.program_id, each.starts_on): each for each in locked(found, run)
        }
        batch: Batch[ProgramEnrollment] = Batch(ENROLLMENT, run)
        for item in items:
            row = item.value
            location = locations.get(row.partner_id)
            program = self._programs.get(row.program)
            if program is None:
                reason = _("There is no program %(code)s. Possible: %(expected)s.")
                named = {"code": row.program, "expected": _listed(self._programs)}
                run.report.refuse(item.place, ("program", reason % named))
                continue
            if location is None and row.partner_id not in self._planned.locations:
                reason = _("There is no location with the partner ID %(id)s.")
                run.report.refuse(item.place, ("partner_id", reason % {"id": row.partner_id}))
                continue
            enrollment = known.get((location.pk, program.pk, row.starts_on)) if location else None
            if enrollment is None:
                batch.create(
                    ProgramEnrollment(
                        location=location, program=program, starts_on=row.starts_on, **row.told
                    )
                )
            else:
                batch.update(enrollment, row.told)
        batch.write()


def _is(row: Row, kind: str) -> bool:
    """Say whether the row is of ``kind``; the first importer refuses what is of none."""
    try:
        return kind_of(row) == kind
    except RowRefused:
        return False


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or _("none; load the catalogue first")
