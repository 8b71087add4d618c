"""The desk's Celery application with a schedule of seconds, for ``celery -A tests.chaos.quick``."""

from __future__ import annotations

from datetime import timedelta

from cpor_site.celery import app

QUICK = ("send_outbox", "reject_stale_claims", "finalise_consent_windows", "deliver_handoffs")
SECOND = timedelta(seconds=1)

app.conf.beat_schedule = {
    name: entry | {"schedule": SECOND, "options": {"expires": 1}}
    for name, entry in app.conf.beat_schedule.items()
    if name in QUICK
}
