"""What the database itself asks of claims, and the indexes that their lists and sweeps walk."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from ..states import AssociationState, DeadlineKind, Status

WITH_REVIEWERS = [Status.SUBMITTED, Status.UNDER_REVIEW, Status.DISPUTED]
"""What reviewers' queues hold, for the indexes behind them."""

CONSTRAINTS: list[models.BaseConstraint] = [
    models.CheckConstraint(name="claim_known_status", condition=Q(status__in=Status.values)),
    models.CheckConstraint(
        name="claim_association_fits_status",
        condition=Q(
            status=Status.APPROVED,
            association_state__in=[AssociationState.PROVISIONAL, AssociationState.ACTIVE],
        )
        | Q(
            ~Q(status__in=[Status.APPROVED, Status.ENDED]),
            association_state=AssociationState.NONE,
        )
        | Q(status=Status.ENDED, association_state=AssociationState.ENDED),
    ),
    models.CheckConstraint(
        name="claim_deadline_has_kind",
        condition=Q(due_at__isnull=True) | ~Q(deadline_kind=""),
    ),
    models.CheckConstraint(
        name="claim_submitted_is_complete",
        condition=Q(status__in=[Status.EDITING, Status.CANCELLED])
        | Q(
            first_submitted_at__isnull=False,
            tenant__isnull=False,
            location__isnull=False,
            area__isnull=False,
        ),
    ),
    models.CheckConstraint(
        name="claim_rejected_has_reason",
        condition=~Q(status=Status.REJECTED) | ~Q(rejection_reasons=[]),
    ),
    models.CheckConstraint(
        name="claim_paused_with_reviewers",
        condition=Q(paused_at__isnull=True, business_days_left__isnull=True)
        | Q(
            status__in=[Status.UNDER_REVIEW, Status.DISPUTED],
            due_at__isnull=True,
            paused_at__isnull=False,
            business_days_left__isnull=False,
        ),
    ),
    models.CheckConstraint(
        name="claim_archived_is_draft",
        condition=Q(archived_at__isnull=True) | Q(status=Status.EDITING),
    ),
]

INDEXES = [
    models.Index(
        fields=["due_at", "id"],
        condition=Q(status=Status.PARTNER_ACTION_REQUIRED),
        name="claim_unanswered_due",
    ),
    models.Index(
        fields=["consent_closes_at", "id"],
        condition=Q(status=Status.APPROVED, association_state=AssociationState.PROVISIONAL),
        name="claim_window_closes",
    ),
    models.Index(
        fields=["due_at", "id"],
        condition=Q(status=Status.REJECTED, deadline_kind=DeadlineKind.DISPUTE_FILING),
        name="claim_dispute_window",
    ),
    models.Index(
        fields=["changed_at", "id"],
        condition=Q(status=Status.EDITING, archived_at__isnull=True),
        name="claim_idle_drafts",
    ),
    models.Index(fields=["organization", "status", "-id"], name="claim_partner_list"),
    models.Index(fields=["status", "due_at"], name="claim_queue"),
    models.Index(fields=["tenant", "status"], name="claim_tenant_status"),
    # Each order of a partner's list walks one of these.
    models.Index(fields=["organization", "-changed_at", "-id"], name="claim_list_changed"),
    models.Index(
        fields=["organization", "due_at", "id"],
        condition=Q(due_at__isnull=False),
        name="claim_list_due",
    ),
    models.Index(
        fields=["organization", "last_submitted_at", "id"],
        condition=Q(last_submitted_at__isnull=False),
        name="claim_list_submitted",
    ),
    models.Index(fields=["organization", "number", "id"], name="claim_list_number"),
    models.Index("organization", Lower("name"), "id", name="claim_list_name"),
    # Each segment of a reviewer's queue walks one of these.
    models.Index(
        fields=["due_at", "id"],
        condition=Q(status__in=WITH_REVIEWERS),
        name="claim_reviewers_due",
    ),
    models.Index(
        fields=["due_at", "id"],
        condition=Q(status__in=WITH_REVIEWERS, assigned_reviewer__isnull=True),
        name="claim_unassigned_due",
    ),
    models.Index(
        fields=["assigned_reviewer", "due_at", "id"],
        condition=Q(status__in=WITH_REVIEWERS),
        name="claim_reviewer_due",
    ),
    models.Index(
        fields=["due_at", "id"],
        condition=Q(status=Status.SUBMITTED, round__gt=1),
        name="claim_answered_due",
    ),
    models.Index(fields=["status", "-id"], name="claim_status_newest"),
    models.Index(fields=["area", "-id"], name="claim_area_newest"),
    models.Index(fields=["location", "-id"], name="claim_location_newest"),
    # The few claims whose customer could not be written to.
    models.Index(
        fields=["organization", "id"],
        condition=Q(consent_undelivered_at__isnull=False),
        name="claim_undelivered",
    ),
]
