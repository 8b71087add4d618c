"""Requests that no page of ours makes: every address answers, and says nothing it shouldn't."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, product
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims.models import Claim, Membership
from claims.services.submission import keep_confirmed
from cpor_site.common.problems import warning
from tests import factories
from tests.claims.every_address import STATES, address_of, after, keys_of, patterns, undone
from tests.claims.pages import SECTIONS, browser_of

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
HOSTILE: dict[str, Any] = {
    "nothing": "",
    "spaces": " \t\r\n\u00a0\u200b ",
    "a NUL": "a\0b",
    "half a character": b"\xed\xa0\x80",
    "a byte that is no character": b"\xff\xfe",
    "a number of 30 digits": "9" * 30,
    "a number of 5000 digits": "9" * 5000,
    "a negative number": "-1",
    "infinity": "1e999",
    "another script's digits": "٣",
    "a very long text": "x" * 150_000,
    "format signs": "%(number)s %s {0.__class__} {{ claim.pk }} {% now %}",
    "HTML": f"'\">{SCRIPT}<!--",
    "twice": ["1", "1"],
    "a date out of this world": "9999-12-31",
    "a date before all others": "0001-01-01",
}
FIELDS = (
    *("name", "tenant_id", "domain", "activity_ids", "product_ids", "opt_out_of_incentive"),
    *("subscription_0", "choice_0", "remove_0", "subscription_999999", "choice_-1"),
    *("location_id", "transaction_on", "solution_seller_name", "revenue_customer_name"),
    *("isv_product_name", "public_sector_disclosure_confirmed", "disclosure", "confirm"),
    *(
        f"{kind}_{part}"
        for kind in ("business", "technical", "partner")
        for part in ("name", "job_title", "email", "phone", "locale")
    ),
    *("kind", "document_on", "signed_on", "signer_name", "signer_title", "line_ids", "note"),
    *("reason", "body", "reply", "statements", "justification", "with_documents"),
    *("warning", "read_warning", "query", "organization", "next", "kept", "language"),
    *("row", "all", "draft"),
    *("email", "full_name", "roles", "role", "scope", "locations", "time_zone"),
    *("oldpassword", "password1", "password2", "login", "password"),
    *("form-TOTAL_FORMS", "form-INITIAL_FORMS", "form-MAX_NUM_FORMS", "form-0-id"),
    *("is_staff", "is_superuser", "status", "organization_id", "created_by", "id", "pk"),
)
ACCEPTED = {200, 302, 400, 403, 404, 405, 413}


def in_charge(claim: Claim) -> Client:
    """Return the browser of the claim's owner, who also manages the organisation's people."""
    factories.make_membership(claim.created_by, claim.organization, Membership.Role.GLOBAL_ADMIN)
    return browser_of(claim.created_by)


def addresses(claim: Claim) -> list[str]:
    keys = keys_of(claim)
    found = [address_of(name, keys) for name in patterns() if name != "claim_edit"]
    return [*found, *(address_of("claim_edit", keys, section) for section in SECTIONS)]


def encoded(fields: dict[str, Any]) -> str:
    """Return fields as a browser sends them; texts that are no texts as their bytes."""
    pairs = [
        (name, one)
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return "&".join(f"{quote(name)}={quote(one)}" for name, one in pairs)


def is_a_file(answer: Any) -> bool:
    """Whether a browser keeps the answer and doesn't show it."""
    return str(answer.headers.get("Content-Disposition", "")).startswith("attachment")


def ask(answer: Any, address: str, what: str) -> None:
    assert answer.status_code in ACCEPTED, (address, what)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert SCRIPT.encode() not in content or is_a_file(answer), (address, what)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("state", list(STATES)[::2])
def test_no_field_of_any_form_breaks_a_page(state: str) -> None:
    """Hostile values in all fields at once, on pages whose claim has come so far or so far."""
    claim = STATES[state]()
    start = list(STATES).index(state)
    with after(claim):
        browser = in_charge(claim)
        for number, address in enumerate(addresses(claim)):
            if number % 2 == start % 2:
                continue
            what = list(HOSTILE)[(start * 3 + number) % len(HOSTILE)]
            fields = dict.fromkeys(FIELDS, HOSTILE[what]) | {"version": str(claim.version)}
            with undone():
                ask(browser.post(address, encoded(fields), content_type=FORM), address, what)


