"""The parties of a case of competing claims side by side: the same criteria for each (5.4).

Only people of the operator ever read this; nothing here may be imported by pages of partners.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from claims.models import Association, ClaimLine, PoEDocument, ProofRequest, WorkloadUsage

from .checklist import checklist_of
from .competing_stages import WITH_REVIEWERS, subject_of
from .models import ChecklistVerdict, CompetingClaimsCase, CompetingParty, CompetingRuling

Standing = CompetingParty.Standing


@dataclass(frozen=True)
class Proof:
    """A document of a party. ``is_new`` is one added since the present partner was asked."""

    document: PoEDocument
    lines: list[ClaimLine]
    is_newest: bool
    is_new: bool

    @property
    def dated_on(self) -> date | None:
        return dated_on(self.document)


@dataclass(frozen=True)
class MarkedCell:
    """What a reviewer marked for one criterion; None where nothing is marked."""

    verdict: ChecklistVerdict | None


@dataclass
class Column:
    """One claim of the case with everything that is compared."""

    claim: Any
    parties: list[CompetingParty]
    proofs: list[Proof]
    verdicts: list[ChecklistVerdict]
    usage: list[WorkloadUsage] = field(default_factory=list)
    is_first: bool = False

    @property
    def party(self) -> CompetingParty:
        return self.parties[0]

    @property
    def is_incumbent(self) -> bool:
        return self.party.standing == Standing.INCUMBENT

    @property
    def is_ready(self) -> bool:
        """Whether a ruling may let this claim prevail."""
        return any(each.is_ready for each in self.parties)

    @property
    def is_sufficient(self) -> bool:
        """Whether the proof is found sufficient now, or was when it was ruled on."""
        ruled = any(each.outcome and each.sufficient_at for each in self.parties)
        return self.is_ready or ruled

    @property
    def was_ready(self) -> bool:
        """Whether the proof was found sufficient, and the claim went back to its partner since."""
        return not self.is_sufficient and any(each.sufficient_at for each in self.parties)

    @property
    def is_with_reviewers(self) -> bool:
        return self.claim.status in WITH_REVIEWERS

    @property
    def lines(self) -> list[ClaimLine]:
        """The lines that are contested."""
        return [party.line for party in self.parties]

    @property
    def newest(self) -> Proof | None:
        """The document with the newest signature, or the newest one without."""
        return self.proofs[0] if self.proofs else None

    @property
    def covered(self) -> int:
        """How many of the contested lines a document names."""
        named = {line.pk for proof in self.proofs for line in proof.lines}
        return sum(line.pk in named for line in self.lines)

    @property
    def association(self) -> Association | None:
        found = [line.association for line in self.lines if hasattr(line, "association")]
        return found[0] if found else None

    @property
    def request(self) -> ProofRequest | None:
        return next((each.proof_request for each in self.parties if each.proof_request), None)

    @property
    def new_proofs(self) -> list[Proof]:
        return [proof for proof in self.proofs if proof.is_new]

    def marked(self, criterion: str) -> MarkedCell:
        """Return the mark on a contested line, or else the one on the whole claim."""
        lines = {line.pk for line in self.lines}
        rows = [each for each in self.verdicts if each.criterion == criterion]
        own = [each for each in rows if each.line_id in lines]
        whole = [each for each in rows if each.line_id is None]
        return MarkedCell(next(iter([*own, *whole]), None))


@dataclass
class Comparison:
    """A case with its parties; ``columns`` are those still in it, ``left`` who is not."""

    case: CompetingClaimsCase
    columns: list[Column]
    left: list[CompetingParty]
    ruling: CompetingRuling | None

    @cached_property
    def documents(self) -> list[PoEDocument]:
        """Everybody's proof, for the viewer; each knows its claim."""
        return [proof.document for column in self.columns for proof in column.proofs]

    @property
    def criteria(self) -> list[tuple[str, list[tuple[MarkedCell, Column]]]]:
        """The checklist: what each criterion says, and its mark for each column."""
        if not self.columns:
            return []
        claim = self.columns[0].claim
        return [
            (str(each.text), [(column.marked(each.key), column) for column in self.columns])
            for each in checklist_of(claim, self.columns[0].lines, [])
        ]

    @property
    def ready(self) -> list[Column]:
        return [column for column in self.columns if column.is_ready]

    @property
    def incumbents(self) -> list[Column]:
        return [column for column in self.columns if column.is_incumbent]

    @property
    def subject(self) -> str:
        """What is contested: "Exchange Online at Contoso AG"."""
        parties = [*(column.party for column in self.columns), *self.left]
        return subject_of(self.case, parties[0] if parties else None)


