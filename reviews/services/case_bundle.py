"""Everything about one claim in one file, for whoever has to answer for it later.

It holds reviewers' notes and the other parties of competing claims, below ``internal/``; no partner
or customer ever gets it.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zipfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from django.db.models import Model, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from claims import actors, door
from claims.actors import Actor
from claims.models import (
    Association,
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    ClaimReminder,
    ClockHold,
    Comment,
    ConsentRenewal,
    Dispute,
    PoEDocument,
    ProofRequest,
    ReviewDecision,
    ReviewFinding,
)
from claims.refusals import ConflictOfInterest, NotYours
from claims.wording import event_words
from consent.models import (
    ConsentAnswer,
    ConsentEvent,
    ConsentRecipient,
    ConsentRequest,
    IncentiveHandoff,
)
from cpor_site.common import limits
from cpor_site.common.evidence import sealing
from cpor_site.common.evidence.kept import histories, kept_tables
from cpor_site.common.evidence.verifying import standing_of
from cpor_site.common.models import OutboxMessage, Pseudonymisation, User

from ..models import (
    AdministrativeEnd,
    CaseLease,
    ChecklistVerdict,
    CompetingClaimsCase,
    CompetingParty,
    CompetingRuling,
    InternalNote,
)

PERMISSION = "common.export_case"
MOST_FILES = 10
WITHIN = timedelta(minutes=10)
IN_MEMORY = 8 * 1024 * 1024
PIECE = 256 * 1024
SECRET = ("nonce", "token_hash")
LONGEST_NAME = 80


@dataclass(frozen=True)
class CaseBundle:
    """A ZIP file at its beginning, to be read once and closed, and what to call it."""

    name: str
    file: IO[bytes]


@dataclass
class _Zip:
    """The file in the making; remembers what went in, for the manifest."""

    archive: zipfile.ZipFile
    at: datetime
    files: list[dict[str, Any]] = field(default_factory=list)

    def text(self, name: str, text: str) -> None:
        data = text.encode()
        self.archive.writestr(self._info(name), data)
        self._note(name, hashlib.sha256(data).hexdigest(), len(data))

    def json(self, name: str, value: Any) -> None:
        self.text(name, json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n")

    def stored(self, name: str, content: IO[bytes]) -> str:
        """Copy a file piece by piece; return its SHA-256."""
        digest, size = hashlib.sha256(), 0
        with self.archive.open(self._info(name), "w", force_zip64=True) as into:
            while piece := content.read(PIECE):
                into.write(piece)
                digest.update(piece)
                size += len(piece)
        self._note(name, digest.hexdigest(), size)
        return digest.hexdigest()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        return info

    def _note(self, name: str, digest: str, size: int) -> None:
        self.files.append({"name": name, "sha256": digest, "size": size})


def export_case(*, claim_id: int, actor: Actor) -> CaseBundle:
    """Put everything about a claim into one ZIP file; event ``case_exported`` (reviewers only).

    Raises ``NotYours`` without the permission ``common.export_case`` (the system needs none) and
    for an unknown claim, ``ConflictOfInterest`` (REV-02) for who is a party to it, ``TooMany``
    (LIM-01) for whoever had ``MOST_FILES`` of them ``WITHIN`` this while.
    """
    if actor.user is not None:
        if not may_export(actor.user):
            raise NotYours
        limits.ask("case_file", str(actor.user.pk), most=MOST_FILES, within=WITHIN)
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        if actor.user is not None and actors.has_interest(actor.user, claim):
            raise ConflictOfInterest
        door.record(claim, kind="case_exported", actor=actor, at=now, internal=True)
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # The reader closes.
        try:
            with zipfile.ZipFile(file, "w") as archive:
                _fill(_Zip(archive, now), claim, actor)
        except BaseException:
            file.close()
            raise
    file.seek(0)
    return CaseBundle(f"{claim.number}.zip", file)


def may_export(user: User) -> bool:
    """Whether the person may have a claim's whole file."""
    return user.is_active and user.is_staff and user.has_perm(PERMISSION)


def _fill(made: _Zip, claim: Claim, actor: Actor) -> None:
    sections = _sections(claim)
    for name, rows in sections.items():
        made.json(f"{name}.json", _rows(rows))
    for model in histories():
        kept = next(each for each in kept_tables() if each.model is model)
        if kept.claim:
            found = kept.model._base_manager.filter(**{kept.claim: claim.pk}).order_by("pk")
            made.json(f"history/{model._meta.model_name}.json", _rows(found))
    made.json("people.json", _people(sections))
    documents = _documents(made, claim)
    made.json("documents.json", documents)
    standing = [asdict(each) for each in standing_of(claim.pk)]
    made.json("chain.json", {"head": _head(), "rows": standing})
    made.text("summary.html", _summary(claim, documents, standing, made.at))
    about = {"claim": claim.number, "made_at": made.at, "made_by": actor.display_name}
    made.json("manifest.json", {**about, "chain_head": _head(), "files": list(made.files)})