FORMS: dict[tuple[str, str, str], dict[str, str]] = {
    ("a draft", "claim_start", ""): {"organization": "{organization}", "name": "A claim"},
    ("a draft", "claim_edit", "customer"): {"name": "A", "tenant_id": "{tenant}", "domain": "a.b"},
    ("a draft", "claim_edit", "work"): {"activity_ids": "{activity}"},
    ("a draft", "claim_edit", "products"): {
        "product_ids": "{product}",
        "subscription_0": "{tenant}",
        "choice_0": "other",
    },
    ("a draft", "claim_edit", "partner"): {"location_id": "{location}"},
    ("a draft", "claim_edit", "contacts"): {
        "business_name": "Ana Lee",
        "business_job_title": "CEO",
        "business_email": "ana@customer.example",
        "business_phone": "+49",
        "business_locale": "en",
        "partner_name": "Max",
    },
    ("a draft", "document_describe", ""): {
        "kind": "statement_of_work",
        "document_on": "2026-01-01",
        "signed_on": "2026-01-01",
        "signer_name": "Ana Lee",
        "line_ids": "{line}",
        "note": "Page 3",
    },
    ("a draft", "claim_comment", ""): {"body": "Words."},
    ("a draft", "claim_check", ""): {"statements": "on", "leave": "yes"},
    ("a draft", "people_invite", ""): {
        "email": "new@people.example",
        "full_name": "Somebody New",
        "roles": "incentives_user",
        "scope": "listed",
        "locations": "{location}",
    },
    ("a draft", "people_change", ""): {
        "role": "report_viewer",
        "scope": "listed",
        "locations": "{location}",
    },
    ("a draft", "saved_filter_save", ""): {"name": "A name", "query": "q=x"},
    ("a draft", "saved_filter_rename", ""): {"name": "A name"},
    ("a draft", "choose_organization", ""): {"organization": "{organization}", "next": "/claims/"},
    ("submitted", "claim_withdraw", ""): {"reason": "A mistake."},
    ("submitted", "claim_edit", "customer"): {"name": "Another name", "confirm": "on"},
    ("with the partner", "claim_check", ""): {"reply": "Here it is."},
    ("rejected", "claim_dispute", ""): {"justification": "Page 3."},
    ("rejected", "claim_copy", ""): {"with_documents": "on"},
    ("active", "claim_end", ""): {"reason": "Over."},
}


@pytest.mark.parametrize("state", dict.fromkeys(state for state, _name, _section in FORMS))
def test_no_single_field_of_a_right_form_breaks_a_page(state: str) -> None:
    """Each field of each form meets one of the values, its neighbours others."""
    claim = STATES[state]()
    assert claim.tenant is not None
    line = claim.lines.get()
    names = {
        "organization": claim.organization_id,
        "tenant": claim.tenant.tenant_id,
        "activity": line.activity_id,
        "product": line.product_id,
        "location": claim.location_id,
        "line": line.pk,
    }
    keys = keys_of(claim)
    turn = count()
    with after(claim):
        browser = in_charge(claim)
        for (in_state, name, section), fields in FORMS.items():
            if in_state != state:
                continue
            right = {field: value.format(**names) for field, value in fields.items()}
            right["version"] = str(claim.version)
            address = address_of(name, keys, section)
            for field in right:
                what = list(HOSTILE)[next(turn) % len(HOSTILE)]
                value = [right[field]] * 2 if what == "twice" else HOSTILE[what]
                body = encoded(right | {field: value})
                with undone():
                    answer = browser.post(address, body, content_type=FORM)
                    ask(answer, f"{address} {field}", what)


