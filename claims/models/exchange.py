"""What partner and reviewer say to each other about a claim."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..states import DeficiencyCode, Side
from .claim import Claim
from .line import ClaimLine


class Comment(models.Model):
    """A sentence in the claim's Comments section, the only channel of reviewers (section 1.4).

    Internal notes of reviewers are not comments; they are kept by ``reviews``.
    """

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="comments", verbose_name=_("claim")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    body = models.TextField(_("text"), max_length=5000)
    requires_response = models.BooleanField(_("answer needed"), default=False)
    round = models.PositiveSmallIntegerField(_("round"))
    created_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(name="comment_not_empty", condition=~Q(body="")),
            models.CheckConstraint(
                name="comment_person_has_author",
                condition=Q(side=Side.SYSTEM) | Q(author__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class ReviewFinding(models.Model):
    """A deficiency that the partner is asked to mend, with the lines it concerns (section 4.3)."""

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="findings", verbose_name=_("claim")
    )
    round = models.PositiveSmallIntegerField(_("round"))
    code = models.CharField(_("deficiency"), max_length=10, choices=DeficiencyCode)
    lines = models.ManyToManyField(
        ClaimLine, blank=True, related_name="findings", verbose_name=_("lines")
    )
    explanation = models.TextField(_("explanation"), max_length=2000, blank=True)
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("found by")
    )
    created_at = models.DateTimeField(_("written"))
    resolved_at = models.DateTimeField(_("settled"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["round", "pk"]
        constraints = [
            models.CheckConstraint(
                name="finding_other_is_explained",
                condition=~Q(code=DeficiencyCode.OTHER) | ~Q(explanation=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_code_display()}"


class ReviewDecision(models.Model):
    """The part of a reviewer's decision that the partner reads."""

    class Outcome(models.TextChoices):
        ACTION_REQUESTED = "action_requested", _("Partner asked")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="decisions", verbose_name=_("claim")
    )
    round = models.PositiveSmallIntegerField(_("round"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("reviewer"),
    )
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    reason_codes = models.JSONField(_("reasons"), default=list, blank=True)
    text = models.TextField(_("text to the partner"), max_length=5000, blank=True)
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "round"], name="decision_once_per_round"),
            models.CheckConstraint(
                name="decision_has_reason",
                condition=Q(outcome="approved") | ~Q(reason_codes=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_outcome_display()}"


class Dispute(models.Model):
    """A partner's objection to a rejection, and what became of it (section 6).

    ``answer_due_at`` is when the reviewers' answer is due, ``closes_at`` until when the whole
    dispute, questions included, may last.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected, final")
        UNANSWERED = "unanswered", _("Rejected, final: no answer")
        WITHDRAWN = "withdrawn", _("Withdrawn by the partner")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="disputes", verbose_name=_("claim")
    )
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    round = models.PositiveSmallIntegerField(_("round"))
    disputed_reasons = models.JSONField(_("reasons disputed"), default=list)
    justification = models.TextField(_("justification"), max_length=5000, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("disputed by")
    )
    opened_at = models.DateTimeField(_("disputed"))
    answer_due_at = models.DateTimeField(_("answer due"))
    closes_at = models.DateTimeField(_("lasts at most until"))
    asked_at = models.DateTimeField(_("partner asked"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["claim", "number"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "number"], name="dispute_once_per_number"),
            models.CheckConstraint(
                name="dispute_outcome_has_moment",
                condition=Q(outcome="", decided_at__isnull=True)
                | ~Q(outcome="") & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim} ({self.number})"


class ClockHold(models.Model):
    """A lead reviewer's order that the sweeps leave one claim alone for the time being.

    The deadline itself stays as it is; what the sweep would have done waits until it is lifted.
    """

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="clock_holds", verbose_name=_("claim")
    )
    reason = models.CharField(_("reason"), max_length=300)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("placed by")
    )
    placed_at = models.DateTimeField(_("placed"))
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold of the clock")
        verbose_name_plural = _("holds of the clock")
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(lifted_at__isnull=True), name="clock_hold_one_open"
            ),
            models.CheckConstraint(name="clock_hold_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.reason}"


class ProofRequest(models.Model):
    """A neutral request to a partner of record for its newest proof, while others claim the same.

    It names the partner's own lines and a day, and nothing of anybody else (5.3, Q22).
    ``closed_at`` is when the matter was settled, whether it was answered or not.
    """

    class Answer(models.TextChoices):
        PROOF = "proof", _("new proof was added")
        NOTHING = "nothing", _("nothing to add")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="proof_requests", verbose_name=_("claim")
    )
    lines = models.ManyToManyField(
        ClaimLine, related_name="proof_requests", verbose_name=_("lines")
    )
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("answer due"))
    answer = models.CharField(_("answer"), max_length=8, choices=Answer, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    closed_at = models.DateTimeField(_("settled"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("request for newer proof")
        verbose_name_plural = _("requests for newer proof")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="proof_request_answer_has_moment",
                condition=Q(answer="", answered_at__isnull=True)
                | ~Q(answer="") & Q(answered_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim} ({self.asked_at:%Y-%m-%d})"


class ConsentRenewal(models.Model):
    """A partner's wish that the customer who refused be asked once more, and the answer (Q8)."""

    class Outcome(models.TextChoices):
        GRANTED = "granted", _("the customer is asked again")
        REFUSED = "refused", _("the customer is not asked again")

    claim = models.OneToOneField(
        Claim, models.PROTECT, related_name="consent_renewal", verbose_name=_("claim")
    )
    reason = models.TextField(_("reason"), max_length=2000)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True)
    text = models.TextField(_("text to the partner"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("request to ask the customer anew")
        verbose_name_plural = _("requests to ask the customer anew")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="consent_renewal_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="consent_renewal_outcome_has_moment",
                condition=Q(outcome="", decided_at__isnull=True)
                | ~Q(outcome="") & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.claim)
