"""Canned texts for one claim: in the partner's language, with the claim's own facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import translation

from claims.letters import readers
from claims.models import Claim, ClaimLine, PoEDocument
from claims.wording import date_words
from cpor_site.common.letters import usable_locale


def partner_locale(claim: Claim) -> str:
    """Return the language in which the partner gets letters about the claim."""
    found = readers(claim)
    return found[-1].locale if found else usable_locale(claim.organization.locale)


def values_for(
    claim: Claim,
    lines: Iterable[ClaimLine],
    documents: Sequence[PoEDocument],
    locale: str,
) -> dict[str, str]:
    """Return what the placeholders stand for; empty where the claim doesn't say."""
    standing = [each for each in documents if each.counts]
    signed = sorted(
        (each for each in standing if each.signed_on is not None),
        key=lambda each: (each.signed_on, each.pk),
    )
    latest = signed[-1] if signed else None
    with translation.override(locale):
        return {
            "number": claim.number,
            "product": ", ".join(dict.fromkeys(str(line.product) for line in lines)),
            "customer": claim.tenant.name if claim.tenant else "",
            "domain": claim.domain_as_typed,
            "tenant_id": claim.tenant_id_as_typed,
            "partner": claim.organization.name,
            "partner_id": claim.location.partner_id if claim.location else "",
            "document": ", ".join(each.original_name for each in standing),
            "signature_date": date_words(latest.signed_on) if latest and latest.signed_on else "",
            "signer": latest.signer_name if latest else "",
        }
