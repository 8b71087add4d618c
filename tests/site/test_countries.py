"""Countries in words: on pages, in sentences of the rules, in the admin."""

from __future__ import annotations

import pytest
from django import forms
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from claims.location_checks import check_location
from cpor_site.common import clock, countries
from cpor_site.common.form_fields import CountryField
from tests import factories
from tests.claims.pages import text_of

NAMES = {
    "en": "Hungary",
    "hu": "Magyarország",
    "pl": "Węgry",
    "sv": "Ungern",
    "zh-hant": "匈牙利",
}


def test_every_country_has_a_name_in_every_language() -> None:
    for language in dict(settings.LANGUAGES):
        with override(language):
            assert countries.country_name("HU") == NAMES[language]
            unnamed = [code for code, name in countries.choices() if name == code]
            assert unnamed == []
    assert len(countries.codes()) > 240
    assert countries.country_name("??") == "??"


def test_a_form_offers_names_and_keeps_codes() -> None:
    class Form(forms.Form):
        country = CountryField()

    with override("sv"):
        html = str(Form()["country"])
    assert '<option value="SE">Sverige</option>' in html
    assert CountryField().clean("se") == "SE"


@pytest.mark.django_db
def test_a_rule_names_countries() -> None:
    claim = factories.make_claim(
        location=factories.make_location(country="SE"), tenant=factories.make_tenant(country="HU")
    )
    [problem] = check_location(claim, claim.created_by, clock.now())
    assert problem.code == "MPN-07"
    assert str(problem.message).startswith("This location is in Sweden, the customer in Hungary.")
    with override("hu"):
        [problem] = check_location(claim, claim.created_by, clock.now())
    assert "Magyarország" in str(problem.message)


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["partnerorganization", "partnerlocation", "customertenant"])
def test_the_admin_s_lists_name_countries(client: Client, model: str) -> None:
    factories.make_tenant(country="HU")
    factories.make_location(factories.make_organization(country="HU"), country="HU", enrolled=False)
    client.force_login(factories.make_reviewer())
    page = client.get(reverse(f"admin:claims_{model}_changelist"))
    assert page.status_code == 200
    assert "Hungary" in text_of(page)
    assert " HU " not in text_of(page)
