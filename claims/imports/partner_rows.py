"""What the rows of a partners file say: organisations, locations, enrolments, users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ..models import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment
from . import values
from .csv_source import Columns
from .report import RowRefused
from .rows import Cells, Row

ORGANIZATION = "organization"
LOCATION = "location"
ENROLLMENT = "enrollment"
USER = "user"

COLUMNS_OF = {
    ORGANIZATION: (
        "partner_id",
        "name",
        "country",
        "status",
        "tenant_id",
        "mail_domain",
        "locale",
        "time_zone",
    ),
    LOCATION: (
        "partner_id",
        "organization",
        "name",
        "country",
        "city",
        "address",
        "partner_type",
        "status",
    ),
    ENROLLMENT: ("partner_id", "program", "status", "starts_on", "ends_on", "payee_profile_ok"),
    USER: (
        "organization",
        "name",
        "email",
        "role",
        "locations",
        "status",
        "locale",
        "time_zone",
    ),
}
COLUMNS = Columns(
    required=("record_type", "partner_id", "organization", "name"),
    optional=tuple(
        dict.fromkeys(
            column
            for columns in COLUMNS_OF.values()
            for column in columns
            if column not in ("partner_id", "organization", "name")
        )
    ),
)
KINDS = {
    ORGANIZATION: ORGANIZATION,
    "organisation": ORGANIZATION,
    LOCATION: LOCATION,
    ENROLLMENT: ENROLLMENT,
    "enrolment": ENROLLMENT,
    USER: USER,
}

IN_USE = {"active": True, "inactive": False}

_read_kind = values.one_of(KINDS, ", ".join(COLUMNS_OF))
_read_name = values.text(200)
_read_person = values.text(150)
_read_standing = values.one_of({each.value: each.value for each in PartnerOrganization.Standing})
_read_type = values.one_of({each.value: each.value for each in PartnerLocation.PartnerType})
_read_status = values.one_of({each.value: each.value for each in ProgramEnrollment.Status})
_read_role = values.one_of({each.value: each.value for each in Membership.Role})
_read_in_use = values.one_of(IN_USE)
_read_partner_ids = values.several(values.partner_id)


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """``told`` holds the fields of the model that the file says something about; so below too."""

    global_partner_id: str
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LocationRow:
    partner_id: str
    organization: str
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EnrollmentRow:
    partner_id: str
    program: str
    starts_on: date
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UserRow:
    """``locations`` is ``None`` where the file has no such column."""

    email: str
    organization: str
    role: str
    full_name: str
    locations: list[str] | None
    told: dict[str, Any]
    person: dict[str, str]


def kind_of(row: Row) -> str:
    """Return the kind of the row; raises ``RowRefused`` if it says none or an unknown one."""
    cells = Cells(row)
    kind = cells.need("record_type", _read_kind)
    cells.finish()
    return kind


def read_organization(row: Row) -> OrganizationRow:
    """Read an organisation; raises ``RowRefused``, as all readers here."""
    cells = _cells(row, ORGANIZATION)
    partner_id = cells.need("partner_id", values.partner_id)
    told = {
        "name": cells.need("name", _read_name),
        "country": cells.need("country", values.country),
    }
    _tell(cells, told, "standing", _read_standing, "active", column="status")
    _tell(cells, told, "tenant_id", values.guid, None)
    _tell(cells, told, "mail_domain", values.domain, "")
    _tell(cells, told, "locale", values.page_language, "en")
    _tell(cells, told, "time_zone", values.time_zone, "UTC")
    cells.finish()
    return OrganizationRow(partner_id, told)


def read_location(row: Row) -> LocationRow:
    cells = _cells(row, LOCATION)
    partner_id = cells.need("partner_id", values.partner_id)
    organization = cells.need("organization", values.partner_id)
    told = {
        "name": cells.need("name", _read_name),
        "country": cells.need("country", values.country),
    }
    _tell(cells, told, "city", values.text(120), "")
    _tell(cells, told, "address", values.text(300), "")
    _tell(cells, told, "partner_type", _read_type, "standard")
    _tell(cells, told, "is_active", _read_in_use, True, column="status")
    if partner_id is not None and partner_id == organization:
        cells.fault("partner_id", _("This is the global ID of the organisation, not a location's."))
    cells.finish()
    return LocationRow(partner_id, organization, told)


def read_enrollment(row: Row) -> EnrollmentRow:
    cells = _cells(row, ENROLLMENT)
    partner_id = cells.need("partner_id", values.partner_id)
    program = cells.need("program", values.text(30))
    starts_on = cells.need("starts_on", values.day)
    told: dict[str, Any] = {"enrollment_status": cells.need("status", _read_status)}
    _tell(cells, told, "ends_on", values.day, None)
    _tell(cells, told, "payee_profile_ok", values.yes_or_no, False)
    ends_on = told.get("ends_on")
    if ends_on is not None and starts_on is not None and ends_on < starts_on:
        cells.fault("ends_on", _("The end lies before the start."))
    cells.finish()
    return EnrollmentRow(partner_id, program, starts_on, told)


def read_user(row: Row) -> UserRow:
    cells = _cells(row, USER)
    email = cells.need("email", values.email)
    organization = cells.need("organization", values.partner_id)
    role = cells.need("role", _read_role)
    name = cells.need("name", _read_person)
    told: dict[str, Any] = {}
    _tell(cells, told, "is_active", _read_in_use, True, column="status")
    locations = None
    if cells.has("locations"):
        locations = cells.take("locations", _read_partner_ids, list[str]())
    person: dict[str, str] = {}
    _tell(cells, person, "locale", values.page_language, "en")
    _tell(cells, person, "time_zone", values.time_zone, "UTC")
    cells.finish()
    return UserRow(email, organization, role, name, locations, told, person)


def _cells(row: Row, kind: str) -> Cells:
    """Return the cells of a row whose filled columns all mean something for its kind."""
    meant = COLUMNS_OF[kind]
    stray = [
        column
        for column, value in row.values.items()
        if value and column != "record_type" and column not in meant
    ]
    if stray:
        reason = _("This column means nothing for a row of the type %(kind)s; leave it empty.")
        raise RowRefused(*((column, reason % {"kind": kind}) for column in stray))
    return Cells(row)


def _tell(
    cells: Cells,
    told: dict[str, Any],
    name: str,
    parse: Callable[[Any], Any],
    default: Any,
    *,
    column: str = "",
) -> None:
    """Put the field ``name`` into ``told`` if the file has its column."""
    if cells.has(column or name):
        told[name] = cells.take(column or name, parse, default)
