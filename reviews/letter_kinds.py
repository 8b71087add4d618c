"""Every letter about a claim: who gets it, when, and an example of it (section 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.letters import FOLDER, Reader, reader_context, shared_context
from claims.models import Claim, RuleProfile
from claims.states import (
    AssociationState,
    DeadlineKind,
    DeficiencyCode,
    RejectionReason,
    RulingGround,
    Side,
    Status,
)
from cpor_site.common.letters import RenderedLetter, Verbatim, render_letter
from cpor_site.common.operator_calendar import operator_calendar, operator_zone
from cpor_site.common.spoken import long_date_words

from .letters import LAPSED, LATE, LATE_CASE, LATE_CASE_KIND

NUMBER = "CPOR-2026-000123"
LINE = "Exchange Online – Usage"
OTHER_LINE = "Microsoft Teams – Usage"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DUE_AT = datetime(2026, 3, 9, 22, 59, 59, tzinfo=UTC)
LATER = datetime(2026, 5, 31, 22, 59, 59, tzinfo=UTC)
EXAMPLE_LINK = "/consent/example-of-a-personal-link/"

EDITING = {"status": Status.EDITING}
SUBMITTED = {
    "status": Status.SUBMITTED,
    "deadline_kind": DeadlineKind.PICKUP,
    "due_at": DUE_AT,
}
UNDER_REVIEW = {
    "status": Status.UNDER_REVIEW,
    "deadline_kind": DeadlineKind.REVIEW,
    "due_at": DUE_AT,
}
ASKED = {
    "status": Status.PARTNER_ACTION_REQUIRED,
    "deadline_kind": DeadlineKind.PARTNER_RESPONSE,
    "due_at": DUE_AT,
}
APPROVED = {"status": Status.APPROVED, "association_state": AssociationState.PROVISIONAL}
UNDELIVERED = APPROVED | {"consent_undelivered_at": AT}
IN_WINDOW = APPROVED | {
    "deadline_kind": DeadlineKind.CONSENT,
    "due_at": DUE_AT,
    "consent_closes_at": DUE_AT,
}
ACTIVE = {
    "status": Status.APPROVED,
    "association_state": AssociationState.ACTIVE,
    "activated_at": AT,
}
REJECTED = {
    "status": Status.REJECTED,
    "rejection_reasons": [RejectionReason.POE],
    "deadline_kind": DeadlineKind.DISPUTE_FILING,
    "due_at": DUE_AT,
}
REFUSED = {"status": Status.REJECTED, "rejection_reasons": [RejectionReason.CUSTOMER]}
WITHDRAWN = {"status": Status.REJECTED, "rejection_reasons": [RejectionReason.PARTNER]}
CLOSED = {
    "status": Status.REJECTED,
    "rejection_reasons": [RejectionReason.OPERATOR],
    "ended_reason": "The customer no longer exists.",
}
DISPUTED = {
    "status": Status.DISPUTED,
    "deadline_kind": DeadlineKind.DISPUTE_ANSWER,
    "due_at": DUE_AT,
}
ENDED = {
    "status": Status.ENDED,
    "association_state": AssociationState.ENDED,
    "ended_at": AT,
    "ended_reason": "The project has ended.",
}

EXPIRED = ENDED | {"ended_reason": _("the subscription ended")}

REVIEWER_WRITES = Verbatim("The proof names no product.\nPlease send page 3 as well.")
CUSTOMER_SAYS = {
    "customer_reason": _("the project has ended"),
    "customer_message": Verbatim("Thank you for the good work."),
}
QUESTION = {
    "in_dispute": False,
    "comment": REVIEWER_WRITES,
    "findings": [
        {
            "label": DeficiencyCode.DATE.label,
            "products": ["Exchange Online"],
            "explanation": "The signature bears no date.",
        }
    ],
}
TAKEN_BACK = CUSTOMER_SAYS | {
    "takes_effect_at": AT,
    "was_in_force": True,
    "remaining": [OTHER_LINE],
    "due_at": None,
}
REJECTION = {
    "reasons": [RejectionReason.POE.label],
    "after_dispute": False,
    "was_silent": False,
    "grounds": [],
    "said": REVIEWER_WRITES,
    "lines": [],
}
PAUSED = {
    "status": Status.UNDER_REVIEW,
    "deadline_kind": DeadlineKind.REVIEW,
    "paused_at": AT,
    "business_days_left": 3,
}
DISPLACED = ENDED | {
    "ended_reason": _("another partner's proof prevailed"),
    "deadline_kind": DeadlineKind.DISPUTE_FILING,
    "due_at": DUE_AT,
}
RULING = {
    "grounds": [RulingGround.NEWER.label],
    "said": Verbatim("The newer acknowledgement of the customer counts."),
}


@dataclass(frozen=True)
class LetterKind:
    """One kind of letter; ``code`` is what the outbox calls it.

    ``stands`` are the columns of the example's claim, ``own`` is what only this letter names.
    """

    code: str
    template: str
    to: Side
    when: Promise
    stands: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)

    def example(self, language: str, claim: Claim | None = None) -> RenderedLetter:
        """Return the letter in a language, made up, or with the names and lines of ``claim``.

        What the letter says of the act itself is always an example.
        """
        context = self._context(language, claim)
        return render_letter(self.template, language, context)

    def _context(self, language: str, claim: Claim | None) -> dict[str, Any]:
        zone = operator_zone().key
        reader = Reader("paula@partner.example", "Paula Partner", language, zone)
        stands = Claim(rule_profile=RuleProfile(), number=NUMBER, name="Mail move", **self.stands)
        told = reader_context(stands, reader, AT, operator_calendar())
        with translation.override(language), timezone.override(operator_zone()):
            day = long_date_words(timezone.localtime(DUE_AT))
        names: dict[str, Any] = {
            "number": NUMBER,
            "claim_name": "Mail move",
            "customer": "Contoso",
            "lines": [LINE],
            "claim_page": f"{settings.CPOR_PUBLIC_URL}/claims/123/",
        }
        if claim is not None:
            real = shared_context(claim, AT)
            names = {name: real[name] for name in names} | {"lines": real["lines"] or [LINE]}
        customer_side = {
            "name": "Carla Customer",
            "partner": claim.organization.name if claim else "Fabrikam",
            "partner_id": claim.location.partner_id if claim and claim.location else "5000123",
            "place": claim.location.city if claim and claim.location else "Munich, DE",
            "date": day,
            "about_page": f"{settings.CPOR_PUBLIC_URL}/consent/about/?lang={language}",
            "link": settings.CPOR_PUBLIC_URL + EXAMPLE_LINK,
        }
        pages = {
            "renew_page": f"{names['claim_page']}renew/",
            "new_page": f"{settings.CPOR_PUBLIC_URL}/claims/124/",
            "contact_page": f"{names['claim_page']}contact/",
            "case": f"{settings.CPOR_PUBLIC_URL}/admin/claims/claim/123/",
            "queue": f"{settings.CPOR_PUBLIC_URL}/admin/claims/claim/?queue=overdue",
        }
        own = {name: value for name, value in self.own.items() if name != "lines" or not claim}
        moments = {"happened_at": AT, "due_at": self.stands.get("due_at")}
        return names | customer_side | pages | moments | told | own


def _partner(
    code: str, when: Promise, stands: dict[str, Any], own: dict[str, Any] | None = None
) -> LetterKind:
    return LetterKind(code, f"{FOLDER}/{code}", Side.PARTNER, when, stands, own or {})


def _customer(code: str, name: str, when: Promise, own: dict[str, Any] | None = None) -> LetterKind:
    return LetterKind(code, f"consent/letters/{name}", Side.CUSTOMER, when, IN_WINDOW, own or {})


KINDS: tuple[LetterKind, ...] = (
    _partner("claim_submitted", _("A claim was submitted"), SUBMITTED, {"may_edit": True}),
    _partner("claim_resubmitted", _("The partner has answered"), SUBMITTED),
    _partner("claim_taken_up", _("The review has begun"), UNDER_REVIEW),
    _partner("comment_added", _("A reviewer wrote"), UNDER_REVIEW, {"comment": REVIEWER_WRITES}),
    _partner("action_requested", _("A reviewer asks for something"), ASKED, QUESTION),
    _partner("half_time_reminder_sent", _("Half of the time to answer is over"), ASKED, QUESTION),
    _partner("last_day_reminder_sent", _("One business day is left to answer"), ASKED, QUESTION),
    _partner("claim_rejected", _("The claim was rejected"), REJECTED, REJECTION),
    _partner("claim_withdrawn", _("The partner has withdrawn the claim"), WITHDRAWN,
             {"reason": Verbatim("Made twice."), "lines": []}),
    _partner("claim_disputed", _("The partner disputes the rejection"), DISPUTED,
             {"justification": Verbatim("Page 3 names both products.")}),
    _partner("claim_approved", _("The claim was approved"), APPROVED,
             {"after_dispute": False, "grounds": [], "said": Verbatim(""),
              "window_ends_at": DUE_AT}),
    _partner("competing_check_started", _("A claim is compared with a competing one"), PAUSED),
    _partner("newer_proof_requested", _("A competing claim's proof is sufficient"), ACTIVE,
             {"due_at": DUE_AT}),
    _partner("proof_request_closed", _("The competing claim fell away before a ruling"), ACTIVE),
    _partner("competing_case_ruled", _("Competing claims were ruled on"), ACTIVE,
             RULING | {"outcome": "yields", "days": 30}),
    _partner("line_lost", _("A claim lost some products to a competing one"), UNDER_REVIEW,
             RULING | {"remaining": [OTHER_LINE]}),
    _partner("association_spared", _("The winner of a ruling fell away"), ACTIVE),
    _partner("association_displaced", _("The winner of a ruling is in force"), DISPLACED,
             RULING | {"remaining": []}),
    _partner("line_displaced", _("The winner of a ruling is in force for some products"), ACTIVE,
             RULING | {"remaining": [OTHER_LINE]}),
    _partner("claim_split", _("Contested products were split off"), UNDER_REVIEW,
             {"new_number": "CPOR-2026-000124", "moved": [OTHER_LINE]}),
    _partner("consent_undelivered", _("The letter to the customer came back"), UNDELIVERED,
             {"contact": "Carla Customer", "address": "carla@customer.example"}),
    _partner("consent_declined", _("The customer declined"), REFUSED,
             CUSTOMER_SAYS | {"ask_again_until": LATER}),
    _partner("consent_renewed", _("A lead lets the customer be asked once more"), APPROVED,
             {"said": REVIEWER_WRITES, "window_ends_at": DUE_AT}),
    _partner("renewal_refused", _("A lead doesn't let the customer be asked again"), REFUSED,
             {"said": REVIEWER_WRITES, "lines": []}),
    _partner("line_refused", _("The customer declined a part"), IN_WINDOW,
             CUSTOMER_SAYS | {"remaining": [OTHER_LINE]}),
    _partner("window_closed", _("The customer's time has passed"), ACTIVE, {"activated_at": AT}),
    _partner("withdrawal_announced", _("The customer withdraws for a later day"), ACTIVE,
             TAKEN_BACK | {"takes_effect_at": DUE_AT}),
    _partner("consent_withdrawn", _("The customer withdrew"), ENDED, TAKEN_BACK),
    _partner("line_withdrawn", _("The customer withdrew for a part"), ACTIVE, TAKEN_BACK),
    _partner("association_ended", _("The association has ended"), ENDED,
             {"reason": Verbatim("The project has ended."), "was_in_force": True}),
    _partner("association_closed_by_operator", _("The operator has ended the association"),
             ENDED | {"ended_reason": "The customer no longer exists."},
             {"reason": Verbatim("The customer no longer exists."), "was_in_force": True}),
    _partner("claim_closed_by_operator", _("The operator has closed an undecided claim"), CLOSED,
             {"reason": Verbatim("The customer no longer exists."), "lines": []}),
    _partner("association_expired", _("The last subscription has ended"), EXPIRED,
             {"lines": [LINE], "remaining": []}),
    _partner("line_expired", _("A subscription of several has ended"), ACTIVE,
             {"lines": [LINE], "remaining": [OTHER_LINE]}),
    _partner("subscription_reminder_sent", _("A subscription ends in 60, 30 or 7 days"), ACTIVE,
             {"ending": [{"line": LINE, "ends_on": date(2026, 4, 1)}], "lines": [],
              "ends_on": date(2026, 4, 1), "draft": ""}),
    _partner("proof_reminder_sent", _("The newest proof is 10 months old"), ACTIVE,
             {"proof_on": date(2025, 5, 2), "months": 12}),
    _partner("document_refused", _("The virus check refused a document"), ASKED,
             {"document": "Proof of work.pdf", "found": "Win.Test.EICAR_HDB-1"}),
    _partner("draft_reminder_sent", _("A draft was idle for 30 days"), EDITING,
             {"since": AT, "archived_at": LATER}),
    _customer("consent_request", "request", _("The claim was approved"),
              {"is_admin": False, "once_more": False, "replacing": [LINE]}),
    _customer("consent_reminder", "reminder", _("Nobody has answered by day 4")),
    _customer("consent_extended", "extended", _("The customer's time was extended")),
    _customer("consent_ended", "ended", _("The association has ended"),
              {"was_in_force": True, "operators_reason": Verbatim("")}),
    _customer("consent_taken_back", "withdrawn", _("A colleague has withdrawn"),
              {"by": "Carl Customer", "announced": False, "was_in_force": True}),
    _customer("new_link", "new_link", _("Somebody asked for a new link"),
              {"claims": [{"number": NUMBER, "partner": "Fabrikam", "customer": "Contoso",
                           "waits": True, "until": DUE_AT}]}),
    _customer("overview", "overview", _("Somebody asked for an overview"),
              {"customers": ["Contoso"], "hours": 2}),
    LetterKind("late_review_reported", LATE, Side.REVIEWER, _("The reviewers are late"),
               SUBMITTED, {"reviewer": "", "kind": "pickup", "clock": DeadlineKind.PICKUP.label}),
    LetterKind("administrative_end_lapsed", LAPSED, Side.REVIEWER,
               _("A claim that a lead proposed to close was closed otherwise"), WITHDRAWN,
               {"status": Status.REJECTED.label, "proposed_at": AT,
                "reason": Verbatim("The customer no longer exists.")}),
    LetterKind(LATE_CASE_KIND, LATE_CASE, Side.REVIEWER, _("A case of competing claims is late"),
               UNDER_REVIEW, {"arbiter": "", "opened_at": AT, "queue": EXAMPLE_LINK,
                              "claims": [f"{NUMBER} (Fabrikam)", "CPOR-2026-000124 (Northwind)"]}),
)  # fmt: skip
"""In the order of a claim's life; the partner's letters, the customer's, the operator's own."""

BY_CODE = {kind.code: kind for kind in KINDS}
