from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from claims.conflicts import Conflict
from claims.models import (
    Activity,
    Claim,
    ClaimLine,
    ListedProduct,
    Product,
    Program,
    SolutionArea,
    Subscription,
)
from claims.rules.lines import LineFacts
from claims.rules.subscriptions import (
    SubscriptionFacts,
    choose,
    conflict_problems,
    freshness_problems,
    subscription_problems,
    unavailable_problem,
)
from cpor_site.common.problems import Problem, Severity
from tests.factories import guid

TODAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
TENANT_ID = UUID("1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb")
APPS = SolutionArea(pk=1, code="apps", name="Business Applications", level="subscription")
M365 = SolutionArea(pk=2, code="m365", name="Microsoft 365", level="workload")
LICENSED = ["vl_ea", "vl_eas", "vl_other", "web_direct"]
USAGE = Activity(
    pk=1, code="usage", name="Usage", area=APPS, program=Program(), restricted_to_channels=LICENSED
)
PRESALES = Activity(pk=2, code="presales", name="Presales", area=APPS, program=Program())
SALES = Product(pk=1, code="sales", name="Dynamics 365 Sales", area=APPS, is_dynamics=True)
FINANCE = Product(pk=2, code="finance", name="Dynamics 365 Finance", area=APPS, is_dynamics=True)
POWER_APPS = Product(pk=3, code="power_apps", name="Power Apps", area=APPS)
EXCHANGE = Product(pk=4, code="exchange", name="Exchange Online", area=M365)


def bought(
    number: int, product: Product | None = SALES, *, is_dynamics: bool | None = None, **fields: Any
) -> Subscription:
    listed = ListedProduct(
        display_name=product.name if product else "Something unlisted",
        product=product,
        is_dynamics=product is not None and product.is_dynamics
        if is_dynamics is None
        else is_dynamics,
    )
    values = {"channel": "vl_ea", "state": "active", "ends_on": date(2027, 5, 4)}
    return Subscription(
        pk=number, subscription_id=guid(number), listed_product=listed, **(values | fields)
    )


def facts(
    *on_tenant: Subscription,
    typed: object = "",
    product: Product = SALES,
    activity: Activity = USAGE,
    stored: int | None = None,
    **changes: Any,
) -> SubscriptionFacts:
    line = ClaimLine(
        pk=7,
        product=product,
        activity=activity,
        subscription_as_typed=str(typed),
        subscription_id=stored,
    )
    return SubscriptionFacts(line=line, on_tenant=on_tenant, tenant_id=TENANT_ID, **changes)


def ask(*on_tenant: Subscription, **arguments: Any) -> list[Problem]:
    return subscription_problems(facts(*on_tenant, **arguments), today=TODAY)


def codes(problems: list[Problem]) -> list[str]:
    return [each.code for each in problems]


def test_the_only_subscription_of_the_product_is_taken() -> None:
    only = bought(1)
    assert ask(only) == []
    assert choose(facts(only, bought(2, FINANCE))) == only


def test_a_subscription_is_found_however_it_was_typed() -> None:
    second = bought(2)
    typed = f" {{{str(guid(2)).upper()}}} "
    assert ask(bought(1), second, typed=typed) == []
    assert choose(facts(bought(1), second, typed=typed)) == second


def test_sub_01_several_candidates_need_an_id() -> None:
    [problem] = ask(bought(1), bought(2))
    assert (problem.code, problem.severity, problem.field, problem.line) == (
        "SUB-01",
        Severity.ERROR,
        "lines",
        7,
    )
    assert "2 subscriptions" in str(problem.message)
    assert choose(facts(bought(1), bought(2))) is None


@pytest.mark.parametrize("state", ["expired", "cancelled"])
def test_what_is_over_is_no_candidate_beside_what_is_not(state: str) -> None:
    current = bought(2)
    assert ask(bought(1, state=state), current) == []
    assert choose(facts(bought(1, state=state), current)) == current
    assert codes(ask(bought(1, state=state), typed=guid(1))) == ["SUB-10"]


@pytest.mark.parametrize("on_tenant", [(), (bought(1),), (bought(1), bought(2))])
def test_sub_01_the_later_rules_always_need_an_id(on_tenant: tuple[Subscription, ...]) -> None:
    assert codes(ask(*on_tenant, always_required=True)) == ["SUB-01"]


def test_the_later_rules_are_content_with_an_id() -> None:
    assert ask(bought(1), typed=guid(1), always_required=True) == []


def test_what_was_taken_when_the_claim_was_handed_in_stays() -> None:
    first, second = bought(1), bought(2)
    assert choose(facts(first, second, stored=first.pk, settled=True)) == first
    assert choose(facts(first, second, stored=first.pk)) is None
    assert codes(ask(first, second, stored=9, settled=True)) == ["SUB-01"]


