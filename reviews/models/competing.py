"""Cases in which several organisations claim the same key (section 5)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models import Claim, ClaimLine, ExclusivityHold, ProofRequest
from claims.states import Status
from cpor_site.common.spoken import date_words


class CompetingClaimsCase(models.Model):
    """One contested exclusivity key; every organisation that wants it is a party of one case.

    Whoever holds the key is asked for newer proof once a challenger's proof is found sufficient by
    itself (``asked_at``), until ``answers_due_at``. A closed case has either a ruling, or nobody
    was left to compare.
    """

    key = models.CharField(_("key"), max_length=120)
    opened_at = models.DateTimeField(_("opened"))
    asked_at = models.DateTimeField(_("present partner asked"), null=True, blank=True)
    answers_due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    arbiter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("arbiter"),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["version"])

    class Meta:
        verbose_name = _("competing claims case")
        verbose_name_plural = _("competing claims cases")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(closed_at__isnull=True),
                name="case_one_open_per_key",
            )
        ]

    def __str__(self) -> str:
        return gettext("Competing claims since %(day)s") % {
            "day": date_words(timezone.localtime(self.opened_at))
        }


class CompetingParty(models.Model):
    """One claim line in a case. A party leaves when its line is no longer in the running."""

    class Standing(models.TextChoices):
        INCUMBENT = "incumbent", _("present partner of record")
        CHALLENGER = "challenger", _("challenger")

    class Outcome(models.TextChoices):
        WON = "won", _("prevails")
        LOST = "lost", _("does not prevail")
        KEPT = "kept", _("stays partner of record")
        YIELDS = "yields", _("yields when the customer's time has passed")
        DISPLACED = "displaced", _("displaced")
        SPARED = "spared", _("stays, because the other claim fell away")

    case = models.ForeignKey(
        CompetingClaimsCase, models.PROTECT, related_name="parties", verbose_name=_("case")
    )
    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="competing_parties", verbose_name=_("claim")
    )
    line = models.ForeignKey(
        ClaimLine, models.PROTECT, related_name="competing_parties", verbose_name=_("line")
    )
    standing = models.CharField(_("standing"), max_length=10, choices=Standing)
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    sufficient_at = models.DateTimeField(_("proof found sufficient"), null=True, blank=True)
    sufficient_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("found sufficient by"),
    )
    sufficient_round = models.PositiveSmallIntegerField(
        _("round of that finding"), null=True, blank=True
    )
    proof_request = models.ForeignKey(
        ProofRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("request for newer proof"),
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    outcome_at = models.DateTimeField(_("outcome since"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["case", "joined_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "line"],
                condition=Q(left_at__isnull=True),
                name="party_once_per_case",
            ),
            models.CheckConstraint(
                name="party_sufficient_is_whole",
                condition=Q(sufficient_at__isnull=True, sufficient_round__isnull=True)
                | Q(sufficient_at__isnull=False, sufficient_round__isnull=False),
            ),
            models.CheckConstraint(
                name="party_outcome_has_moment",
                condition=Q(outcome="", outcome_at__isnull=True)
                | ~Q(outcome="") & Q(outcome_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim}, {self.get_standing_display()}"

    @property
    def is_ready(self) -> bool:
        """Whether a ruling may decide on this challenger; ``claim`` should be loaded.

        Its proof was found sufficient by itself in the claim's present round, and the claim is with
        the reviewers; an answer or a correction since then makes that finding void (5.3).
        """
        return (
            self.standing == self.Standing.CHALLENGER
            and self.left_at is None
            and self.sufficient_at is not None
            and self.sufficient_round == self.claim.round
            and self.claim.status in (Status.UNDER_REVIEW, Status.DISPUTED)
        )


class CompetingRuling(models.Model):
    """An arbiter's decision of a case, for all parties at once; written once.

    ``winner`` is empty if no challenger prevails. ``shared_reason`` is what every party may read,
    ``internal_reason`` what none may. ``displaces`` is the hold that the winner waits for, if there
    was a holder.
    """

    case = models.OneToOneField(
        CompetingClaimsCase, models.PROTECT, related_name="ruling", verbose_name=_("case")
    )
    arbiter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("arbiter")
    )
    winner = models.ForeignKey(
        CompetingParty,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rulings",
        verbose_name=_("prevails"),
    )
    displaces = models.ForeignKey(
        ExclusivityHold,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("displaces"),
    )
    grounds = models.JSONField(_("grounds"), default=list)
    shared_reason = models.TextField(_("reason for all parties"), max_length=3000)
    internal_reason = models.TextField(_("reason for the reviewers"), max_length=5000)
    ruled_at = models.DateTimeField(_("ruled"))

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        ordering = ["-ruled_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="ruling_is_reasoned",
                condition=~Q(grounds=[]) & ~Q(shared_reason="") & ~Q(internal_reason=""),
            )
        ]

    def __str__(self) -> str:
        return str(self.case)
