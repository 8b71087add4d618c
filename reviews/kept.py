"""Which rows of reviews are evidence: rulings, notes, marks and acts on many claims."""

from __future__ import annotations

from cpor_site.common.evidence.kept import Kept, Personal, Told, history_of, keep, tell

from .models import (
    AdministrativeEnd,
    BulkAct,
    BulkResult,
    ChecklistVerdict,
    CompetingClaimsCase,
    CompetingParty,
    CompetingRuling,
    InternalNote,
    SeenMark,
)


def name_tables() -> None:
    """Name the tables of evidence to ``cpor_site.common.evidence``."""
    keep(
        Kept(model=CompetingRuling, sealed=True),
        Kept(model=history_of(CompetingClaimsCase), sealed=True),
        Kept(model=history_of(CompetingParty), claim="claim_id", sealed=True),
        Kept(
            model=history_of(AdministrativeEnd),
            claim="claim_id",
            personal={"reason": Personal.WORDS, "internal_note": Personal.WORDS},
            sealed=True,
        ),
        Kept(model=history_of(ChecklistVerdict), claim="claim_id", sealed=True),
        Kept(model=InternalNote, claim="claim_id", personal={"body": Personal.WORDS}, sealed=True),
        Kept(model=BulkAct, sealed=True),
        Kept(model=BulkResult, claim="claim_id", sealed=True),
    )
    tell(
        Told(
            model=AdministrativeEnd,
            claim="claim_id",
            personal={"reason": Personal.WORDS, "internal_note": Personal.WORDS},
        ),
        Told(model=SeenMark, claim="claim_id", personal={"fields": Personal.INSIDE}),
    )