def test_no_query_breaks_a_page() -> None:
    claim = factories.make_claim()
    browser = in_charge(claim)
    names = (
        *("q", "status", "area", "activity", "product", "location", "customer", "due", "ending"),
        *("proof_age", "migrated", "sort", "columns", "after", "before", "page", "rows", "bom"),
        *("saved", "email", "next", "organization"),
    )
    every = addresses(claim)
    lists = ("claim_list", "claim_exports", "claim_export_csv")
    for start, (what, value) in enumerate(HOSTILE.items()):
        query = encoded(dict.fromkeys(names, value))[:60_000]
        for address in every[start :: 2 * len(HOSTILE)]:
            ask(browser.get(f"{address}?{query}"), address, what)
        for number, name in enumerate(names[start % 6 :: 6]):
            list_name = lists[(start + number) % 3]
            one = encoded({name: value})[:60_000]
            ask(browser.get(f"{reverse(list_name)}?{one}"), list_name, f"{what} as {name}")


FILES: dict[str, Callable[[], Any]] = {
    "no name": lambda: SimpleUploadedFile("x", b"a", "text/plain"),
    "dots": lambda: SimpleUploadedFile("...pdf", b"a"),
    "only an extension": lambda: SimpleUploadedFile(".pdf", factories.make_pdf()),
    "a very long name": lambda: SimpleUploadedFile("é" * 3000 + ".pdf", factories.make_pdf()),
    "format signs": lambda: SimpleUploadedFile("%(file)s %s {0}.pdf", factories.make_pdf()),
    "HTML": lambda: SimpleUploadedFile("<b onclick=x>.txt", b"a"),
    "nothing": lambda: SimpleUploadedFile("empty.pdf", b""),
    "a text": lambda: "no file at all",
}


TAKING_FILES = ("upload", "claim_proof", "claim_comment", "document_replace")


def test_no_file_breaks_a_page() -> None:
    claim = factories.make_claim()
    browser = in_charge(claim)
    keys = keys_of(claim)
    for number, what in enumerate(FILES):
        address = address_of(TAKING_FILES[number % len(TAKING_FILES)], keys)
        data = {
            "version": claim.version,
            "files": [FILES[what](), FILES[what]()],
            "file": FILES[what](),
            "organization": claim.organization_id,
            "kind": "other",
        }
        with undone():
            ask(browser.post(address, data), address, what)


def test_bodies_that_are_no_forms_break_no_page() -> None:
    claim = factories.make_claim()
    browser = in_charge(claim)
    bodies = {
        "application/json": '{"version": 1}',
        "multipart/form-data": "--x\r\n",
        "multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=a",
        "multipart/form-data; boundary=y": "--y\r\nContent-Disposition: form-data; "
        "name=\"file\"; filename*=unheard''%41.pdf\r\n\r\nz\r\n--y--\r\n",
        "text/plain": "\0\ud800".encode("utf-8", "surrogatepass"),
    }
    for number, address in enumerate(addresses(claim)):
        kind, body = list(bodies.items())[number % len(bodies)]
        with undone():
            ask(browser.post(address, body, content_type=kind), address, kind)


OTHER_PAGES = ("home", "sign_in", "choose_language", "account", "account_change_password",
               "account_reset_password", "account_sessions", "choose_organization")  # fmt: skip


def test_no_field_breaks_the_pages_of_an_account() -> None:
    browsers = (browser_of(factories.make_user()), Client())
    others = [
        *(reverse(each) for each in OTHER_PAGES),
        *("/account/password/new/0-x/", "/account/password/new/zzzzzzzzzzzzz-x-y/"),
        *("/account/sessions/99999999999999999999999/end/", "/calendar/%00.ics", "/calendar/x.ics"),
    ]
    for number, (what, value) in enumerate(HOSTILE.items()):
        body = encoded(dict.fromkeys(FIELDS, value))
        for address, browser in product(others[number % 3 :: 3], browsers):
            with undone():
                ask(browser.post(address, body, content_type=FORM), address, what)


def test_the_reason_for_a_warning_is_kept_without_what_no_database_takes() -> None:
    """On the page of a claim that is handed in it passes no form."""
    claim = factories.make_claim()
    told = warning("CON-01", "Is that right?", field="contacts-business-email")
    assert keep_confirmed(claim, [told], {told.key: "a\0b"}) == []
    assert claim.confirmed_warnings[told.key] == "ab"
