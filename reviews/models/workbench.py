"""Who works on what: leases of cases, what somebody has seen of them, acts on many at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claims.models import Claim


class CaseLease(models.Model):
    """A reviewer's hold on a case for a while; it never moves anybody's deadline.

    A lease that has run out (``expires_at``) holds nobody off any more; it ends with ``ended_at``
    when it is given back, taken over, replaced, or the case moves on.
    """

    class End(models.TextChoices):
        RELEASED = "released", _("given back")
        TAKEN_OVER = "taken_over", _("taken over by a lead")
        REASSIGNED = "reassigned", _("given to somebody else")
        EXPIRED = "expired", _("run out")
        MOVED_ON = "moved_on", _("the case moved on")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="leases", verbose_name=_("claim"))
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="leases", verbose_name=_("held by")
    )
    taken_at = models.DateTimeField(_("taken"))
    expires_at = models.DateTimeField(_("runs out"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end = models.CharField(_("how it ended"), max_length=12, choices=End, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")
        ordering = ["-taken_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(ended_at__isnull=True), name="lease_one_per_claim"
            ),
            models.CheckConstraint(
                name="lease_runs_forward", condition=Q(expires_at__gt=F("taken_at"))
            ),
            models.CheckConstraint(
                name="lease_end_has_moment",
                condition=Q(ended_at__isnull=True, end="") | Q(ended_at__isnull=False) & ~Q(end=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["holder", "expires_at"],
                condition=Q(ended_at__isnull=True),
                name="lease_of_holder",
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.holder}"


class SeenMark(models.Model):
    """What a reviewer last saw of a case, to tell them what changed since.

    ``fields`` and ``documents`` each hold the state of the present visit under ``now`` and the one
    before it under ``before``: fields by name with the words shown, documents by key with their
    SHA-256 and whether they were withdrawn.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="seen_marks")
    claim = models.ForeignKey(Claim, models.CASCADE, related_name="seen_marks")
    seen_at = models.DateTimeField(_("seen"))
    version = models.PositiveIntegerField(_("version seen"))
    fields = models.JSONField(_("fields seen"), default=dict)
    documents = models.JSONField(_("documents seen"), default=dict)

    class Meta:
        verbose_name = _("mark of what was seen")
        verbose_name_plural = _("marks of what was seen")
        ordering = ["-seen_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "claim"], name="seen_mark_once_per_claim")
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.user}"


class BulkAct(models.Model):
    """One act on many claims; its results stand beside it, one for each claim."""

    class Kind(models.TextChoices):
        ASSIGN = "assign", _("assigned")
        RELEASE = "release", _("given back")
        EXPORT = "export", _("exported")

    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bulk_acts", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"))
    target = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("to"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("act on many claims")
        verbose_name_plural = _("acts on many claims")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.by}"


class BulkResult(models.Model):
    """What became of one claim in an act on many; ``refusal`` is the code of what stood against."""

    act = models.ForeignKey(BulkAct, models.PROTECT, related_name="results")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="bulk_results")
    done = models.BooleanField(_("done"))
    refusal = models.CharField(_("refused with"), max_length=10, blank=True)
    message = models.CharField(_("why not"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ["act", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["act", "claim"], name="bulk_result_once_per_claim"),
            models.CheckConstraint(
                name="bulk_result_refusal_has_words",
                condition=Q(done=True) | ~Q(message=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.claim)