def _sections(claim: Claim) -> dict[str, QuerySet[Any]]:
    cases = CompetingParty.objects.filter(claim=claim).values("case")
    by_request = {"request__claim": claim}
    return {
        "claim": Claim.objects.filter(pk=claim.pk),
        "lines": ClaimLine.objects.filter(claim=claim),
        "contacts": ClaimContact.objects.filter(claim=claim),
        "comments": Comment.objects.filter(claim=claim),
        "findings": ReviewFinding.objects.filter(claim=claim),
        "decisions": ReviewDecision.objects.filter(claim=claim),
        "disputes": Dispute.objects.filter(claim=claim),
        "proof_requests": ProofRequest.objects.filter(claim=claim),
        "consent/requests": ConsentRequest.objects.filter(claim=claim),
        "consent/recipients": ConsentRecipient.objects.filter(**by_request),
        "consent/answers": ConsentAnswer.objects.filter(**by_request),
        "consent/answered_lines": ConsentAnswer.lines.through.objects.filter(
            consentanswer__request__claim=claim
        ),
        "consent/events": ConsentEvent.objects.filter(**by_request),
        "consent/renewals": ConsentRenewal.objects.filter(claim=claim),
        "associations": Association.objects.filter(claim=claim),
        "handoffs": IncentiveHandoff.objects.filter(claim=claim),
        "events": ClaimEvent.objects.filter(claim=claim),
        "reminders": ClaimReminder.objects.filter(claim=claim),
        "letters": OutboxMessage.objects.filter(claim_number=claim.number),
        "pseudonymisations": Pseudonymisation.objects.filter(claim_key=claim.pk),
        "internal/notes": InternalNote.objects.filter(claim=claim),
        "internal/verdicts": ChecklistVerdict.objects.filter(claim=claim),
        "internal/clock_holds": ClockHold.objects.filter(claim=claim),
        "internal/leases": CaseLease.objects.filter(claim=claim),
        "internal/administrative_ends": AdministrativeEnd.objects.filter(claim=claim),
        "internal/competing_cases": CompetingClaimsCase.objects.filter(pk__in=cases),
        "internal/competing_parties": CompetingParty.objects.filter(case__in=cases),
        "internal/rulings": CompetingRuling.objects.filter(case__in=cases),
    }


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Return the rows with what they point to in words, and without what opens a link."""
    pointing = [
        each.name
        for each in rows.model._meta.concrete_fields
        if each.is_relation and not issubclass(each.related_model, User | Claim)
    ]
    if not hasattr(rows.model, "history_object"):
        rows = rows.select_related(*pointing)
    return [_row(each, pointing) for each in rows.order_by("pk")]


def _row(row: Model, pointing: list[str]) -> dict[str, Any]:
    told = {
        each.attname: each.value_from_object(row)
        for each in row._meta.concrete_fields
        if each.name not in SECRET
    }
    if not hasattr(row, "history_object"):
        told |= {name: str(found) for name in pointing if (found := getattr(row, name))}
    return told


def _people(sections: dict[str, QuerySet[Any]]) -> dict[int, str]:
    """Return the names of the partner's and the operator's people whom the rows name by a key."""
    keys: set[int] = set()
    for rows in sections.values():
        for each in rows.model._meta.concrete_fields:
            if each.is_relation and each.related_model is User:
                keys.update(rows.order_by().values_list(each.attname, flat=True).distinct())
    return {each.pk: str(each) for each in User.objects.filter(pk__in=keys)}


def _documents(made: _Zip, claim: Claim) -> list[dict[str, Any]]:
    """Copy the files that the virus check let through; return all, with what became of each."""
    told = []
    for number, each in enumerate(PoEDocument.objects.filter(claim=claim).order_by("pk"), start=1):
        row = _row(each, []) | {"covers": sorted(each.covers.values_list("pk", flat=True))}
        if not each.may_be_opened:
            row["left_out"] = str(each.get_scan_state_display())
        else:
            name = f"documents/{number:02d}-{safe_name(each.original_name)}"
            try:
                with each.file.open("rb") as content:
                    digest = made.stored(name, content)
            except FileNotFoundError:
                row["left_out"] = "missing from the storage"
            else:
                row |= {"in_this_file": name, "is_as_uploaded": digest == each.sha256}
        told.append(row)
    return told


def safe_name(name: str) -> str:
    """Return what somebody called a file as a plain name: no folders, no unusual characters."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w.() -]", "_", last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    return f"{stem[:LONGEST_NAME]}{dot}{ending[:10]}" or "document"


def _head() -> dict[str, Any] | None:
    last = sealing.head()
    if last is None:
        return None
    return {"seal": last.number, "digest": last.digest, "sealed_at": last.sealed_at}


def _summary(
    claim: Claim, documents: list[dict[str, Any]], rows: list[dict[str, Any]], now: datetime
) -> str:
    """Return the page that tells the story in the order in which it happened."""
    with translation.override("en"), timezone.override(UTC):
        events = [
            {"event": each, "words": event_words(each.kind)}
            for each in ClaimEvent.objects.filter(claim=claim).order_by("at", "pk")
        ]
        return render_to_string(
            "reviews/case_bundle.html",
            {
                "claim": claim,
                "status": door.status_label(claim),
                "lines": ClaimLine.objects.filter(claim=claim).select_related(
                    "product", "activity", "subscription"
                ),
                "contacts": ClaimContact.objects.filter(claim=claim),
                "decisions": ReviewDecision.objects.filter(claim=claim).select_related("reviewer"),
                "comments": Comment.objects.filter(claim=claim).select_related("author"),
                "answers": ConsentAnswer.objects.filter(request__claim=claim),
                "notes": InternalNote.objects.filter(claim=claim).select_related("author"),
                "events": events,
                "documents": documents,
                "altered": [each for each in rows if each["differs"]],
                "unsealed": sum(each["seal"] is None for each in rows),
                "rows": len(rows),
                "head": _head(),
                "made_at": now,
            },
        )


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
