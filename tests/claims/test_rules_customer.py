from typing import Any
from uuid import UUID

import pytest

from claims.directory import TenantLookup
from claims.models import ClaimContact, CustomerTenant
from claims.rules.customer import CustomerFacts, contact_problems, identity_problems
from cpor_site.common.problems import Problem, Severity

TENANT_ID = UUID("1b2c3d4e-0a1b-4c2d-8e3f-00805f9b34fb")
OTHER_ID = UUID("99999999-0a1b-4c2d-8e3f-00805f9b34fb")


def found(*, verified: bool = True, **fields: Any) -> TenantLookup:
    tenant = CustomerTenant(tenant_id=TENANT_ID, name="Contoso", country="DE", **fields)
    return TenantLookup(tenant, domain_verified=verified, known=True)


def ask(**changes: Any) -> list[Problem]:
    values: dict[str, Any] = {
        "typed_tenant_id": str(TENANT_ID),
        "typed_domain": "contoso.com",
        "lookup": found(),
        "recorded": TENANT_ID,
    }
    return identity_problems(CustomerFacts(**(values | changes)))


def outline(problems: list[Problem]) -> list[tuple[str, Severity, str]]:
    return [(each.code, each.severity, each.field) for each in problems]


def test_a_customer_who_is_on_record_has_no_problem() -> None:
    assert ask() == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "TEN-01"),
        ("  ", "TEN-01"),
        ("contoso", "TEN-02"),
        ("1b2c3d4e-0a1b-4c2d-8e3f", "TEN-02"),
        ("{00000000-0000-0000-0000-000000000000}", "TEN-03"),
    ],
)
def test_what_is_no_tenant_id(typed: str, code: str) -> None:
    assert outline(ask(typed_tenant_id=typed, lookup=None)) == [(code, Severity.ERROR, "tenant_id")]


def test_zeros_read_like_any_other_wrong_tenant_id() -> None:
    [wrong], [zeros] = (
        ask(typed_tenant_id="x", lookup=None),
        ask(typed_tenant_id=str(UUID(int=0)), lookup=None),
    )
    assert str(wrong.message) == str(zeros.message)


def test_braces_and_capitals_are_no_problem() -> None:
    assert ask(typed_tenant_id=f" {{{str(TENANT_ID).upper()}}} ") == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "DOM-01"), ("not a domain", "DOM-01"), ("gmail.com", "DOM-02"), ("GMX.de", "DOM-02")],
)
def test_what_is_no_domain_of_a_customer(typed: str, code: str) -> None:
    assert outline(ask(typed_domain=typed, lookup=None)) == [(code, Severity.ERROR, "domain")]


def test_a_wrong_tenant_id_and_a_wrong_domain_are_told_together() -> None:
    problems = ask(typed_tenant_id="", typed_domain="", lookup=None)
    assert [each.code for each in problems] == ["TEN-01", "DOM-01"]


def test_a_subscription_id_in_the_place_of_the_tenant_id() -> None:
    problems = ask(lookup=TenantLookup(known=True), is_subscription_id=True)
    assert outline(problems) == [("TEN-04", Severity.ERROR, "tenant_id")]


def test_an_unknown_tenant_and_a_foreign_domain_get_one_answer() -> None:
    unknown = ask(lookup=TenantLookup(known=False), recorded=None)
    mismatch = ask(lookup=TenantLookup(known=True), recorded=None)
    assert outline(unknown) == [("DOM-03", Severity.ERROR, "domain")]
    assert unknown == mismatch


def test_an_unverified_domain_has_to_be_confirmed() -> None:
    [problem] = ask(lookup=found(verified=False), typed_domain="Contoso.com.")
    assert outline([problem]) == [("DOM-04", Severity.WARNING, "domain")]
    assert problem.key == "DOM-04:contoso.com"


def test_a_registry_that_is_not_complete_lets_unknown_tenants_in() -> None:
    problems = ask(lookup=TenantLookup(known=False), registry_authoritative=False)
    assert outline(problems) == [("TEN-05", Severity.WARNING, "tenant_id")]


def test_a_mismatch_stays_a_mismatch_in_a_registry_that_is_not_complete() -> None:
    problems = ask(lookup=TenantLookup(known=True), registry_authoritative=False)
    assert outline(problems) == [("DOM-03", Severity.ERROR, "domain")]


def test_a_blocked_tenant_can_not_be_claimed() -> None:
    assert outline(ask(lookup=found(is_blocked=True))) == [("TEN-06", Severity.ERROR, "tenant_id")]


def test_nobody_claims_their_own_tenant() -> None:
    problems = ask(own_tenant_id=TENANT_ID)
    assert outline(problems) == [("TEN-06", Severity.ERROR, "tenant_id")]
    assert "own organisation" in str(problems[0].message)


@pytest.mark.parametrize(
    ("cloud", "codes"), [("public", []), ("china", ["TEN-07"]), ("government", [])]
)
def test_only_the_offered_clouds_can_be_claimed(cloud: str, codes: list[str]) -> None:
    problems = ask(lookup=found(cloud=cloud), offered_clouds=("public", "government"))
    assert [each.code for each in problems] == codes


def test_a_blocked_tenant_is_a_matter_for_those_alone_who_proved_the_domain() -> None:
    assert [each.code for each in ask(lookup=TenantLookup(known=True))] == ["DOM-03"]


def test_without_an_answer_a_customer_who_was_found_before_can_be_submitted() -> None:
    problems = ask(lookup=None, unavailable=True)
    assert outline(problems) == [("SUB-17", Severity.WARNING, "tenant_id")]


