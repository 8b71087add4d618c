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
            name="forget_addresses",
            task="consent.tasks.forget_addresses",
            every=timedelta(hours=1),
            what="Clears IP addresses of customers that are older than a year.",
        ),
        Job(
            name="render_proof",
            task="reviews.tasks.render_proof",
            every=sweep,
            what="Draws the pages of new proof, for reviewers to read.",
        ),
    )
