"""The claim and the machine of its life (section 1.4)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import GET_STATE, FSMField, transition
from simple_history.models import HistoricalRecords

from ..states import (
    UNDECIDED_STATUSES,
    AssociationState,
    DeadlineKind,
    RejectionReason,
    Status,
)
from .claim_conditions import (
    after_answer,
    after_operator,
    in_consent_window,
    is_open_to_disputes,
    is_past_window,
    was_declined,
    was_split_off,
)
from .claim_rows import CONSTRAINTS, INDEXES
from .querysets import ClaimQuerySet


class Claim(models.Model):
    """A partner's claim to be partner of record for products at one customer.

    ``status`` and ``association_state`` are changed by ``claims.door`` and by nothing else. The
    transition methods below change the object only: they neither save nor query, and the moment
    of the act is passed in.
    """

    number = models.CharField(_("claim number"), max_length=20, unique=True, editable=False)
    name = models.CharField(_("name of the claim"), max_length=120, blank=True)
    organization = models.ForeignKey(
        "claims.PartnerOrganization",
        models.PROTECT,
        related_name="claims",
        verbose_name=_("partner"),
        editable=False,
    )
    location = models.ForeignKey(
        "claims.PartnerLocation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("partner ID"),
    )
    tenant = models.ForeignKey(
        "claims.CustomerTenant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("customer"),
    )
    tenant_id_as_typed = models.CharField(_("tenant ID as typed"), max_length=100, blank=True)
    domain_as_typed = models.CharField(_("domain as typed"), max_length=253, blank=True)
    area = models.ForeignKey(
        "claims.SolutionArea",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("solution area"),
    )
    activities = models.ManyToManyField(
        "claims.Activity", blank=True, related_name="claims", verbose_name=_("activities")
    )
    rule_profile = models.ForeignKey(
        "claims.RuleProfile", models.PROTECT, related_name="claims", verbose_name=_("rule profile")
    )
    replaces = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("replaces the claim"),
    )
    copied_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
        verbose_name=_("copied from the claim"),
        editable=False,
    )
    split_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="split_claims",
        verbose_name=_("split off the claim"),
        editable=False,
    )
    is_renewal = models.BooleanField(_("renewal"), default=False, editable=False)
    uploaded_with = models.ForeignKey(
        "claims.DraftUpload",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("uploaded with"),
        editable=False,
    )
    last_section = models.CharField(
        _("section edited last"), max_length=20, blank=True, editable=False
    )

    solution_seller_name = models.CharField(
        _("Dynamics solution seller"), max_length=150, blank=True
    )
    revenue_customer_name = models.CharField(_("customer's name"), max_length=150, blank=True)
    isv_product_name = models.CharField(_("ISV product or solution"), max_length=150, blank=True)
    transaction_on = models.DateField(_("date of the purchase"), null=True, blank=True)
    opt_out_of_incentive = models.BooleanField(_("without payment"), default=False)
    public_sector_disclosure_confirmed = models.BooleanField(
        _("the signed public-sector disclosure is included"), default=False
    )
    confirmed_warnings = models.JSONField(_("confirmed warnings"), default=dict, blank=True)
    acknowledged_at = models.DateTimeField(_("statements confirmed"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_wording = models.CharField(_("wording confirmed"), max_length=20, blank=True)
    migrated = models.BooleanField(_("migrated"), default=False)
    legacy_reference = models.CharField(_("earlier reference"), max_length=60, blank=True)

    status = FSMField(
        _("status"), default=Status.EDITING, choices=Status, protected=True, editable=False
    )
    association_state = FSMField(
        _("association"),
        default=AssociationState.NONE,
        choices=AssociationState,
        protected=True,
        editable=False,
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    round = models.PositiveSmallIntegerField(_("round"), default=0, editable=False)

    created_at = models.DateTimeField(_("created"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    changed_at = models.DateTimeField(_("last change"), editable=False)
    first_submitted_at = models.DateTimeField(_("first submitted"), null=True, editable=False)
    last_submitted_at = models.DateTimeField(_("last submitted"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    review_started_at = models.DateTimeField(_("review started"), null=True, editable=False)
    assigned_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="assigned_claims",
        verbose_name=_("reviewer"),
        editable=False,
    )
    action_requested_at = models.DateTimeField(_("sent back"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    rejection_reasons = models.JSONField(
        _("reasons of the rejection"), default=list, blank=True, editable=False
    )
    disputed_at = models.DateTimeField(_("disputed"), null=True, editable=False)
    deadline_kind = models.CharField(
        _("what runs"), max_length=20, choices=DeadlineKind, blank=True, editable=False
    )
    due_at = models.DateTimeField(_("due"), null=True, editable=False)
    paused_at = models.DateTimeField(_("clock paused"), null=True, editable=False)
    business_days_left = models.PositiveSmallIntegerField(
        _("business days left when paused"), null=True, editable=False
    )
    consent_sent_at = models.DateTimeField(_("consent window opened"), null=True, editable=False)
    consent_closes_at = models.DateTimeField(_("consent window ends"), null=True, editable=False)
    consent_undelivered_at = models.DateTimeField(
        _("consent not delivered"), null=True, editable=False
    )
    activated_at = models.DateTimeField(_("association active"), null=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    ended_reason = models.CharField(_("reason of the end"), max_length=200, blank=True)

    objects = ClaimQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["version", "changed_at", "last_section"], m2m_fields=[activities]
    )

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["-pk"]
        permissions = [
            ("review_claim", _("Can take up, ask about, approve and reject claims")),
            ("lead_review", _("Can rule on hard cases and reassign")),
        ]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return self.number

    @property
    def is_undecided(self) -> bool:
        """Whether the claim is with the reviewer or the partner and waits for a decision."""
        return self.status in UNDECIDED_STATUSES

    @property
    def awaits_contact(self) -> bool:
        """Whether the customer could not be written to and the partner has to name somebody."""
        return (
            self.association_state == AssociationState.PROVISIONAL
            and self.consent_undelivered_at is not None
        )

    @property
    def holds_lines(self) -> bool:
        """Whether the claim's approved lines stand, in the consent window or after it."""
        return self.status == Status.APPROVED

    # -- transitions; called by claims.door alone ------------------------------------------------

    @transition(field=status, source=Status.EDITING, target=Status.SUBMITTED)
    def submit(self, *, now: Any, by: Any) -> None:
        """T2."""
        self.first_submitted_at = self.first_submitted_at or now
        self._handed_in(now, by)

    @transition(field=status, source=Status.SUBMITTED, target=Status.UNDER_REVIEW)
    def take_up(self, *, now: Any, by: Any) -> None:
        """T3."""
        self.assigned_reviewer = by
        self.review_started_at = now

    @transition(field=status, source=Status.SUBMITTED, target=Status.EDITING)
    def recall(self, *, now: Any, by: Any) -> None:
        """T4."""

    @transition(
        field=status,
        source=[Status.UNDER_REVIEW, Status.DISPUTED],
        target=Status.PARTNER_ACTION_REQUIRED,
    )
    def request_action(self, *, now: Any, by: Any) -> None:
        """T5; T17 in a dispute, whose reviewer then keeps it."""
        self.action_requested_at = now
        self._held_by(by)

    @transition(
        field=status,
        source=Status.PARTNER_ACTION_REQUIRED,
        target=GET_STATE(after_answer, states=[Status.SUBMITTED, Status.DISPUTED]),
    )
    def resubmit(self, *, now: Any, by: Any) -> None:
        """T6: back to Submitted or Disputed, still with the same reviewer (Q11)."""
        self._handed_in(now, by)

    @transition(field=status, source=Status.PARTNER_ACTION_REQUIRED, target=Status.REJECTED)
    def reject_unanswered(self, *, now: Any, by: Any) -> None:
        """T7."""
        self._rejected(now, [RejectionReason.NO_RESPONSE])

    @transition(field=status, source=[Status.UNDER_REVIEW, Status.DISPUTED], target=Status.APPROVED)
    def approve(self, *, now: Any, by: Any) -> None:
        """T8; T16 in a dispute."""
        self._held_by(by)
        self.decided_at = now
        self._approved()

    @transition(
        field=status, source=Status.REJECTED, target=Status.APPROVED, conditions=[was_declined]
    )
    def renew_consent(self, *, now: Any, by: Any) -> None:
        """Q8: the operator agrees to ask the customer once more; the decision itself stands."""
        self._approved()

    @transition(field=status, source=[Status.UNDER_REVIEW, Status.DISPUTED], target=Status.REJECTED)
    def reject(self, *, now: Any, by: Any, reasons: list[str]) -> None:
        """T9; T18 in a dispute, which is final."""
        self._held_by(by)
        self._rejected(now, reasons)

    @transition(
        field=status, source=Status.APPROVED, target=Status.REJECTED, conditions=[in_consent_window]
    )
    def decline(self, *, now: Any, by: Any) -> None:
        """T10."""
        self._unbind()
        self._rejected(now, [RejectionReason.CUSTOMER])

    @transition(
        field=status, source=Status.APPROVED, target=Status.APPROVED, conditions=[in_consent_window]
    )
    def close_window(self, *, now: Any, by: Any) -> None:
        """T11."""
        self._activate()
        self.activated_at = now

    @transition(
        field=status, source=Status.APPROVED, target=Status.ENDED, conditions=[is_past_window]
    )
    def withdraw_consent(self, *, now: Any, by: Any) -> None:
        """T12."""
        self.ended_at = now
        self._end()

    @transition(
        field=status,
        source=[Status.SUBMITTED, Status.UNDER_REVIEW, Status.PARTNER_ACTION_REQUIRED],
        target=Status.REJECTED,
    )
    def withdraw(self, *, now: Any, by: Any) -> None:
        """T14."""
        self._rejected(now, [RejectionReason.PARTNER])

    @transition(
        field=status,
        source=[Status.REJECTED, Status.ENDED],
        target=Status.DISPUTED,
        conditions=[is_open_to_disputes],
    )
    def dispute(self, *, now: Any, by: Any) -> None:
        """T15: anew before the reviewers, without the one who decided; T21 can be disputed too."""
        self.disputed_at = now
        self.assigned_reviewer = None
        self.round += 1
        if self.association_state == AssociationState.ENDED:
            self._reopen()
            self.ended_at = None
            self.ended_reason = ""

    @transition(
        field=status, source=Status.EDITING, target=Status.UNDER_REVIEW, conditions=[was_split_off]
    )
    def split_off(self, *, now: Any, by: Any, origin: Any) -> None:
        """5.6: lines split off a claim are where that claim is, with its dates and reviewer."""
        self.first_submitted_at = origin.first_submitted_at
        self.last_submitted_at = origin.last_submitted_at
        self.submitted_by = origin.submitted_by
        self.assigned_reviewer = origin.assigned_reviewer or by
        self.review_started_at = origin.review_started_at or now
        self.round = 1

    @transition(
        field=status,
        source=[
            Status.SUBMITTED,
            Status.UNDER_REVIEW,
            Status.PARTNER_ACTION_REQUIRED,
            Status.DISPUTED,
            Status.APPROVED,
        ],
        target=GET_STATE(after_operator, states=[Status.REJECTED, Status.ENDED]),
    )
    def close_by_operator(self, *, now: Any, by: Any) -> None:
        """T23, by two people."""
        if self.status == Status.APPROVED:
            self.ended_at = now
            self._end()
        else:
            self._rejected(now, [RejectionReason.OPERATOR])

    @transition(field=status, source=Status.APPROVED, target=Status.ENDED)
    def end_association(self, *, now: Any, by: Any) -> None:
        """T13."""
        self.ended_at = now
        self._end()

    @transition(field=status, source=Status.APPROVED, target=Status.ENDED)
    def displace(self, *, now: Any, by: Any) -> None:
        """T21, and the end of a claim that its partner's own newer claim replaces (5.1)."""
        self.ended_at = now
        self._end()

    @transition(field=status, source=Status.APPROVED, target=Status.ENDED)
    def expire(self, *, now: Any, by: Any) -> None:
        """T22, when the subscription of the last line has ended."""
        self.ended_at = now
        self._end()

    @transition(field=status, source=Status.EDITING, target=Status.CANCELLED)
    def discard(self, *, now: Any, by: Any) -> None:
        """T20."""
        self.ended_at = now

    @transition(
        field=association_state, source=AssociationState.NONE, target=AssociationState.PROVISIONAL
    )
    def _bind(self) -> None:
        """Second level of T8."""

    @transition(
        field=association_state, source=AssociationState.PROVISIONAL, target=AssociationState.NONE
    )
    def _unbind(self) -> None:
        """Second level of T10."""

    @transition(
        field=association_state, source=AssociationState.PROVISIONAL, target=AssociationState.ACTIVE
    )
    def _activate(self) -> None:
        """Second level of T11."""

    @transition(
        field=association_state,
        source=[AssociationState.PROVISIONAL, AssociationState.ACTIVE],
        target=AssociationState.ENDED,
    )
    def _end(self) -> None:
        """Second level of T12, T13, T21, T22 and T23."""

    @transition(
        field=association_state, source=AssociationState.ENDED, target=AssociationState.NONE
    )
    def _reopen(self) -> None:
        """Second level of T15 after T21."""

    def _approved(self) -> None:
        """Open a consent window of its own, whatever an earlier one has left on the claim."""
        self.rejection_reasons = []
        self.consent_sent_at = self.consent_closes_at = None
        self.consent_undelivered_at = self.activated_at = None
        self._bind()

    def _held_by(self, reviewer: Any) -> None:
        """Keep the claim's reviewer; a dispute, which nobody takes up, gets one when one acts."""
        if self.assigned_reviewer_id is None:
            self.assigned_reviewer = reviewer

    def _handed_in(self, now: Any, by: Any) -> None:
        self.last_submitted_at = now
        self.submitted_by = by
        self.round += 1

    def _rejected(self, now: Any, reasons: list[Any]) -> None:
        self.decided_at = now
        self.rejection_reasons = [str(reason) for reason in reasons]
