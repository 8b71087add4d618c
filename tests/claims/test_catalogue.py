"""The shipped catalogue and rule profiles, and how they get into the database."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.catalogue_loader import (
    CATALOGUE_FILE,
    RULE_PROFILES_FILE,
    CatalogueError,
    LoadReport,
    load_catalogue,
)
from claims.models import Activity, Product, Program, RuleProfile, SolutionArea, Subscription
from cpor_site.common.models import User
from tests.shared import shared
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db

CHANNELS = ["vl_ea", "vl_eas", "vl_other", "web_direct"]


@shared
def nothing() -> None:
    """No catalogue yet."""
    with unguarded():
        for model in (Product, Activity, SolutionArea, Program, RuleProfile):
            model.objects.all().delete()
            model.history.all().delete()


@shared
def loaded(nothing: None) -> LoadReport:
    """The shipped catalogue, and what was said of loading it."""
    return load_catalogue()


def shipped() -> dict[str, Any]:
    return json.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))


def written(tmp_path: Path, catalogue: Any) -> Path:
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(catalogue), encoding="utf-8")
    return path


def snapshot() -> dict[str, list[Any]]:
    models = (Program, SolutionArea, Activity, Product, RuleProfile)
    rows: dict[str, list[Any]] = {
        model.__name__: list(model.objects.order_by("pk").values()) for model in models
    }
    rows["offers"] = list(Product.activities.through.objects.order_by("pk").values())
    rows["history"] = [model.history.count() for model in models]
    return rows


def test_the_shipped_files_load_and_a_second_run_changes_nothing(loaded: LoadReport) -> None:
    first = loaded
    after_first = snapshot()
    second = load_catalogue()

    products = sum(len(area["products"]) for area in shipped()["areas"])
    assert first.as_counts() == {
        "created": 4 + 2 + 4 + products + 2,
        "updated": 0,
        "kept": 0,
        "unchanged": 0,
    }
    assert second.as_counts() == {
        "created": 0,
        "updated": 0,
        "kept": 0,
        "unchanged": 4 + 2 + 4 + products + 2,
    }
    assert snapshot() == after_first


def test_programs_areas_and_activities_follow_the_rules(loaded: LoadReport) -> None:
    assert list(
        Program.objects.values_list(
            "code", "compensable", "exclusivity_scope", "claim_window_days", "minimum_seats"
        )
    ) == [
        ("OSA-BIZAPPS", True, "subscription", 90, 0),
        ("OSU-BIZAPPS", True, "subscription", None, 0),
        ("OSU-M365", True, "workload", None, 150),
        ("REVENUE-BIZAPPS", False, "subscription", None, 0),
    ]
    assert list(
        Activity.objects.order_by("area__position", "position").values_list(
            "area__code",
            "area__level",
            "code",
            "program__code",
            "restricted_to_channels",
            "stands_alone",
            "recognition_only",
        )
    ) == [
        ("microsoft_365", "workload", "usage", "OSU-M365", [], False, False),
        (
            "business_applications",
            "subscription",
            "presales",
            "OSA-BIZAPPS",
            CHANNELS,
            False,
            False,
        ),
        ("business_applications", "subscription", "usage", "OSU-BIZAPPS", CHANNELS, False, False),
        (
            "business_applications",
            "subscription",
            "revenue",
            "REVENUE-BIZAPPS",
            CHANNELS,
            True,
            True,
        ),
    ]
    closed_channels = set(Subscription.Channel.values) - set(CHANNELS)
    assert closed_channels == {"csp", "trial", "other"}


def test_products_carry_their_flags_dates_and_names(loaded: LoadReport) -> None:
    m365 = Product.objects.filter(area__code="microsoft_365")
    assert set(m365.filter(recognition_only=True).values_list("code", flat=True)) == {
        "information_protection",
        "outlook_mobile",
        "teams_standalone",
        "yammer",
    }
    unsettled = m365.filter(unconfirmed=True)
    assert unsettled.count() == 12
    assert not unsettled.filter(note="").exists()
    assert not Product.objects.filter(area__code="microsoft_365", is_dynamics=True).exists()
    assert set(
        Product.objects.filter(area__code="business_applications", is_dynamics=False).values_list(
            "code", flat=True
        )
    ) == {
        "ai_builder",
        "business_applications_general",
        "power_apps",
        "power_automate",
        "power_bi",
        "power_pages",
        "power_virtual_agents",
    }
    assert list(
        Product.objects.exclude(eligible_from=None, eligible_to=None).values_list(
            "code", "eligible_from", "eligible_to"
        )
    ) == [("power_bi", date(2020, 7, 1), None)]
    sales = Product.objects.get(code="d365_sales")
    assert sales.name == "Dynamics 365 Sales"
    assert sales.synonyms[0] == "Dynamics 365 for Sales"
    assert sorted(sales.activities.values_list("code", flat=True)) == [
        "presales",
        "revenue",
        "usage",
    ]


def test_rule_profiles_hold_the_numbers_of_their_editions(loaded: LoadReport) -> None:
    columns = (
        "code",
        "pickup_days",
        "review_days",
        "partner_response_days",
        "overall_decision_days",
        "consent_calendar_days",
        "dispute_filing_calendar_days",
        "dispute_answer_days",
        "disputes_per_claim",
        "edit_while_submitted",
        "subscription_always_required",
        "technical_contact_for_dynamics",
        "poe_max_age_months",
    )
    assert list(RuleProfile.objects.values_list(*columns)) == [
        ("2020", 5, 5, 5, 10, 7, 30, 5, 1, True, False, True, 12),
        ("2023", 5, 14, 14, 10, 7, 30, 5, 1, False, True, False, 12),
    ]
    assert RuleProfile.objects.get(code="2020").status_labels == {}
    assert RuleProfile.objects.get(code="2023").status_labels == {
        "editing": "Draft",
        "disputed": "Dispute",
        "cancelled": "Canceled",
        "rejected_final": "Rejected final",
    }


def test_a_row_changed_here_is_kept_and_overwrite_puts_it_back(loaded: LoadReport) -> None:
    operator = User.objects.create_user("lena@desk.example", full_name="Lena Ott", is_staff=True)
    teams = Product.objects.get(code="teams")
    teams.note = "Confirmed by the program team."
    teams._history_user = operator  # type: ignore[attr-defined]
    teams.save()
    Product.objects.get(code="power_bi").activities.remove(
        Activity.objects.get(code="revenue", area__code="business_applications")
    )

    assert load_catalogue().kept == [
        "product or workload teams: note changed here",
        "product or workload power_bi: activities changed here",
    ]
    assert Product.objects.get(code="teams").note == "Confirmed by the program team."
    assert Product.objects.get(code="power_bi").activities.count() == 2

    assert load_catalogue(overwrite=True).updated == [
        "product or workload teams",
        "product or workload power_bi",
    ]
    assert Product.objects.get(code="teams").note.startswith("One of the workloads")
    assert Product.objects.get(code="power_bi").activities.count() == 3


def test_a_row_deleted_here_stays_deleted_until_overwritten(loaded: LoadReport) -> None:
    Product.objects.get(code="yammer").delete()

    assert load_catalogue().kept == ["product or workload yammer: deleted here"]
    assert not Product.objects.filter(code="yammer").exists()
    assert load_catalogue(overwrite=True).created == ["product or workload yammer"]
    assert load_catalogue().kept == []


def test_a_deleted_area_stands_for_all_that_belonged_to_it(loaded: LoadReport) -> None:
    area = SolutionArea.objects.get(code="microsoft_365")
    for product in area.products.all():
        product.delete()
    for activity in area.activities.all():
        activity.delete()
    area.delete()

    assert load_catalogue().kept == ["solution area microsoft_365: deleted here"]
    assert load_catalogue(overwrite=True).as_counts()["created"] == 1 + 1 + 23


def test_an_untouched_row_follows_a_changed_file(loaded: LoadReport, tmp_path: Path) -> None:
    catalogue = shipped()
    catalogue["areas"][0]["products"][2]["name"] = "Teams"
    catalogue["areas"][0]["products"][2]["synonyms"] = ["MS Teams"]

    report = load_catalogue(catalogue=written(tmp_path, catalogue))

    assert report.updated == ["product or workload teams"]
    assert Product.objects.get(code="teams").name == "Teams"


def test_a_dry_run_writes_nothing_and_reports_all(nothing: None) -> None:
    report = load_catalogue(dry_run=True)

    assert len(report.created) > 60
    assert Product.objects.count() == RuleProfile.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "isn't JSON; Expecting value in line 1, column 1."),
        ('{"programs": [],\n"areas": [}', "isn't JSON; Expecting value in line 2, column 11."),
        ("[]", "must hold an object with programs and areas."),
        ('{"programs": []}', "must hold an object with programs and areas."),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(
    nothing: None, tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CatalogueError) as refused:
        load_catalogue(catalogue=path)

    assert refused.value.problems == (f"{path}: {sentence}",)


def test_a_missing_file_is_named(nothing: None, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.json"

    with pytest.raises(CatalogueError) as refused:
        load_catalogue(rule_profiles=path)

    assert refused.value.problems == (f"{path}: can't be read (No such file or directory).",)


def test_every_wrong_entry_is_named_and_nothing_is_loaded(nothing: None, tmp_path: Path) -> None:
    catalogue = shipped()
    area = catalogue["areas"][0]
    area["products"][0]["colour"] = "blue"
    area["products"][1]["eligible_from"] = "first of July"
    area["products"][2]["activities"] = ["dancing"]
    area["products"][3]["synonyms"] = ["Intune"]
    area["products"][5] = {"name": "No code"}
    area["products"][6]["eligible_from"] = "2021-01-01"
    area["products"][6]["eligible_to"] = "2020-01-01"
    area["products"].append({"code": "yammer", "name": "Yammer"})
    catalogue["areas"][1]["activities"][0]["restricted_to_channels"] = ["barter"]
    catalogue["areas"][1]["products"] = []

    with pytest.raises(CatalogueError) as refused:
        load_catalogue(catalogue=written(tmp_path, catalogue))

    place = "catalogue.json: areas, microsoft_365, products"
    assert refused.value.problems == (
        f"{place}, exchange_online: colour isn't known here.",
        (
            f"{place}, sharepoint_online: eligible_from: “first of July” value has an invalid date "
            "format. It must be in YYYY-MM-DD format."
        ),
        f"{place}, teams: activities may only hold usage.",
        f"{place}, intune: m365_apps is called 'intune' already.",
        f"{place}: entry 6 has no code.",
        f"{place}, information_protection: __all__: Constraint “product_period_order” is violated.",
        f"{place}: yammer is listed twice.",
        (
            "catalogue.json: areas, business_applications, activities, presales: "
            "restricted_to_channels may only hold vl_ea, vl_eas, vl_other, web_direct, csp, trial, "
            "other."
        ),
    )
    assert Program.objects.count() == Product.objects.count() == 0


def test_a_rule_profile_without_a_number_is_refused(nothing: None, tmp_path: Path) -> None:
    profiles = json.loads(RULE_PROFILES_FILE.read_text(encoding="utf-8"))
    del profiles["rule_profiles"][0]["review_days"]
    often = {**profiles["rule_profiles"][1], "code": "2099", "disputes_per_claim": 2}
    profiles["rule_profiles"].append(often)
    profiles["rule_profiles"][1]["status_labels"] = {"asleep": "Asleep"}
    path = tmp_path / "rule_profiles.json"
    path.write_text(json.dumps(profiles), encoding="utf-8")

    with pytest.raises(CatalogueError) as refused:
        load_catalogue(rule_profiles=path)

    assert refused.value.problems == (
        "rule_profiles.json: rule_profiles, 2020: review_days is missing.",
        "rule_profiles.json: rule_profiles, 2023: status_labels must be keyed by status codes.",
        (
            "rule_profiles.json: rule_profiles, 2099: disputes_per_claim must be 1; a claim can be "
            "disputed once under every profile."
        ),
    )


def test_the_command_says_what_it_did(nothing: None) -> None:
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    Product.objects.get(code="yammer").delete()
    call_command("load_catalogue", stdout=out)
    call_command("load_catalogue", "--json", stdout=out)

    total = Product.objects.count() + 4 + 2 + 4 + 2
    assert out.getvalue().splitlines() == [
        f"{total + 1} created, 0 updated, 0 kept as changed here, 0 already as shipped.",
        "kept     product or workload yammer: deleted here",
        f"0 created, 0 updated, 1 kept as changed here, {total} already as shipped.",
        "--overwrite puts the kept ones back as shipped.",
        json.dumps(
            {"created": 0, "updated": 0, "kept": 1, "unchanged": total, "dry_run": False},
        ),
    ]


def test_the_command_fails_with_the_reasons(nothing: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing was loaded.\n.*must hold an object"):
        call_command("load_catalogue", "--catalogue", str(RULE_PROFILES_FILE), stdout=StringIO())
