"""Partners from one file: organisations, locations, enrolments and people."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.imports import ImportReport, UnusableFile, import_partners
from claims.models import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment
from cpor_site.common.models import User
from tests.claims.import_files import outcome, told, write_csv

pytestmark = pytest.mark.django_db

TENANT = "1b2c3d4e-0000-4000-8000-00805f9b34fb"


def organization(**cells: str) -> dict[str, str]:
    return {
        "record_type": "organization",
        "partner_id": "1000",
        "organization": "",
        "name": "Northwind",
        "country": "de",
    } | cells


def location(**cells: str) -> dict[str, str]:
    return {
        "record_type": "location",
        "partner_id": "2001",
        "organization": "1000",
        "name": "Northwind Munich",
        "country": "DE",
    } | cells


def enrollment(**cells: str) -> dict[str, str]:
    return {
        "record_type": "enrollment",
        "partner_id": "2001",
        "organization": "",
        "name": "",
        "program": "OSU-M365",
        "status": "enrolled",
        "starts_on": "2024-07-01",
    } | cells


def user(**cells: str) -> dict[str, str]:
    return {
        "record_type": "user",
        "partner_id": "",
        "organization": "1000",
        "name": "Ada Lovelace",
        "email": "Ada@northwind.example",
        "role": "incentives_admin",
    } | cells


EVERYTHING = (
    organization(
        status="suspended",
        tenant_id=f"{{{TENANT}}}",
        mail_domain="Northwind.example",
        locale="pl",
        time_zone="Europe/Warsaw",
    ),
    location(city="Munich", address="Marienplatz 1", partner_type="FRP"),
    location(partner_id="2002", name="Northwind Warsaw", country="PL", status="inactive"),
    enrollment(ends_on="2025-06-30", payee_profile_ok="yes"),
    enrollment(program="OSU-BIZAPPS", status="Action required"),
    user(locations="2001 | 2002", locale="hu", time_zone="Europe/Budapest"),
    user(role="Global admin", locale="hu", time_zone="Europe/Budapest"),
    user(email="bob@northwind.example", name="Bob", role="report_viewer", status="inactive"),
)


def run(tmp_path: Path, *rows: dict[str, str], **options: Any) -> ImportReport:
    return import_partners(path=write_csv(tmp_path / "partners.csv", rows), **options)


@pytest.mark.parametrize("batch_size", [1, 2000])
@pytest.mark.parametrize("rows", [EVERYTHING, EVERYTHING[::-1]], ids=["in order", "backwards"])
def test_everything_comes_in_whatever_the_order(
    tmp_path: Path, rows: tuple[dict[str, str], ...], batch_size: int
) -> None:
    report = run(tmp_path, *rows, batch_size=batch_size)

    assert outcome(report) == (8, 0, 0, 0)
    assert {kind: each.created for kind, each in report.counts.items()} == {
        "organization": 1,
        "location": 2,
        "enrollment": 2,
        "user": 3,
    }
    assert report.facts == {"new_people": 2}
    partner = PartnerOrganization.objects.get()
    assert (partner.global_partner_id, partner.name, partner.country, partner.standing) == (
        "1000",
        "Northwind",
        "DE",
        "suspended",
    )
    assert (partner.tenant_id, partner.mail_domain, partner.locale, partner.time_zone) == (
        UUID(TENANT),
        "northwind.example",
        "pl",
        "Europe/Warsaw",
    )
    assert list(
        PartnerLocation.objects.values_list(
            "partner_id", "organization__name", "city", "address", "partner_type", "is_active"
        )
    ) == [
        ("2001", "Northwind", "Munich", "Marienplatz 1", "frp", True),
        ("2002", "Northwind", "", "", "standard", False),
    ]
    assert set(
        ProgramEnrollment.objects.values_list(
            "location__partner_id",
            "program__code",
            "enrollment_status",
            "starts_on",
            "ends_on",
            "payee_profile_ok",
        )
    ) == {
        ("2001", "OSU-M365", "enrolled", date(2024, 7, 1), date(2025, 6, 30), True),
        ("2001", "OSU-BIZAPPS", "action_required", date(2024, 7, 1), None, False),
    }
    ada = User.objects.get(email="ada@northwind.example")
    assert (ada.full_name, ada.locale, ada.time_zone, ada.is_staff, ada.has_usable_password()) == (
        "Ada Lovelace",
        "hu",
        "Europe/Budapest",
        False,
        False,
    )
    roles = {
        (each.user.email, each.role, each.is_active): [
            place.partner_id for place in each.locations.order_by("partner_id")
        ]
        for each in Membership.objects.select_related("user")
    }
    assert roles == {
        ("ada@northwind.example", "incentives_admin", True): ["2001", "2002"],
        ("ada@northwind.example", "global_admin", True): [],
        ("bob@northwind.example", "report_viewer", False): [],
    }


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, *EVERYTHING)
    report = run(tmp_path, *EVERYTHING)

    assert outcome(report) == (0, 0, 8, 0)
    assert report.facts == {"new_people": 0}
    models = (PartnerOrganization, PartnerLocation, ProgramEnrollment, Membership, User)
    assert [model.history.count() for model in models] == [1, 2, 2, 3, 2]


def test_changes_are_written_and_told_in_the_history(tmp_path: Path) -> None:
    run(tmp_path, *EVERYTHING)
    report = run(
        tmp_path,
        organization(name="Northwind Traders"),
        location(city="Augsburg"),
        enrollment(status="inactive"),
        user(locations="2002"),
        user(role="global_admin", status="inactive", locations=""),
    )

    assert outcome(report) == (0, 5, 0, 0)
    partner = PartnerOrganization.objects.get()
    # The file has the column status, and an empty cell stands for active.
    assert (partner.name, partner.standing, partner.locale) == (
        "Northwind Traders",
        "active",
        "pl",
    )
    assert PartnerLocation.objects.get(partner_id="2001").city == "Augsburg"
    membership = Membership.objects.get(role="incentives_admin")
    assert [each.partner_id for each in membership.locations.all()] == ["2002"]
    scopes = [
        (
            entry.history_type,
            entry.is_active,
            sorted(link.partnerlocation.partner_id for link in entry.locations.all()),
            entry.history_change_reason,
        )
        for entry in membership.history.all()
    ]
    assert scopes == [
        ("~", True, ["2002"], "imported from partners.csv (6 lines)"),
        ("+", True, ["2001", "2002"], "imported from partners.csv (9 lines)"),
    ]
    viewer = Membership.objects.get(role="global_admin")
    assert (viewer.is_active, viewer.history.count()) == (False, 2)


def test_people_who_are_there_keep_what_is_theirs(tmp_path: Path) -> None:
    ada = User.objects.create_user(
        "ada@northwind.example", "a long pass phrase", full_name="Ada", locale="sv"
    )
    report = run(tmp_path, organization(), user(locale="hu"))

    ada = User.objects.get(pk=ada.pk)
    assert (ada.full_name, ada.locale, ada.check_password("a long pass phrase")) == (
        "Ada",
        "sv",
        True,
    )
    assert (outcome(report), report.facts) == ((2, 0, 0, 0), {"new_people": 0})
    assert ada.memberships.get().role == "incentives_admin"


def test_what_a_file_has_no_column_for_stays(tmp_path: Path) -> None:
    run(tmp_path, *EVERYTHING)
    report = run(tmp_path, user())

    assert outcome(report) == (0, 0, 1, 0)
    assert Membership.objects.get(role="incentives_admin").locations.count() == 2


@pytest.mark.parametrize("dry_run", [False, True])
def test_wrong_rows_are_refused_with_every_fault_and_the_others_are_taken(
    tmp_path: Path, dry_run: bool
) -> None:
    rows = [
        organization(),
        organization(name="Again"),
        organization(partner_id="A7", country="UK", city="Munich"),
        organization(partner_id="A7", country="UK"),
        location(),
        location(partner_id="1000"),
        location(partner_id="2003", organization="9999"),
        enrollment(program="MAGIC"),
        enrollment(partner_id="2999"),
        enrollment(ends_on="2024-06-30", status="done"),
        user(organization="9999"),
        user(locations="2001 2999 1000", role="billing_admin"),
        user(email="ada", role="boss", time_zone="Berlin"),
        {"record_type": "office"},
        {"record_type": "", "name": "X"},
        user(),
        user(),
    ]
    report = run(tmp_path, *rows, dry_run=dry_run)

    assert outcome(report) == (3, 0, 0, 14)
    assert told(report) == [
        "line 3, column partner_id: The same stands already in line 2.",
        (
            "line 4, column city: This column means nothing for a row of the type organization; "
            "leave it empty."
        ),
        (
            "line 5, column partner_id: “A7” is not a partner ID, which is a number of up to ten "
            "digits."
        ),
        (
            "line 5, column country: “UK” is not a country's code of two letters (ISO 3166), for "
            "example DE or GB."
        ),
        "line 7, column partner_id: This is the global ID of the organisation, not a location's.",
        "line 8, column organization: There is no organisation with the global partner ID 9999.",
        (
            "line 9, column program: There is no program MAGIC. Possible: OSA-BIZAPPS, "
            "OSU-BIZAPPS, OSU-M365, REVENUE-BIZAPPS."
        ),
        "line 10, column partner_id: There is no location with the partner ID 2999.",
        (
            "line 11, column status: “done” is not known here. Possible: invited, enrolling, "
            "action_required, validating, enrolled, inactive, ineligible, discontinued."
        ),
        "line 11, column ends_on: The end lies before the start.",
        "line 12, column organization: There is no organisation with the global partner ID 9999.",
        "line 13, column locations: 2999 is not a location of the organisation 1000.",
        "line 13, column locations: 1000 is not a location of the organisation 1000.",
        "line 14, column email: “ada” is not an e-mail address.",
        (
            "line 14, column role: “boss” is not known here. Possible: global_admin, "
            "billing_admin, incentives_admin, incentives_user, report_viewer."
        ),
        "line 14, column time_zone: “Berlin” is not a time zone, for example Europe/Berlin.",
        (
            "line 15, column record_type: “office” is not known here. Possible: organization, "
            "location, enrollment, user."
        ),
        "line 16, column record_type: This may not be empty.",
        "line 18, column email: The same stands already in line 17.",
    ]
    assert User.objects.filter(email="ada@northwind.example").count() == (0 if dry_run else 1)


def test_an_id_is_a_location_s_or_an_organisation_s(tmp_path: Path) -> None:
    run(tmp_path, organization(), location())
    report = run(
        tmp_path,
        organization(partner_id="2001"),
        organization(partner_id="1001", name="Other"),
        location(partner_id="1001"),
        location(organization="1001"),
    )

    assert told(report) == [
        (
            "line 2, column partner_id: This is the partner ID of a location, not an "
            "organisation's global ID."
        ),
        "line 4, column partner_id: This is the global ID of an organisation, not a location's.",
        "line 5, column organization: This location belongs to another organisation.",
    ]


def test_a_dry_run_knows_what_it_would_have_written(tmp_path: Path) -> None:
    report = run(tmp_path, *EVERYTHING, dry_run=True, batch_size=1)

    assert (outcome(report), report.facts) == ((8, 0, 0, 0), {"new_people": 2})
    assert PartnerOrganization.objects.count() == PartnerLocation.objects.count() == 0


def test_nothing_is_written_from_a_file_that_ends_too_early(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "partners.csv", EVERYTHING)
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(UnusableFile, match=r"^line 9: The file ends in the middle of this row"):
        import_partners(path=path)
    assert PartnerOrganization.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def queries(first: int, count: int) -> list[int]:
        numbers = range(first, first + count)
        rows = [
            made
            for number in numbers
            for made in (
                organization(partner_id=f"1{number}"),
                location(partner_id=f"2{number}", organization=f"1{number}"),
                enrollment(partner_id=f"2{number}"),
                user(
                    email=f"u{number}@northwind.example",
                    organization=f"1{number}",
                    locations=f"2{number}",
                ),
            )
        ]
        found = []
        for change in ({}, {"status": "inactive"}):
            changed = [row | change if row["record_type"] == "user" else row for row in rows]
            with CaptureQueriesContext(connection) as captured:
                assert run(tmp_path, *changed).refused == 0
            found.append(len(captured))
        return found

    assert queries(100, 1) == queries(200, 15)
