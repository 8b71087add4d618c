"""Words for what the code names by a key, shared by the pages of partners and reviewers."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cpor_site.common.spoken import date_words as date_words
from cpor_site.common.spoken import spoken

EVENT_WORDS: dict[str, Promise] = {
    "claim_started": _("Draft started"),
    "claim_edited": _("Claim changed"),
    "claim_submitted": _("Claim submitted"),
    "claim_taken_up": _("Review begun"),
    "claim_recalled": _("Claim recalled"),
    "action_requested": _("Partner asked"),
    "claim_resubmitted": _("Partner answered and resubmitted"),
    "claim_rejected": _("Claim rejected"),
    "claim_approved": _("Claim approved"),
    "consent_window_opened": _("Customer's time to refuse begun"),
    "consent_undelivered": _("Letter to the customer came back: the clock stands still"),
    "consent_window_stopped": _("Letter to the customer came back: the next one opens the window"),
    "contact_replaced": _("Another contact at the customer named, who is asked anew"),
    "consent_agreed": _("Customer agreed"),
    "consent_declined": _("Customer refused"),
    "line_refused": _("Customer refused a part"),
    "window_closed": _("Association in force"),
    "consent_window_extended": _("Customer's time to refuse extended"),
    "withdrawal_announced": _("Customer withdrew for a later day"),
    "consent_withdrawn": _("Customer withdrew"),
    "line_withdrawn": _("Customer withdrew for a part"),
    "claim_withdrawn": _("Claim withdrawn"),
    "claim_disputed": _("Decision disputed"),
    "claim_migrated": _("Taken over from an earlier system"),
    "claim_copied": _("Copied from another claim"),
    "association_ended": _("Association ended"),
    "association_expired": _("Association ended with its subscription"),
    "line_expired": _("A part ended with its subscription"),
    "renewal_asked": _("Partner asked that the customer be asked again"),
    "renewal_refused": _("The customer is not asked again"),
    "consent_renewed": _("The customer is asked once more"),
    "administrative_end_proposed": _("Closing by the operator proposed"),
    "administrative_end_lapsed": _("Closing by the operator lapsed: the claim was closed before"),
    "administrative_end_turned_down": _("Closing by the operator turned down"),
    "claim_closed_by_operator": _("Claim closed by the operator"),
    "association_closed_by_operator": _("Association ended by the operator"),
    "competing_check_started": _("Compared with another claim: the clock is paused"),
    "competing_check_ended": _("Comparison with another claim over: the clock runs again"),
    "clock_paused": _("Clock paused"),
    "clock_resumed": _("Clock runs again"),
    "newer_proof_requested": _("Partner of record asked for newer proof"),
    "proof_request_answered": _("Request for newer proof answered"),
    "proof_request_closed": _("Newer proof is no longer asked for"),
    "competing_case_ruled": _("Competing claims ruled on"),
    "line_lost": _("A part lost to a competing claim"),
    "association_spared": _("Association stays: the other claim fell away"),
    "association_displaced": _("Association displaced by a competing claim"),
    "line_displaced": _("A part displaced by a competing claim"),
    "claim_split": _("A part goes on as another claim"),
    "claim_split_off": _("Split off another claim"),
    "dispute_window_closed": _("Time to dispute over"),
    "draft_archived": _("Draft archived"),
    "draft_recovered": _("Draft taken out of the archive"),
    "claim_discarded": _("Draft discarded"),
    "document_attached": _("Document attached"),
    "document_described": _("Document described"),
    "document_withdrawn": _("Document withdrawn"),
    "document_downloaded": _("Document downloaded"),
    "document_viewed": _("Pages of a document read"),
    "document_refused": _("Document refused by the virus check"),
    "comment_added": _("Comment written"),
    "claim_reassigned": _("Reviewer changed"),
    "case_taken_over": _("Case taken over by a lead"),
    "clock_held": _("Automatic end put on hold"),
    "clock_released": _("Hold lifted"),
    "half_time_reminder_sent": _("Reminder sent: half of the partner's time is over"),
    "last_day_reminder_sent": _("Reminder sent: one business day is left to answer"),
    "customer_reminder_sent": _("Reminder sent to the customer"),
    "subscription_reminder_sent": _("Reminder sent: a subscription ends soon"),
    "proof_reminder_sent": _("Reminder sent: the proof is getting old"),
    "draft_reminder_sent": _("Reminder sent: nobody has gone on with the draft"),
    "late_review_reported": _("Lead reviewers told that the review is late"),
    "people_pseudonymised": _("Names and addresses replaced by pseudonyms"),
    "case_exported": _("Case exported as a file"),
    "no_partner_response": _("Rejected: the partner didn't answer"),
}
"""What an event, or the reason of a history entry, is called."""


def event_words(kind: str) -> str:
    """Return the words for a kind; what has none stays as it is.

    Never for what a person wrote: it may read like a kind.
    """
    return str(EVENT_WORDS.get(kind, kind))


def key_words(key: str, *, product: str = "", customer: str = "") -> str:
    """Return what an exclusivity key stands for: "Exchange Online at Contoso AG".

    ``product`` and ``customer`` are names; without them the key's own parts stand in.
    """
    scope, _colon, rest = key.partition(":")
    if scope == "subscription":
        words = (
            gettext("%(product)s, subscription %(id)s")
            if product
            else gettext("Subscription %(id)s")
        )
        return words % {"product": product, "id": rest}
    tenant, _colon, code = rest.partition(":")
    return gettext("%(product)s at %(customer)s") % {
        "product": product or spoken(code),
        "customer": customer or tenant,
    }
