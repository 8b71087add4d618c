"""Attaching files to claims in tests."""

from __future__ import annotations

from typing import Any

from claims import actors
from claims.models import Claim, PoEDocument
from claims.services.documents import attach_document
from tests import factories, files


def owner(claim: Claim) -> actors.Actor:
    """Return whoever started the claim, acting for the partner."""
    return actors.partner(claim.created_by)


def attach(claim: Claim, content: bytes | None = None, **given: Any) -> PoEDocument:
    """Attach a file, by default a PDF; ``given`` goes to the service."""
    return attach_with_warnings(claim, content, **given)[0]


def attach_with_warnings(
    claim: Claim, content: bytes | None = None, *, name: str = "proof.pdf", **given: Any
) -> tuple[PoEDocument, list[str]]:
    """Attach a file and return it with the codes of the warnings."""
    document, problems = attach_document(
        claim_id=claim.pk,
        actor=given.pop("actor", owner(claim)),
        upload=files.upload(name, content or factories.make_pdf(name)),
        **given,
    )
    return document, [problem.code for problem in problems]
