from datetime import date
from typing import Any

import pytest

from claims.models import Activity, Claim, ClaimLine, Product, Program, SolutionArea
from claims.rules.lines import LineFacts, activity_problems, line_problems, seat_problems
from cpor_site.common.problems import Problem, Severity

TODAY = date(2026, 5, 4)
APPS = SolutionArea(pk=1, code="apps", name="Business Applications", level="subscription")
M365 = SolutionArea(pk=2, code="m365", name="Microsoft 365", level="workload")
OSA = Program(pk=1, code="OSA", name="Sell", compensable=True, claim_window_days=90)
OSU = Program(pk=2, code="OSU", name="Usage program", compensable=True)
REV = Program(pk=3, code="REV", name="Revenue program", compensable=False)
PRESALES = Activity(pk=1, code="presales", name="Presales", area=APPS, program=OSA)
USAGE = Activity(pk=2, code="usage", name="Usage", area=APPS, program=OSU)
REVENUE = Activity(
    pk=3,
    code="revenue",
    name="Revenue association",
    area=APPS,
    program=REV,
    stands_alone=True,
    recognition_only=True,
)
M365_USAGE = Activity(pk=4, code="usage", name="Usage", area=M365, program=OSU)
EXTRAS = {
    "solution_seller_name": "Sam Seller",
    "revenue_customer_name": "Contoso",
    "isv_product_name": "Planner",
}


def claim(**fields: Any) -> Claim:
    return Claim(**({"area": APPS} | fields))


def outline(problems: list[Problem]) -> list[tuple[str, Severity, str]]:
    return [(each.code, each.severity, each.field) for each in problems]


def ask_activities(*activities: Activity, **fields: Any) -> list[Problem]:
    return activity_problems(claim(**fields), activities, today=TODAY)


def test_an_area_has_to_be_chosen() -> None:
    assert outline(ask_activities(area=None)) == [("ACT-01", Severity.ERROR, "area")]


def test_an_activity_has_to_be_chosen() -> None:
    assert outline(ask_activities()) == [("ACT-01", Severity.ERROR, "activities")]


@pytest.mark.parametrize("activities", [(USAGE,), (PRESALES,), (USAGE, PRESALES)])
def test_scenario_13_usage_and_presales_go_together(activities: tuple[Activity, ...]) -> None:
    assert ask_activities(*activities) == []


@pytest.mark.parametrize("other", [USAGE, PRESALES])
def test_scenario_13_revenue_association_stands_alone(other: Activity) -> None:
    problems = ask_activities(REVENUE, other, **EXTRAS)
    assert outline(problems) == [
        ("ACT-02", Severity.ERROR, "activities"),
        ("ACT-06", Severity.INFORMATION, "activities"),
    ]


def test_an_activity_of_another_area_is_not_available() -> None:
    problems = ask_activities(M365_USAGE)
    assert outline(problems) == [("ACT-03", Severity.ERROR, "activities")]
    assert "Business Applications" in str(problems[0].message)


def test_revenue_association_alone_with_everything_it_needs() -> None:
    assert outline(ask_activities(REVENUE, **EXTRAS)) == [
        ("ACT-06", Severity.INFORMATION, "activities")
    ]


@pytest.mark.parametrize("name", list(EXTRAS))
def test_revenue_association_needs_three_names(name: str) -> None:
    problems = ask_activities(REVENUE, **(EXTRAS | {name: " "}))
    assert outline(problems)[0] == ("ACT-04", Severity.ERROR, name)


def test_each_empty_name_is_marked_at_its_own_field() -> None:
    problems = ask_activities(REVENUE)
    assert [(each.code, each.field) for each in problems if each.blocks] == [
        ("ACT-04", name) for name in EXTRAS
    ]


def test_other_activities_need_none_of_them() -> None:
    assert ask_activities(USAGE) == []


@pytest.mark.parametrize(
    ("bought", "codes"),
    [
        (date(2026, 2, 2), ["ACT-05"]),
        (date(2026, 2, 3), []),
        (TODAY, []),
        (None, []),
    ],
)
def test_a_purchase_of_more_than_90_days_ago(bought: date | None, codes: list[str]) -> None:
    problems = ask_activities(PRESALES, transaction_on=bought)
    assert [each.code for each in problems] == codes
    if codes:
        assert "91 days ago" in str(problems[0].message)
        assert problems[0].severity == Severity.WARNING


