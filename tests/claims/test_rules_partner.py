from datetime import date
from typing import Any

import pytest

from claims.models import PartnerLocation, PartnerOrganization, Program, ProgramEnrollment
from claims.rules.partner import LocationFacts, location_problems
from cpor_site.common.problems import Problem, Severity

OSU = Program(pk=1, code="OSU", name="Usage")
OSA = Program(pk=2, code="OSA", name="Sell")
TODAY = date(2026, 5, 4)
WINDOW_ENDS = date(2026, 5, 26)

Row = tuple[str, str | None]


def enrollment(
    program: Program = OSU, status: str = "enrolled", period: Row = ("2025-07-01", "2026-06-30")
) -> ProgramEnrollment:
    starts_on, ends_on = period
    return ProgramEnrollment(
        program=program,
        enrollment_status=status,
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
    )


def location(**fields: Any) -> PartnerLocation:
    return PartnerLocation(
        **({"partner_id": "5000001", "name": "Munich", "country": "DE"} | fields)
    )


def ask(**changes: Any) -> list[Problem]:
    values: dict[str, Any] = {
        "organization": PartnerOrganization(name="Partner", global_partner_id="1000001"),
        "location": location(),
        "programs": [OSU],
        "enrollments": [enrollment()],
        "customer_country": "DE",
        "today": TODAY,
        "window_ends_on": WINDOW_ENDS,
        "may_claim": True,
    }
    return location_problems(LocationFacts(**(values | changes)))


def outline(problems: list[Problem]) -> list[tuple[str, Severity, str]]:
    assert {each.field for each in problems} <= {"location"}
    return [(each.code, each.severity, each.subject) for each in problems]


def test_an_enrolled_location_has_no_problem() -> None:
    assert ask() == []


def test_a_location_has_to_be_chosen() -> None:
    assert outline(ask(location=None)) == [("MPN-01", Severity.ERROR, "")]


def test_a_location_out_of_use_has_to_be_changed() -> None:
    assert outline(ask(location=location(is_active=False))) == [("MPN-01", Severity.ERROR, "")]


def test_the_global_id_can_not_stand_on_a_claim() -> None:
    assert outline(ask(location=location(partner_id="1000001"))) == [("MPN-02", Severity.ERROR, "")]


@pytest.mark.parametrize(
    "enrollments",
    [
        [],
        [enrollment(OSA)],
        [enrollment(status="invited")],
        [enrollment(status="inactive")],
        [enrollment(status="ineligible")],
        [enrollment(status="discontinued")],
        [enrollment(period=("2024-07-01", "2026-05-03"))],
        [enrollment(period=("2026-05-05", None))],
    ],
)
def test_a_location_has_to_be_enrolled_on_the_day(enrollments: list[ProgramEnrollment]) -> None:
    assert outline(ask(enrollments=enrollments)) == [("MPN-03", Severity.ERROR, "OSU")]


def test_scenario_14_enrolled_in_sell_only_and_claiming_usage() -> None:
    problems = ask(programs=[OSU], enrollments=[enrollment(OSA)])
    assert outline(problems) == [("MPN-03", Severity.ERROR, "OSU")]
    assert "Usage" in str(problems[0].message)


def test_each_programs_enrolment_counts_by_itself() -> None:
    assert outline(ask(programs=[OSU, OSA, OSU])) == [("MPN-03", Severity.ERROR, "OSA")]
    assert ask(programs=[OSU, OSA], enrollments=[enrollment(OSU), enrollment(OSA)]) == []


@pytest.mark.parametrize("status", ["enrolling", "action_required", "validating"])
def test_an_enrolment_under_way_lets_the_claim_through(status: str) -> None:
    problems = ask(enrollments=[enrollment(status=status)])
    assert outline(problems) == [("MPN-04", Severity.WARNING, "OSU")]


def test_what_is_enrolled_is_not_under_way() -> None:
    assert ask(enrollments=[enrollment(status="enrolling"), enrollment()]) == []


@pytest.mark.parametrize(
    ("periods", "codes"),
    [
        ([("2025-07-01", "2026-05-04")], ["MPN-05"]),
        ([("2025-07-01", "2026-05-25")], ["MPN-05"]),
        ([("2025-07-01", "2026-05-26")], []),
        ([("2025-07-01", None)], []),
        ([("2025-07-01", "2026-05-10"), ("2026-05-11", "2027-05-10")], []),
        ([("2025-07-01", "2026-05-10"), ("2026-05-11", None)], []),
        ([("2025-07-01", "2026-05-10"), ("2026-05-12", None)], ["MPN-05"]),
        ([("2025-07-01", "2026-05-10"), ("2026-05-09", "2026-05-20")], ["MPN-05"]),
    ],
)
def test_an_enrolment_should_last_until_the_customers_time_is_over(
    periods: list[Row], codes: list[str]
) -> None:
    problems = ask(enrollments=[enrollment(period=each) for each in periods])
    assert [each.code for each in problems] == codes
    assert all(each.severity == Severity.WARNING for each in problems)


def test_the_last_day_of_the_enrolment_is_named() -> None:
    [problem] = ask(enrollments=[enrollment(period=("2025-07-01", "2026-05-20"))])
    assert "20 May 2026" in str(problem.message)


def test_a_fasttrack_id_has_to_be_confirmed() -> None:
    assert outline(ask(location=location(partner_type="frp"))) == [
        ("MPN-06", Severity.WARNING, "5000001")
    ]


def test_a_location_in_another_country_has_to_be_confirmed() -> None:
    assert outline(ask(customer_country="AT")) == [("MPN-07", Severity.WARNING, "5000001")]
    assert ask(customer_country="") == []


def test_who_has_no_role_at_the_location_is_told_whom_to_ask() -> None:
    problems = ask(may_claim=False, admins=["Ann Lee", "Bo Ek"])
    assert outline(problems) == [("MPN-08", Severity.ERROR, "")]
    assert "Ann Lee, Bo Ek" in str(problems[0].message)


def test_who_has_no_role_and_no_administrator_is_told_so_too() -> None:
    [problem] = ask(may_claim=False)
    assert problem.code == "MPN-08"
    assert "administrator" in str(problem.message)


def test_a_suspended_organisation_hears_of_nothing_else() -> None:
    suspended = PartnerOrganization(global_partner_id="1", standing="suspended")
    assert outline(ask(organization=suspended, location=None)) == [("MPN-09", Severity.ERROR, "")]
