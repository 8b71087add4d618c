"""What changed on a claim since its last round, and since a reviewer last looked.

A state is a flat table of fields and their words, and of documents by their hash, so that any two
can be compared and told in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimContact, ClaimEvent, ClaimLine, PoEDocument
from claims.states import Status
from cpor_site.common.models import User

from .models import SeenMark

VISIT = timedelta(minutes=30)
"""For how long a reload still shows what had changed when the page was opened."""
SUBMISSIONS = ("claim_submitted", "claim_resubmitted")

LABELS: dict[str, Promise] = {
    "name": _("Name of the claim"),
    "partner_id": _("Partner ID"),
    "tenant_id": _("Tenant ID"),
    "domain": _("Domain"),
    "area": _("Area"),
    "activities": _("Activities"),
    "status": _("Status"),
    "seller": _("Dynamics solution seller"),
    "customer_name": _("Customer's name as given"),
    "isv_product": _("ISV product or solution"),
    "confirmed": _("Warnings confirmed"),
    "comments": _("Comments"),
}
CONTACTS = dict(ClaimContact.Kind.choices)
STATUSES = dict(Status.choices)


@dataclass(frozen=True)
class State:
    """``fields`` maps a key to its words, ``documents`` a hash to the file's name."""

    fields: Mapping[str, str]
    documents: Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """One thing that changed; ``old`` or ``new`` is empty for what came or went."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Since:
    """What changed since ``at``; nothing if both lists are empty."""

    at: datetime
    fields: Sequence[Difference]
    documents: Sequence[Difference]

    @property
    def count(self) -> int:
        return len(self.fields) + len(self.documents)


def state_of(
    claim: Claim,
    lines: Iterable[ClaimLine],
    documents: Iterable[PoEDocument],
    contacts: Iterable[ClaimContact],
    comments: int,
) -> State:
    """Return the claim as it stands now."""
    rows = list(lines)
    fields = {
        "name": claim.name,
        "partner_id": claim.location.partner_id if claim.location else "",
        "tenant_id": claim.tenant_id_as_typed,
        "domain": claim.domain_as_typed,
        "area": claim.area.code if claim.area else "",
        "activities": ", ".join(sorted({line.activity.code for line in rows})),
        "status": claim.status,
        "seller": claim.solution_seller_name,
        "customer_name": claim.revenue_customer_name,
        "isv_product": claim.isv_product_name,
        "confirmed": ", ".join(sorted(claim.confirmed_warnings)),
        "comments": str(comments),
    }
    for line in rows:
        subscription = str(line.subscription.subscription_id) if line.subscription else ""
        key = f"line:{line.product.code}:{line.activity.code}:{subscription}"
        fields[key] = " · ".join(
            word for word in (str(line.get_line_status_display()), subscription) if word
        )
    for each in contacts:
        fields[f"contact:{each.kind}"] = _contact(each.name, each.job_title, each.email, each.phone)
    files = {each.sha256: each.original_name for each in documents if each.withdrawn_at is None}
    return State({key: words for key, words in fields.items() if words}, files)


def state_of_snapshot(snapshot: Mapping[str, Any]) -> State:
    """Return the claim as it was handed in with a round."""
    names = ("name", "partner_id", "tenant_id", "domain", "area")
    fields = {name: str(snapshot.get(name, "")) for name in names}
    fields["activities"] = ", ".join(snapshot.get("activities", ()))
    fields["confirmed"] = ", ".join(sorted(snapshot.get("confirmed", {})))
    for line in snapshot.get("lines", ()):
        key = f"line:{line['product']}:{line['activity']}:{line['subscription']}"
        fields[key] = line["subscription"] or gettext("included")
    for each in snapshot.get("contacts", ()):
        fields[f"contact:{each['kind']}"] = _contact(each["name"], each["job_title"], each["email"])
    files = {each["sha256"]: each["name"] for each in snapshot.get("documents", ())}
    return State({key: words for key, words in fields.items() if words}, files)


def compare(before: State, after: State, names: Mapping[str, str], at: datetime) -> Since:
    """Return what is different; ``names`` maps codes of products and activities to their names."""
    keys = [*after.fields, *(key for key in before.fields if key not in after.fields)]
    fields = [
        Difference(
            _label(key, names),
            _in_words(key, before.fields.get(key, ""), names),
            _in_words(key, after.fields.get(key, ""), names),
        )
        for key in keys
        if before.fields.get(key, "") != after.fields.get(key, "")
    ]
    documents = [
        Difference(name, "", name)
        for digest, name in after.documents.items()
        if digest not in before.documents
    ]
    documents += [
        Difference(name, name, "")
        for digest, name in before.documents.items()
        if digest not in after.documents
    ]
    return Since(at, fields, documents)


def since_last_round(events: Iterable[ClaimEvent], names: Mapping[str, str]) -> Since | None:
    """Return what the partner changed between the last two submissions, or None if there is one."""
    handed_in = [
        event for event in events if event.kind in SUBMISSIONS and "snapshot" in event.details
    ]
    handed_in.sort(key=lambda event: (event.at, event.pk))
    if len(handed_in) < 2:
        return None
    before, after = (state_of_snapshot(event.details["snapshot"]) for event in handed_in[-2:])
    return compare(before, after, names, handed_in[-2].at)


def look(
    mark: SeenMark | None,
    claim: Claim,
    user: User,
    state: State,
    names: Mapping[str, str],
    now: datetime,
) -> Since | None:
    """Return what changed since the reader last looked, and note what they see now.

    Compares with the state that was noted when the visit before this one ended; a visit lasts
    ``VISIT`` from its first page. None at the first visit. Writes at most the reader's own row.
    """
    fields = dict(mark.fields) if mark else {}
    documents = dict(mark.documents) if mark else {}
    visit_at = _moment(fields.get("visit_at"))
    if mark is not None and (visit_at is None or now - visit_at > VISIT or now < visit_at):
        fields["before"], documents["before"] = fields.get("now", {}), documents.get("now", {})
        fields["before_at"] = mark.seen_at.isoformat()
        visit_at = None
    is_new = visit_at is None
    if is_new:
        fields["visit_at"] = now.isoformat()
    if is_new or fields.get("now") != state.fields or documents.get("now") != state.documents:
        fields["now"], documents["now"] = dict(state.fields), dict(state.documents)
        SeenMark.objects.bulk_create(
            [
                SeenMark(
                    user=user,
                    claim=claim,
                    seen_at=now,
                    version=claim.version,
                    fields=fields,
                    documents=documents,
                )
            ],
            update_conflicts=True,
            unique_fields=["user", "claim"],
            update_fields=["seen_at", "version", "fields", "documents"],
        )
    before_at = _moment(fields.get("before_at"))
    if before_at is None:
        return None
    return compare(State(fields["before"], documents["before"]), state, names, before_at)


def _moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def _contact(*words: str) -> str:
    return ", ".join(word for word in words if word)


def _in_words(key: str, value: str, names: Mapping[str, str]) -> str:
    """Return what is kept as a code, so that it fits any language, as the reader knows it."""
    if key == "status":
        return str(STATUSES.get(value, value))
    if key == "activities":
        return ", ".join(names.get(code, code) for code in value.split(", "))
    return value


def _label(key: str, names: Mapping[str, str]) -> str:
    kind, _colon, rest = key.partition(":")
    if kind == "line":
        product, activity, _subscription = rest.split(":")
        return f"{names.get(product, product)} · {names.get(activity, activity)}"
    if kind == "contact":
        return str(CONTACTS.get(rest, rest))
    return str(LABELS.get(key, key))