def test_a_program_without_a_window_takes_old_purchases() -> None:
    assert ask_activities(USAGE, transaction_on=date(2020, 1, 1)) == []


# -- lines ---------------------------------------------------------------------------------------

ALL = frozenset({1, 2, 3})


def product(pk: int = 1, **fields: Any) -> Product:
    return Product(**({"pk": pk, "code": f"p{pk}", "name": f"Product {pk}", "area": APPS} | fields))


def line(
    pk: int,
    of: Product,
    activity: Activity = USAGE,
    bought_as: str = "",
    offered_for: frozenset[int] = ALL,
) -> LineFacts:
    return LineFacts(
        ClaimLine(pk=pk, product=of, activity=activity),
        offered_for=offered_for,
        bought_as=bought_as,
    )


def ask_lines(*lines: LineFacts, **fields: Any) -> list[Problem]:
    return line_problems(claim(**fields), lines, today=TODAY)


def test_a_line_is_needed() -> None:
    assert outline(ask_lines()) == [("LIN-01", Severity.ERROR, "lines")]


def test_lines_that_are_eligible_have_no_problem() -> None:
    assert ask_lines(line(1, product(1)), line(2, product(2)), line(3, product(1), PRESALES)) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"eligible_from": date(2026, 5, 5)}, "before 5 May 2026"),
        ({"eligible_to": date(2026, 5, 3)}, "after 3 May 2026"),
        ({"area": M365}, "can't be claimed for Usage."),
    ],
)
def test_a_product_that_is_not_eligible(fields: dict[str, Any], words: str) -> None:
    problems = ask_lines(line(7, product(1, **fields)))
    assert [(each.code, each.severity, each.line) for each in problems] == [
        ("LIN-02", Severity.ERROR, 7)
    ]
    assert words in str(problems[0].message)


def test_the_first_and_the_last_day_count() -> None:
    assert ask_lines(line(1, product(1, eligible_from=TODAY, eligible_to=TODAY))) == []


def test_a_product_that_is_not_offered_for_the_activity() -> None:
    problems = ask_lines(line(1, product(1), USAGE, offered_for=frozenset({1})))
    assert [each.code for each in problems] == ["LIN-02"]


@pytest.mark.parametrize(
    ("activity", "fields", "codes"),
    [
        (USAGE, {}, ["LIN-03"]),
        (USAGE, {"opt_out_of_incentive": True}, []),
        (REVENUE, {}, []),
    ],
)
def test_recognition_where_payment_could_be_expected(
    activity: Activity, fields: dict[str, Any], codes: list[str]
) -> None:
    problems = ask_lines(line(1, product(1, recognition_only=True), activity), **fields)
    assert [each.code for each in problems] == codes
    assert all(each.severity == Severity.WARNING for each in problems)


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        (("p1", "", USAGE), ("p1", "", USAGE), ["LIN-04"]),
        (("p1", "", USAGE), ("p1", "", PRESALES), []),
        (("p1", "", USAGE), ("p2", "", USAGE), []),
        (("p1", "aaa", USAGE), ("p1", "bbb", USAGE), []),
        (("p1", "aaa", USAGE), ("p1", "aaa", USAGE), ["LIN-04"]),
        (("p1", "aaa", USAGE), ("p2", "aaa", USAGE), ["LIN-04"]),
    ],
)
def test_the_same_thing_twice(
    first: tuple[str, str, Activity], second: tuple[str, str, Activity], codes: list[str]
) -> None:
    facts = [
        line(pk, product(int(code[1:]), code=code), activity, bought_as)
        for pk, (code, bought_as, activity) in enumerate([first, second], start=1)
    ]
    problems = ask_lines(*facts)
    assert [(each.code, each.line) for each in problems] == [(code, 2) for code in codes]


@pytest.mark.parametrize(("seats", "codes"), [(149, ["LIN-05"]), (150, []), (0, [])])
def test_a_customer_with_few_seats(seats: int, codes: list[str]) -> None:
    program = Program(pk=1, code="OSU", name="Usage", minimum_seats=150)
    problems = seat_problems({1: program, 2: Program(pk=2, code="OSA")}, seats)
    assert [each.code for each in problems] == codes
    assert all(each.severity == Severity.INFORMATION for each in problems)


def test_what_is_told_apart_by_subscription_has_subjects_of_its_own() -> None:
    subjects = [line(1, product(1)).subject, line(1, product(1), bought_as="aaa").subject]
    assert subjects == ["p1", "p1/aaa"]