def case_with_ruling(case_id: int) -> CompetingClaimsCase | None:
    """Return one case with its arbiter and ruling; one query."""
    cases = CompetingClaimsCase.objects.select_related(
        "arbiter", "ruling__arbiter", "ruling__winner__claim__organization"
    )
    return cases.filter(pk=case_id).first()


def compare(case: CompetingClaimsCase) -> Comparison:
    """Return the case's parties side by side; five queries, whoever takes part."""
    parties = list(
        CompetingParty.objects.filter(case=case)
        .select_related(
            "claim__organization",
            "claim__tenant",
            "claim__location",
            "claim__assigned_reviewer",
            "claim__rule_profile",
            "line__product",
            "line__activity",
            "line__subscription",
            "line__association",
            "proof_request",
            "sufficient_by",
        )
        .order_by("standing", "joined_at", "pk")
    )
    present: dict[int, list[CompetingParty]] = defaultdict(list)
    for party in parties:
        if party.left_at is None:
            present[party.claim_id].append(party)
    # The present partner stands first, then the challengers in the order of joining.
    order = sorted(present.values(), key=lambda each: each[0].standing != Standing.INCUMBENT)
    columns = _columns(case, order)
    moments = [each.claim.first_submitted_at for each in columns if each.claim.first_submitted_at]
    for column in columns:
        column.is_first = bool(moments) and column.claim.first_submitted_at == min(moments)
    return Comparison(
        case,
        columns,
        [party for party in parties if party.left_at is not None],
        getattr(case, "ruling", None),
    )


def dated_on(document: PoEDocument) -> date | None:
    """Return the day that counts: that of the signature, or the document's own."""
    return document.signed_on or document.document_on


def _columns(case: CompetingClaimsCase, groups: Sequence[list[CompetingParty]]) -> list[Column]:
    claims = {group[0].claim_id: group[0].claim for group in groups}
    documents = [
        each
        for each in PoEDocument.objects.filter(claim__in=list(claims)).select_related("rendering")
        if each.counts
    ]
    covers = _covered_lines(documents)
    for each in documents:
        each.claim = claims[each.claim_id]
    newest = _newest_of(documents, len(groups))
    verdicts = [
        each
        for each in ChecklistVerdict.objects.filter(claim__in=list(claims)).select_related(
            "marked_by", "document"
        )
        if each.round == claims[each.claim_id].round
    ]
    usage = _usage(groups)
    columns = []
    for group in groups:
        own = [each for each in documents if each.claim_id == group[0].claim_id]
        own.sort(key=lambda each: (dated_on(each) or date.min, each.uploaded_at), reverse=True)
        columns.append(
            Column(
                group[0].claim,
                group,
                [
                    Proof(
                        each,
                        covers.get(each.pk, []),
                        is_newest=newest is not None and dated_on(each) == newest,
                        is_new=_is_new(each, case.asked_at),
                    )
                    for each in own
                ],
                [each for each in verdicts if each.claim_id == group[0].claim_id],
                [each for each in usage if _since(group, each)],
            )
        )
    return columns


def _newest_of(documents: Sequence[PoEDocument], parties: int) -> date | None:
    """Return the newest day among the documents; None if every party has one of that day."""
    dates = [day for day in map(dated_on, documents) if day is not None]
    newest = max(dates, default=None)
    holders = {each.claim_id for each in documents if dated_on(each) == newest}
    return newest if len(holders) < parties else None


def _covered_lines(documents: Sequence[PoEDocument]) -> dict[int, list[ClaimLine]]:
    found: dict[int, list[ClaimLine]] = defaultdict(list)
    links = PoEDocument.covers.through.objects.filter(poedocument__in=documents)
    for link in links.select_related("claimline__product").order_by("claimline_id"):
        found[link.poedocument_id].append(link.claimline)
    return found


def _usage(groups: Sequence[list[CompetingParty]]) -> list[WorkloadUsage]:
    """Return what the customer used of the product, newest month first; all parties share both."""
    if not groups:
        return []
    party = groups[0][0]
    return list(
        WorkloadUsage.objects.filter(
            product=party.line.product_id, tenant=party.claim.tenant_id
        ).order_by("-month")[:24]
    )


def _since(group: list[CompetingParty], usage: WorkloadUsage) -> bool:
    """Whether the month counts for who is in force since then."""
    line = group[0].line
    began: datetime | None = (
        line.association.effective_from if hasattr(line, "association") else None
    )
    return began is not None and usage.month >= began.date().replace(day=1)


def _is_new(document: PoEDocument, asked_at: datetime | None) -> bool:
    return asked_at is not None and document.uploaded_at >= asked_at
