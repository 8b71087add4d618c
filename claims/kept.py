"""Which rows of claims are evidence: written once, refused to be changed, sealed in the chain."""

from __future__ import annotations

from cpor_site.common.evidence.kept import (
    Kept,
    Personal,
    Told,
    history_links,
    history_of,
    keep,
    tell,
)

from .models import (
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    Comment,
    ConsentRenewal,
    Dispute,
    PoEDocument,
    ProofRequest,
    ReviewDecision,
    ReviewFinding,
)

OF_CLAIM = {"solution_seller_name": Personal.NAME, "confirmed_warnings": Personal.INSIDE}
OF_CONTACT = {
    "name": Personal.NAME,
    "job_title": Personal.EMPTIED,
    "email": Personal.EMAIL,
    "phone": Personal.EMPTIED,
}
OF_DISPUTE = {"justification": Personal.WORDS}
OF_DOCUMENT = {
    "original_name": Personal.WORDS,
    "signer_name": Personal.NAME,
    "signer_title": Personal.EMPTIED,
    "note": Personal.WORDS,
}
OF_FINDING = {"explanation": Personal.WORDS}
OF_RENEWAL = {"reason": Personal.WORDS, "text": Personal.WORDS}


def name_tables() -> None:
    """Name the tables of evidence to ``cpor_site.common.evidence``."""
    keep(
        Kept(
            model=ClaimEvent,
            claim="claim_id",
            personal={"actor_name": Personal.INSIDE, "details": Personal.INSIDE},
            sealed=True,
        ),
        Kept(model=Comment, claim="claim_id", personal={"body": Personal.WORDS}, sealed=True),
        Kept(
            model=ReviewDecision, claim="claim_id", personal={"text": Personal.WORDS}, sealed=True
        ),
        # What a file is about may be corrected; which file it is, may not.
        Kept(
            model=PoEDocument,
            claim="claim_id",
            fixed=("claim", "size", "sha256", "uploaded_at", "uploaded_by"),
            sealed=True,
        ),
        Kept(
            model=history_of(Claim),
            claim="id",
            personal=OF_CLAIM,
            sealed=True,
        ),
        Kept(model=history_links(Claim, "activities"), claim="claim_id", sealed=True),
        Kept(model=history_of(ClaimLine), claim="claim_id", sealed=True),
        Kept(
            model=history_of(ClaimContact),
            claim="claim_id",
            personal=OF_CONTACT,
            sealed=True,
        ),
        Kept(
            model=history_of(PoEDocument),
            claim="claim_id",
            personal=OF_DOCUMENT,
            sealed=True,
        ),
        Kept(model=history_links(PoEDocument, "covers"), claim="history__claim_id", sealed=True),
        Kept(
            model=history_of(ReviewFinding),
            claim="claim_id",
            personal=OF_FINDING,
            sealed=True,
        ),
        Kept(
            model=history_of(Dispute),
            claim="claim_id",
            personal=OF_DISPUTE,
            sealed=True,
        ),
        Kept(model=history_of(ProofRequest), claim="claim_id", sealed=True),
        Kept(
            model=history_of(ConsentRenewal),
            claim="claim_id",
            personal=OF_RENEWAL,
            sealed=True,
        ),
    )
    # The rows as they are now, beside their histories above.
    tell(
        Told(model=Claim, claim="pk", personal=OF_CLAIM),
        Told(model=ClaimContact, claim="claim_id", personal=OF_CONTACT),
        Told(model=PoEDocument, claim="claim_id", personal=OF_DOCUMENT),
        Told(model=ReviewFinding, claim="claim_id", personal=OF_FINDING),
        Told(model=Dispute, claim="claim_id", personal=OF_DISPUTE),
        Told(model=ConsentRenewal, claim="claim_id", personal=OF_RENEWAL),
    )
