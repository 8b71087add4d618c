"""What happens by itself, and how often. Every job is a sweep over rows, so a late, missed or
doubled run changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Job:
    """One regular job: `task` is the Celery task's name, `what` tells people what it does."""

    name: str
    task: str
    every: timedelta
    what: str


def jobs(*, demo: bool) -> tuple[Job, ...]:
    """All regular jobs; the demo's run more often, because someone is watching."""
    mail = timedelta(seconds=5) if demo else timedelta(seconds=30)
    sweep = timedelta(seconds=10) if demo else timedelta(minutes=2)
    slow = sweep if demo else timedelta(minutes=15)
    return (
        Job(
            name="send_outbox",
            task="cpor_site.common.tasks.send_outbox",
            every=mail,
            what="Sends the mails that acts have left in the outbox.",
        ),
        Job(
            name="reject_stale_claims",
            task="claims.tasks.reject_stale_claims",
            every=sweep,
            what="Rejects claims whose partner did not answer in time.",
        ),
        Job(
            name="finalise_consent_windows",
            task="consent.tasks.finalise_consent_windows",
            every=sweep,
            what="Makes associations active whose customer did not refuse in time.",
        ),
        Job(
            name="carry_out_withdrawals",
            task="consent.tasks.carry_out_withdrawals",
            every=sweep,
            what="Ends associations whose customer withdrew with effect from a later day.",
        ),
        Job(
            name="end_expired_subscriptions",
            task="claims.tasks.end_expired_subscriptions",
            every=sweep,
            what="Ends associations whose subscription is past its end and its grace period.",
        ),
        Job(
            name="close_dispute_windows",
            task="claims.tasks.close_dispute_windows",
            every=sweep,
            what="Closes rejections that were not disputed in time.",
        ),
        Job(
            name="archive_idle_drafts",
            task="claims.tasks.archive_idle_drafts",
            every=slow,
            what="Archives drafts that nobody has touched for 90 days.",
        ),
        Job(
            name="check_registry",
            task="claims.tasks.check_registry",
            every=timedelta(hours=1),
            what="Says in its run when the customer data are too old.",
        ),
        Job(
            name="deliver_handoffs",
            task="consent.tasks.deliver_handoffs",
            every=sweep,
            what="Writes hand-offs to the incentive program into signed files.",
        ),
        Job(
            name="post_handoffs",
            task="consent.tasks.post_handoffs",
            every=sweep,
            what="Posts hand-offs to the incentive program's address, if one is set.",
        ),
        Job(
            name="remind_partners",
            task="claims.tasks.remind_partners",
            every=sweep,
            what="Reminds partners of their answer, at half time and on the last day but one.",
        ),
        Job(
            name="remind_customers",
            task="consent.tasks.remind_customers",
            every=sweep,
            what="Asks customers again who have not answered by day 4 of their window.",
        ),
        Job(
            name="remind_of_subscriptions",
            task="claims.tasks.remind_of_subscriptions",
            every=slow,
            what="Tells partners 60, 30 and 7 days before a subscription of theirs ends.",
        ),
        Job(
            name="remind_of_proof",
            task="claims.tasks.remind_of_proof",
            every=slow,
            what="Tells partners that the proof of an approved claim is 10 months old.",
        ),
        Job(
            name="remind_of_drafts",
            task="claims.tasks.remind_of_drafts",
            every=slow,
            what="Tells owners of drafts that nobody has touched for 30 days.",
        ),
        Job(
            name="report_late_reviews",
            task="reviews.tasks.report_late_reviews",
            every=sweep,
            what="Tells the lead reviewers of deadlines of the reviewers that have passed.",
        ),
        Job(
            name="resume_reviews",
            task="reviews.tasks.resume_reviews",
            every=sweep,
            what="Lets review clocks run on that stand though nothing is compared any more.",
        ),
        Job(
            name="forget_addresses",
            task="consent.tasks.forget_addresses",
            every=timedelta(hours=1),
            what="Clears IP addresses of customers that are older than a year.",
        ),
        Job(
            name="seal_evidence",
            task="cpor_site.common.tasks.seal_evidence",
            every=sweep,
            what="Seals new evidence in the chain that shows every later change.",
        ),
        Job(
            name="scan_documents",
            task="claims.tasks.scan_documents",
            every=mail,
            what="Has new proof checked for viruses, if a check is set (`CPOR_CLAMAV`).",
        ),
        Job(
            name="render_proof",
            task="reviews.tasks.render_proof",
            every=sweep,
            what="Draws the pages of new proof, for reviewers to read.",
        ),
    )