@pytest.mark.parametrize("typed", ["V1234567", "12345", TENANT_ID, UUID(int=0), "sales"])
def test_sub_02_what_is_no_subscription_id(typed: object) -> None:
    assert codes(ask(bought(1), typed=typed)) == ["SUB-02"]


def test_sub_03_what_this_customer_does_not_have() -> None:
    assert codes(ask(bought(1), typed=guid(99))) == ["SUB-03"]
    assert codes(ask(typed=guid(99))) == ["SUB-03"]


def test_sub_04_a_product_the_customer_does_not_have() -> None:
    assert codes(ask()) == ["SUB-04"]
    assert codes(ask(bought(1, FINANCE), typed=guid(1))) == ["SUB-04"]


def test_sub_05_a_subscription_for_another_product() -> None:
    problems = ask(bought(1), bought(2, FINANCE), typed=guid(2))
    assert codes(problems) == ["SUB-05"]
    assert "Dynamics 365 Finance" in str(problems[0].message)
    assert choose(facts(bought(1), bought(2, FINANCE), typed=guid(2))) is None


def test_sub_05_an_unknown_dynamics_product_is_another_product() -> None:
    stranger = bought(2, None, is_dynamics=True, offer_name="Dynamics 365 Novelty")
    problems = ask(bought(1), stranger, typed=guid(2))
    assert codes(problems) == ["SUB-05"]
    assert "Dynamics 365 Novelty" in str(problems[0].message)


@pytest.mark.parametrize(
    "other",
    [bought(2, EXCHANGE), bought(2, None), bought(2, SALES, is_dynamics=False)],
)
def test_sub_06_a_subscription_that_is_not_for_dynamics(other: Subscription) -> None:
    assert codes(ask(bought(1), other, typed=guid(2))) == ["SUB-06"]
    assert choose(facts(bought(1), other, typed=guid(2))) is None


def test_products_beside_dynamics_can_be_claimed_with_their_own() -> None:
    assert ask(bought(1, POWER_APPS), product=POWER_APPS) == []


@pytest.mark.parametrize(
    ("channel", "found"),
    [
        ("vl_ea", []),
        ("vl_eas", []),
        ("vl_other", []),
        ("web_direct", []),
        ("csp", ["SUB-07"]),
        ("trial", ["SUB-08"]),
        ("other", ["SUB-08"]),
    ],
)
def test_sub_07_and_08_the_channel_has_to_be_one_of_the_activitys(
    channel: str, found: list[str]
) -> None:
    assert codes(ask(bought(1, channel=channel))) == found
    assert ask(bought(1, channel=channel), activity=PRESALES) == []


def test_sub_08_a_trial_is_a_trial_in_every_channel() -> None:
    problems = ask(bought(1, channel="web_direct", is_trial=True))
    assert codes(problems) == ["SUB-08"]
    assert "trial" in str(problems[0].message)


def test_sub_09_not_activated_yet() -> None:
    assert codes(ask(bought(1, state="not_activated"))) == ["SUB-09"]


@pytest.mark.parametrize("state", ["suspended", "expired", "cancelled"])
def test_sub_10_neither_active_nor_in_grace(state: str) -> None:
    assert codes(ask(bought(1, state=state))) == ["SUB-10"]


@pytest.mark.parametrize(
    ("ends_on", "told"),
    [(date(2026, 5, 20), "until 20 May 2026"), (None, "period."), (date(2026, 5, 3), "period.")],
)
def test_sub_11_in_grace(ends_on: date | None, told: str) -> None:
    [problem] = ask(bought(1, state="in_grace", ends_on=ends_on))
    assert (problem.code, problem.severity) == ("SUB-11", Severity.WARNING)
    assert told in str(problem.message)


@pytest.mark.parametrize(
    ("days", "found"), [(-3, ["SUB-12"]), (0, ["SUB-12"]), (59, ["SUB-12"]), (60, [])]
)
def test_sub_12_ends_in_less_than_60_days(days: int, found: list[str]) -> None:
    problems = ask(bought(1, ends_on=TODAY + timedelta(days=days)))
    assert codes(problems) == found
    assert all(each.severity == Severity.INFORMATION for each in problems)


def test_sub_12_without_an_end_there_is_nothing_to_tell() -> None:
    assert ask(bought(1, ends_on=None)) == []


