"""Rules about the proof of execution as a whole (section 3.5: POE). One file's own: see uploads."""

from __future__ import annotations

import calendar
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cpor_site.common.problems import Problem, error, warning

if TYPE_CHECKING:
    from ..models import ClaimLine, PoEDocument

FIELD = "documents"
INFECTED, PENDING, FAILED = "infected", "pending", "failed"
PUBLIC_SECTOR = "public"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class DocumentFacts:
    """A claim's proof and what the rules need to know about it.

    ``documents`` are those that weren't withdrawn. ``covered`` maps a document's primary key to
    those of the lines it is marked as covering; ``lines`` are the lines in the running.
    ``used_elsewhere`` holds the hashes that the organisation also handed in for another customer.
    ``customer`` is how this claim's customer is called.
    """

    documents: Sequence[PoEDocument]
    lines: Sequence[ClaimLine]
    covered: Mapping[int, Collection[int]]
    used_elsewhere: frozenset[str]
    customer: str
    sector: str
    disclosure_confirmed: bool
    max_age_months: int
    max_files: int
    max_total_mb: int


def document_problems(facts: DocumentFacts, *, today: date) -> list[Problem]:
    """POE-01, POE-03 (number and total) and POE-05 to POE-11."""
    standing = [each for each in facts.documents if each.counts]
    problems = []
    if not standing:
        problems.append(
            error(
                "POE-01",
                _("Attach the proof of execution, for example the signed statement of work."),
                field=FIELD,
            )
        )
    problems += check_amounts(
        count=len(facts.documents),
        total_bytes=sum(each.size for each in facts.documents),
        max_files=facts.max_files,
        max_total_mb=facts.max_total_mb,
    )
    seen: Counter[str] = Counter()
    for document in facts.documents:
        problems += _scan_problems(document)
        if document.counts:
            problems += _file_problems(facts, document, seen[document.sha256] > 0)
            problems += _signature_problems(facts, document, today)
            seen[document.sha256] += 1
    if standing:
        problems += _cover_problems(facts, standing)
    if facts.sector == PUBLIC_SECTOR and not facts.disclosure_confirmed:
        problems.append(
            error(
                "POE-11",
                _(
                    "This customer belongs to the public sector. Attach the disclosure with the "
                    "customer's signature, and confirm that it is included."
                ),
                field="public_sector_disclosure_confirmed",
            )
        )
    return problems


def subject_of(document: PoEDocument) -> str:
    """Return what tells problems about one document from those about another of the same name."""
    return str(document.pk)


def check_amounts(
    *, count: int, total_bytes: int, max_files: int, max_total_mb: int, adding_bytes: int = 0
) -> list[Problem]:
    """POE-03: how many files a claim has, and how large they are together.

    ``count`` and ``total_bytes`` are those that are there, ``adding_bytes`` the size of a file that
    is about to come; 0 if none is.
    """
    problems = []
    number, total = count + bool(adding_bytes), total_bytes + adding_bytes
    if number > max_files:
        sentence = ngettext_lazy(
            "A claim can have %(most)d file. Withdraw what isn't needed first.",
            "A claim can have %(most)d files. Withdraw what isn't needed first.",
            max_files,
        )
        problems.append(
            error("POE-03", sentence % {"most": max_files}, field=FIELD, subject="number")
        )
    if total > max_total_mb * MEGABYTE:
        problems.append(
            error(
                "POE-03",
                _(
                    "Together the files have %(total).1f MB; a claim can have %(most)d MB. "
                    "Withdraw what isn't needed first."
                )
                % {"total": math.ceil(total * 10 / MEGABYTE) / 10, "most": max_total_mb},
                field=FIELD,
                subject="total",
            )
        )
    return problems


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _scan_problems(document: PoEDocument) -> list[Problem]:
    sentences = {
        INFECTED: _(
            "%(file)s was refused by the virus check. Withdraw it and attach a clean copy."
        ),
        PENDING: _("%(file)s is still being checked for viruses. Submit in a minute."),
        FAILED: _("%(file)s couldn't be checked for viruses. Withdraw it and attach it again."),
    }
    sentence = sentences.get(document.scan_state)
    if sentence is None:
        return []
    names = {"file": document.original_name}
    return [error("POE-05", sentence % names, field=FIELD, subject=subject_of(document))]


def _file_problems(facts: DocumentFacts, document: PoEDocument, again: bool) -> list[Problem]:
    problems = []
    names = {"file": document.original_name, "customer": facts.customer}
    if again:
        problems.append(
            warning(
                "POE-06",
                _("You have attached the same file twice: %(file)s.") % names,
                field=FIELD,
                subject=subject_of(document),
            )
        )
    elif document.sha256 in facts.used_elsewhere:
        problems.append(
            warning(
                "POE-07",
                _(
                    "Your company used %(file)s for another customer, too. Does it really concern "
                    "%(customer)s?"
                )
                % names,
                field=FIELD,
                subject=subject_of(document),
            )
        )
    return problems


def _signature_problems(facts: DocumentFacts, document: PoEDocument, today: date) -> list[Problem]:
    signed_on = document.signed_on
    if signed_on is None:
        return []
    names = {"file": document.original_name, "date": date_format(signed_on)}
    if signed_on > today:
        return [
            error(
                "POE-08",
                _("The date of the signature on %(file)s, %(date)s, is in the future.") % names,
                field=FIELD,
                subject=subject_of(document),
            )
        ]
    if signed_on >= months_before(today, facts.max_age_months):
        return []
    sentence = ngettext_lazy(
        "The customer signed %(file)s on %(date)s, more than %(months)d month ago. Reviewers "
        "normally ask for a newer signature.",
        "The customer signed %(file)s on %(date)s, more than %(months)d months ago. Reviewers "
        "normally ask for a newer signature.",
        facts.max_age_months,
    )
    return [
        warning(
            "POE-09",
            sentence % (names | {"months": facts.max_age_months}),
            field=FIELD,
            subject=subject_of(document),
        )
    ]


def _cover_problems(facts: DocumentFacts, standing: Sequence[PoEDocument]) -> list[Problem]:
    covered = {line for each in standing for line in facts.covered.get(each.pk, ())}
    bare = {line.product.code: line.product.name for line in facts.lines if line.pk not in covered}
    if not bare:
        return []
    return [
        warning(
            "POE-10",
            _(
                "No document is marked as covering %(products)s. Claims are often sent back for "
                "this."
            )
            % {"products": ", ".join(bare.values())},
            field=FIELD,
            subject="+".join(sorted(bare)),
        )
    ]