def test_without_an_answer_a_new_customer_has_to_wait() -> None:
    problems = ask(lookup=None, unavailable=True, recorded=OTHER_ID)
    assert outline(problems) == [("TEN-08", Severity.ERROR, "tenant_id")]


@pytest.mark.parametrize("recorded", [None, OTHER_ID])
def test_a_claim_that_refers_to_another_customer_than_was_typed(recorded: UUID | None) -> None:
    assert outline(ask(recorded=recorded)) == [("TEN-08", Severity.ERROR, "tenant_id")]


# -- contacts ------------------------------------------------------------------------------------


def contact(kind: str, **fields: str) -> ClaimContact:
    values = {"name": "Jana Meier", "job_title": "CIO", "email": f"{kind}@contoso.com"}
    return ClaimContact(kind=kind, **(values | fields))


def ask_contacts(*contacts: ClaimContact, **changes: Any) -> list[Problem]:
    values: dict[str, Any] = {
        "technical_needed": False,
        "customer_domains": frozenset(["contoso.com"]),
        "partner_domains": frozenset(["partner.example"]),
        "partner_addresses": ["ann@partner.example", "ann.private@mail.example"],
    }
    complete = {
        "business": contact("business"),
        "partner": contact("partner", job_title="", email="ann@partner.example"),
    }
    complete |= {each.kind: each for each in contacts}
    return contact_problems(complete, **(values | changes))


def test_complete_contacts_have_no_problem() -> None:
    assert ask_contacts(contact("technical"), technical_needed=True) == []


@pytest.mark.parametrize(
    ("email", "codes"),
    [
        ("jana@contoso.com", []),
        ("jana@CONTOSO.com", []),
        ("jana@mail.contoso.com", []),
        ("jana@parent.example", ["CON-01"]),
        ("jana@notcontoso.com", ["CON-01"]),
    ],
)
def test_an_address_outside_the_customers_domains_needs_a_reason(
    email: str, codes: list[str]
) -> None:
    problems = ask_contacts(contact("business", email=email))
    assert [each.code for each in problems] == codes
    assert all(each.needs_reason and each.severity == Severity.WARNING for each in problems)


def test_a_reason_holds_for_one_address_only() -> None:
    [first], [second] = (
        ask_contacts(contact("business", email=f"{name}@parent.example")) for name in ("jan", "eva")
    )
    assert first.key != second.key


def test_the_domains_wait_until_the_customer_is_known() -> None:
    stranger = contact("business", email="jana@parent.example")
    assert ask_contacts(stranger, customer_domains=frozenset()) == []


@pytest.mark.parametrize(
    "email",
    [
        "bob@partner.example",
        "bob@mail.partner.example",
        "Ann.Private@mail.example",
        "ann.private+customer@mail.example",
    ],
)
@pytest.mark.parametrize("kind", ["business", "technical"])
def test_nobody_at_the_partner_answers_for_the_customer(email: str, kind: str) -> None:
    problems = ask_contacts(contact(kind, email=email), customer_domains=frozenset())
    assert outline(problems) == [("CON-02", Severity.ERROR, f"contacts-{kind}-email")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("business", "name"),
        ("business", "job_title"),
        ("business", "email"),
        ("technical", "name"),
        ("technical", "job_title"),
        ("technical", "email"),
        ("partner", "name"),
        ("partner", "email"),
    ],
)
def test_every_field_of_a_contact_is_needed(kind: str, name: str) -> None:
    values = {"email": "ann@partner.example"} if kind == "partner" else {}
    problems = ask_contacts(contact(kind, **(values | {name: ""})))
    assert outline(problems) == [("CON-03", Severity.ERROR, f"contacts-{kind}-{name}")]


def test_what_is_missing_is_named_in_one_sentence() -> None:
    [problem] = ask_contacts(contact("business", name="", email=""))
    assert problem.field == "contacts-business-name"
    assert "name, e-mail address" in str(problem.message)


def test_the_partners_job_title_is_not_asked_for() -> None:
    assert ask_contacts(contact("partner", job_title="", email="ann@partner.example")) == []


def test_contacts_that_were_never_entered() -> None:
    problems = contact_problems(
        {},
        technical_needed=False,
        customer_domains=frozenset(),
        partner_domains=frozenset(),
        partner_addresses=[],
    )
    assert [(each.code, each.subject) for each in problems] == [
        ("CON-03", "business"),
        ("CON-03", "partner"),
    ]


def test_an_address_that_can_not_be_written_to() -> None:
    problems = ask_contacts(contact("business", email="jana at contoso.com"))
    assert outline(problems) == [("CON-03", Severity.ERROR, "contacts-business-email")]
    assert "jana at contoso.com" in str(problems[0].message)


@pytest.mark.parametrize(
    "given", [[], [contact("technical", name="", job_title="", email="", locale="en")]]
)
def test_dynamics_needs_a_technical_contact(given: list[ClaimContact]) -> None:
    problems = ask_contacts(*given, technical_needed=True)
    assert outline(problems) == [("CON-04", Severity.ERROR, "contacts-technical-name")]
    assert ask_contacts(*given, technical_needed=False) == []


def test_one_person_in_both_places_has_to_be_confirmed() -> None:
    problems = ask_contacts(contact("technical", email="Business@contoso.com"))
    assert outline(problems) == [("CON-05", Severity.WARNING, "contacts-technical-email")]
