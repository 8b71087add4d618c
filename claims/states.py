"""The words of a claim's life: statuses, acts, sides, deadlines. Imports nothing of the product."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """Statuses of a claim (section 2.1); what they are called depends on the rule profile."""

    EDITING = "editing", _("Editing")
    SUBMITTED = "submitted", _("Submitted")
    UNDER_REVIEW = "under_review", _("Under review")
    PARTNER_ACTION_REQUIRED = "partner_action_required", _("Partner action required")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    DISPUTED = "disputed", _("Disputed")
    CANCELLED = "cancelled", _("Cancelled")
    ENDED = "ended", _("Association ended")


OPEN_STATUSES = (
    Status.EDITING,
    Status.SUBMITTED,
    Status.UNDER_REVIEW,
    Status.PARTNER_ACTION_REQUIRED,
    Status.APPROVED,
    Status.DISPUTED,
)
UNDECIDED_STATUSES = (
    Status.SUBMITTED,
    Status.UNDER_REVIEW,
    Status.PARTNER_ACTION_REQUIRED,
    Status.DISPUTED,
)


class AssociationState(TextChoices):
    """Second-level state of a claim and state of one association."""

    NONE = "none", _("No association")
    PROVISIONAL = "provisional", _("Consent window open")
    ACTIVE = "active", _("Association active")
    ENDED = "ended", _("Association ended")


class Act(TextChoices):
    """What can be done to a claim's status; the number of the rule stands beside each."""

    SUBMIT = "submit", _("Submit")  # T2
    TAKE_UP = "take_up", _("Take up")  # T3
    RECALL = "recall", _("Recall")  # T4
    REQUEST_ACTION = "request_action", _("Ask the partner")  # T5
    RESUBMIT = "resubmit", _("Answer and resubmit")  # T6
    REJECT_UNANSWERED = "reject_unanswered", _("Reject: no answer")  # T7
    APPROVE = "approve", _("Approve")  # T8
    REJECT = "reject", _("Reject")  # T9
    DECLINE = "decline", _("Decline")  # T10
    CLOSE_WINDOW = "close_window", _("Close the consent window")  # T11
    WITHDRAW_CONSENT = "withdraw_consent", _("Withdraw the consent")  # T12
    END_ASSOCIATION = "end_association", _("End the association")  # T13
    WITHDRAW = "withdraw", _("Withdraw")  # T14
    DISPUTE = "dispute", _("Dispute")  # T15
    DISPLACE = "displace", _("Displace")  # T21
    EXPIRE = "expire", _("End with the subscription")  # T22
    DISCARD = "discard", _("Discard the draft")  # T20
    SPLIT_OFF = "split_off", _("Split off")  # 5.6
    RENEW_CONSENT = "renew_consent", _("Ask the customer anew")  # Q8
    CLOSE_BY_OPERATOR = "close_by_operator", _("Close by the operator")  # T23


class Side(TextChoices):
    """Who acts, writes or is asked."""

    PARTNER = "partner", _("Partner")
    REVIEWER = "reviewer", _("Reviewer")
    CUSTOMER = "customer", _("Customer")
    SYSTEM = "system", _("System")


class DeadlineKind(TextChoices):
    """The clock that runs on a claim (section 2.3)."""

    PICKUP = "pickup", _("Pick-up")
    REVIEW = "review", _("Review")
    PARTNER_RESPONSE = "partner_response", _("Partner's answer")
    CONSENT = "consent", _("Customer's consent window")
    DISPUTE_FILING = "dispute_filing", _("Time to dispute")
    DISPUTE_ANSWER = "dispute_answer", _("Answer to the dispute")


class LineStatus(TextChoices):
    """What has become of one line of a claim (section 1.4)."""

    INCLUDED = "included", _("Included")
    REMOVED_BY_PARTNER = "removed_by_partner", _("Removed by the partner")
    REMOVED_ON_ADVICE = "removed_on_reviewer_advice", _("Removed on the reviewer's advice")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    LOST_ARBITRATION = "lost_arbitration", _("Lost to a competing claim")
    MOVED = "moved_to_linked_claim", _("Moved to a linked claim")
    ENDED = "ended", _("Ended")


class DeficiencyCode(TextChoices):
    """Why a reviewer sends a claim back (section 4.3)."""

    ALL = "D-ALL", _("Missing all PoE")
    ACK = "D-ACK", _("Missing customer acknowledgment")
    DATE = "D-DATE", _("Missing or old dates")
    WORK = "D-WORK", _("Missing partner solution/service")
    PROD = "D-PROD", _("Missing products")
    PSD = "D-PSD", _("Missing public-sector disclosure")
    ID = "D-ID", _("Customer details don't match")
    OTHER = "D-OTHER", _("Other")


class RejectionReason(TextChoices):
    """Why a claim was rejected (section 4.4)."""

    PARTNER = "R-PARTNER", _("Partner request")
    CUSTOMER = "R-CUSTOMER", _("Customer declined consent")
    POE = "R-POE", _("Insufficient PoE")
    CONSENT_POE = "R-CONSENT-POE", _("Customer consent missing on the PoE")
    PROD = "R-PROD", _("Missing products")
    NO_RESPONSE = "R-NORESP", _("No partner response")
    UNAVAILABLE = "R-UNAVAIL", _("PoE unavailable")
    COMPETE = "R-COMPETE", _("The proof did not prevail over a competing claim")
    INELIGIBLE = "R-INELIG", _("Not eligible")
    DUPLICATE = "R-DUP", _("Duplicate of another claim")
    OPERATOR = "R-ADMIN", _("Closed by the operator")


REVIEWER_REASONS = (
    RejectionReason.POE,
    RejectionReason.CONSENT_POE,
    RejectionReason.PROD,
    RejectionReason.UNAVAILABLE,
    RejectionReason.INELIGIBLE,
    RejectionReason.DUPLICATE,
)
NOT_DISPUTABLE = (RejectionReason.PARTNER, RejectionReason.CUSTOMER, RejectionReason.OPERATOR)


class RulingGround(TextChoices):
    """On what an arbiter bases a ruling between competing claims (section 5.4, Q23)."""

    NEWER = "newer_acknowledgement", _("Newer signed acknowledgement")
    ONGOING = "ongoing_work", _("Work in progress rather than ended")
    FULLER = "fuller_cover", _("Fuller proof for the product")
    CUSTOMER = "customer_statement", _("Statement of the customer")
    TIE = "tie", _("Equally good proof: the present partner of record stays")
    OTHER = "other", _("Another ground")


class Reminder(TextChoices):
    """A letter that time itself causes, once for each occasion (section 2.5)."""

    PARTNER_HALF_TIME = "partner_half_time", _("half of the time to answer is over")
    PARTNER_LAST_DAY = "partner_last_day", _("one business day is left to answer")
    CONSENT_DAY_4 = "consent_day_4", _("the customer has not answered by day 4")
    SUBSCRIPTION_60 = "subscription_60_days", _("a subscription ends in 60 days")
    SUBSCRIPTION_30 = "subscription_30_days", _("a subscription ends in 30 days")
    SUBSCRIPTION_7 = "subscription_7_days", _("a subscription ends in 7 days")
    PROOF_STALE = "proof_stale", _("the proof is 10 months old")
    DRAFT_IDLE = "draft_idle", _("the draft has not been touched for 30 days")
    REVIEW_LATE = "review_late", _("the reviewers are late")
