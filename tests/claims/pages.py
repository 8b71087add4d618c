"""What the tests of the partner's pages share."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from claims.models import Claim
from cpor_site.common.models import User
from tests import factories

CLAIM_PAGES = (
    "claim_page",
    "claim_history",
    "claim_check",
    "claim_proof",
    "claim_recall",
    "claim_recover",
    "claim_withdraw",
    "claim_discard",
    "claim_end",
    "claim_proof_request",
    "claim_dispute",
    "claim_other_contact",
    "claim_ask_again",
    "claim_copy",
    "claim_replace",
    "claim_renew",
    "claim_support",
    "claim_support_file",
    "proof_template",
    "claim_comment",
)
DOCUMENT_PAGES = ("document_describe", "document_replace", "document_withdraw")
SECTIONS = ("customer", "work", "details", "products", "partner", "contacts")


def browser_of(user: User | None = None) -> Client:
    """Return a client in which the user is signed in."""
    client = Client()
    client.force_login(user or factories.make_user())
    return client


def url(name: str, claim: Claim, *more: Any) -> str:
    return reverse(name, args=[claim.pk, *more])


def addresses_of(claim: Claim) -> list[str]:
    """Return the address of every page and act of the claim."""
    document = claim.documents.order_by("pk").first()
    documents = [url(name, claim, document.pk) for name in DOCUMENT_PAGES] if document else []
    return [
        *(url(name, claim) for name in CLAIM_PAGES),
        *(url("claim_edit", claim, section) for section in SECTIONS),
        *documents,
    ]


def html_of(response: Any) -> str:
    return str(response.content.decode())


def text_of(response: Any) -> str:
    """Return the words of the page's content with single spaces."""
    html = html_of(response)
    html = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def problems_in(response: Any) -> list[str]:
    """Return the codes in the error summary, in order."""
    summary = re.search(r'<div class="error-summary".*?</div>', html_of(response), re.DOTALL)
    return re.findall(r'<span class="code">([^<]+)</span>', summary.group()) if summary else []


def codes_in(response: Any) -> list[str]:
    """Return every code of a rule on the page once, in order: summary and field name the same."""
    found = re.findall(r'<span class="code">([A-Z]+-[0-9A-Z-]+)</span>', html_of(response))
    return list(dict.fromkeys(found))


def typed_in(response: Any) -> dict[str, Any]:
    """Return what the page's form about the claim would send, unchanged."""
    form = response.context["form"]
    found = {}
    for field in form:
        value = field.value()
        if value is True:
            value = "on"
        if value not in (None, False, "", []):
            found[field.html_name] = value
    return found