def test_scenario_3_each_error_has_a_code_of_its_own_and_the_first_wins() -> None:
    """Everything is wrong at first; each step mends what was told, and the next is told."""
    sales = bought(1)
    wrong: dict[str, Any] = {"channel": "csp", "state": "not_activated"}
    steps = [
        ask(sales, bought(2)),
        ask(sales, bought(2, EXCHANGE, **wrong), typed="V1234567"),
        ask(sales, bought(2, EXCHANGE, **wrong), typed=guid(3)),
        ask(bought(2, EXCHANGE, **wrong), typed=guid(2)),
        ask(sales, bought(2, FINANCE, **wrong), typed=guid(2)),
        ask(sales, bought(2, EXCHANGE, **wrong), typed=guid(2)),
        ask(sales, bought(2, **wrong), typed=guid(2)),
        ask(sales, bought(2, state="not_activated", channel="other"), typed=guid(2)),
        ask(sales, bought(2, state="not_activated"), typed=guid(2)),
        ask(sales, bought(2, state="suspended"), typed=guid(2)),
        ask(sales, bought(2), typed=guid(2)),
    ]
    assert [codes(step) for step in steps] == [
        ["SUB-01"],
        ["SUB-02"],
        ["SUB-03"],
        ["SUB-04"],
        ["SUB-05"],
        ["SUB-06"],
        ["SUB-07"],
        ["SUB-08"],
        ["SUB-09"],
        ["SUB-10"],
        [],
    ]


def test_scenario_3_not_dynamics_is_told_before_csp() -> None:
    csp = bought(2, EXCHANGE, channel="csp")
    assert codes(ask(bought(1), csp, typed=guid(2))) == ["SUB-06"]
    assert codes(ask(bought(1, is_dynamics=False, channel="csp"), typed=guid(1))) == ["SUB-06"]


# -- who else ------------------------------------------------------------------------------------


def conflict(
    *, own: bool = False, other_activity: bool = False, standing: Any = "holder", number: int = 1
) -> Conflict:
    other = ClaimLine(claim=Claim(number=f"CPOR-2026-00000{number}"), activity=PRESALES)
    line = ClaimLine(pk=7, product=SALES, activity=USAGE)
    return Conflict(line, other, "subscription:x", own, other_activity, standing)


def ask_conflicts(*conflicts: Conflict, bought_as: str = "aaa") -> list[Problem]:
    line = LineFacts(ClaimLine(pk=7, product=SALES, activity=USAGE), frozenset(), bought_as)
    return conflict_problems([line], conflicts)


@pytest.mark.parametrize("standing", ["holder", "undecided"])
def test_scenario_8_an_own_duplicate_is_an_error(standing: str) -> None:
    [problem] = ask_conflicts(conflict(own=True, standing=standing))
    assert (problem.code, problem.severity, problem.line) == ("SUB-13", Severity.ERROR, 7)
    assert "CPOR-2026-000001" in str(problem.message)


def test_scenario_8_holder_and_undecided_can_not_be_told_apart() -> None:
    """SUB-14 and SUB-15 are one and the same for the reader, down to the code in the page."""
    [holder] = ask_conflicts(conflict(standing="holder"))
    [undecided] = ask_conflicts(conflict(standing="undecided", number=2))
    assert (holder.code, holder.severity, holder.line) == ("SUB-14", Severity.WARNING, 7)
    assert undecided == holder
    assert "CPOR" not in str(holder.message)


def test_the_warning_names_what_is_contested() -> None:
    [subscription] = ask_conflicts(conflict(), bought_as="aaa")
    [workload] = ask_conflicts(conflict(), bought_as="")
    assert "Dynamics 365 Sales (subscription aaa)" in str(subscription.message)
    assert "with Dynamics 365 Sales. You" in str(workload.message)


def test_act_07_the_same_for_another_activity_has_to_be_confirmed() -> None:
    [problem] = ask_conflicts(conflict(other_activity=True))
    assert (problem.code, problem.severity, problem.line) == ("ACT-07", Severity.WARNING, 7)
    assert "Presales" in str(problem.message)
    assert "CPOR-2026-000001" in str(problem.message)


def test_conflicts_of_lines_that_are_not_asked_about_are_left_out() -> None:
    assert conflict_problems([], [conflict(own=True)]) == []


# -- the registry --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "found"),
    [(timedelta(hours=48), []), (timedelta(hours=48, seconds=1), ["SUB-16"]), (None, [])],
)
def test_sub_16_data_older_than_two_days(age: timedelta | None, found: list[str]) -> None:
    problems = freshness_problems(NOW - age if age else None, now=NOW)
    assert codes(problems) == found
    assert all(each.severity == Severity.INFORMATION for each in problems)


def test_sub_17_stops_an_approval_but_no_submission() -> None:
    submission, approval = (unavailable_problem(last_chance=last) for last in (False, True))
    assert (submission.code, submission.severity) == ("SUB-17", Severity.WARNING)
    assert (approval.code, approval.severity) == ("SUB-17", Severity.ERROR)
