"""Which rows of consent are evidence: what customers were asked, answered, and what went on."""

from __future__ import annotations

from cpor_site.common.evidence.kept import Kept, Personal, Told, history_of, keep, tell

from .models import (
    ConsentAnswer,
    ConsentEvent,
    ConsentRecipient,
    ConsentRequest,
    IncentiveHandoff,
)


def name_tables() -> None:
    """Name the tables of evidence to ``cpor_site.common.evidence``."""
    keep(
        Kept(
            model=ConsentAnswer,
            claim="request__claim_id",
            free=("carried_out_at",),
            emptied=("ip_address", "user_agent"),
            personal={
                "responder_name": Personal.NAME,
                "responder_title": Personal.EMPTIED,
                "message": Personal.EMPTIED,
            },
            sealed=True,
        ),
        Kept(model=ConsentAnswer.lines.through, sealed=True),
        Kept(
            model=ConsentEvent,
            claim="request__claim_id",
            emptied=("ip_address",),
            personal={"note": Personal.INSIDE},
            sealed=True,
        ),
        Kept(
            model=ConsentRecipient,
            claim="request__claim_id",
            fixed=("request", "role", "token_hash"),
            personal={"name": Personal.NAME, "email": Personal.EMAIL},
            sealed=True,
        ),
        Kept(
            model=history_of(ConsentRequest),
            claim="claim_id",
            personal={"extension_reason": Personal.WORDS},
            sealed=True,
        ),
        # How far a row has come on its way may change; what it says, may not.
        Kept(
            model=IncentiveHandoff,
            claim="claim_id",
            fixed=("line", "claim", "kind", "sequence", "effective_on", "payload", "created_at"),
            sealed=True,
        ),
    )
    tell(
        Told(
            model=ConsentRequest,
            claim="claim_id",
            personal={"extension_reason": Personal.WORDS},
        )
    )
