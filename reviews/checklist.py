"""What a proof has to show (section 4.2), beside the facts of the claim to compare it with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimLine, CustomerTenant, PoEDocument
from claims.states import DeficiencyCode
from claims.wording import date_words
from cpor_site.common.operator_calendar import operator_day

Code = DeficiencyCode


@dataclass(frozen=True)
class Criterion:
    """One thing to look for. ``facts`` is what the claim says about it; may be empty.

    ``key`` is its name among ``services.verdicts.CRITERIA``.
    """

    text: Promise
    codes: tuple[str, ...]
    facts: str
    key: str


def checklist_of(
    claim: Claim, lines: Iterable[ClaimLine], documents: Iterable[PoEDocument]
) -> list[Criterion]:
    """Return what to look for in the claim's proof, in the order of reading."""
    tenant, lines = claim.tenant, list(lines)
    standing = [each for each in documents if each.counts]
    found = [
        Criterion(
            _("It is the right document, about this claim"), (Code.ALL,), claim.name, "document"
        ),
        Criterion(
            _("It names the customer, the domain and the tenant ID as the claim does"),
            (Code.ALL, Code.ID),
            _joined(tenant.name if tenant else "", claim.domain_as_typed, claim.tenant_id_as_typed),
            "customer",
        ),
        Criterion(
            _("It names the partner as the claim does"),
            (Code.ALL,),
            claim.organization.name,
            "partner",
        ),
        Criterion(
            _("Somebody at the customer has signed it, or agreed in another way"),
            (Code.ACK,),
            _joined(*(_joined(each.signer_name, each.signer_title) for each in standing)),
            "signature",
        ),
        Criterion(
            _("It is dated, and the signature is not too old"),
            (Code.DATE,),
            _ages(claim, standing),
            "dates",
        ),
        Criterion(_("It describes what the partner did"), (Code.WORK,), _activities(lines), "work"),
        Criterion(
            _("It names every product or workload claimed"),
            (Code.PROD,),
            _joined(*dict.fromkeys(str(line.product) for line in lines)),
            "products",
        ),
    ]
    if tenant is not None and tenant.sector == CustomerTenant.Sector.PUBLIC:
        confirmed = claim.public_sector_disclosure_confirmed
        found.append(
            Criterion(
                _("It contains the signed disclosure of a public-sector customer"),
                (Code.PSD,),
                gettext("The partner says it does.")
                if confirmed
                else gettext("The partner hasn't confirmed it."),
                "disclosure",
            )
        )
    return found


def _ages(claim: Claim, documents: list[PoEDocument]) -> str:
    limit = claim.rule_profile.poe_max_age_months
    submitted_at = claim.last_submitted_at
    if submitted_at is None:
        return ""
    submitted_on = operator_day(submitted_at)
    return "; ".join(
        gettext("signed %(day)s, %(age)s")
        % {
            "day": date_words(each.signed_on),
            "age": gettext("more than %(limit)d months before the claim was submitted")
            % {"limit": limit}
            if _is_older(each.signed_on, submitted_on, limit)
            else gettext("within the %(limit)d months before the claim was submitted")
            % {"limit": limit},
        }
        for each in documents
        if each.signed_on is not None
    )


def _is_older(signed_on: date, submitted_on: date, months: int) -> bool:
    passed = (submitted_on.year - signed_on.year) * 12 + submitted_on.month - signed_on.month
    return (passed, submitted_on.day) > (months, signed_on.day)


def _activities(lines: Iterable[ClaimLine]) -> str:
    in_order = sorted(lines, key=attrgetter("activity.position", "activity.pk"))
    return _joined(*dict.fromkeys(line.activity_name for line in in_order))


def _joined(*words: str) -> str:
    return ", ".join(word for word in words if word)
