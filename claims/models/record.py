"""The record: who is partner of record for what, and what happened to a claim."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cpor_site.common.spoken import spoken

from ..states import AssociationState, Reminder, Side
from .claim import Claim
from .line import ClaimLine


class ExclusivityHold(models.Model):
    """One organisation holds one exclusivity key (chapter 5.1, Q5).

    ``key`` is ``workload:<tenant GUID>:<product code>`` or ``subscription:<subscription GUID>``.
    One organisation may have several associations under one hold (several activities on one
    subscription); the database lets only one hold per key be unreleased. Who wins a case of
    competing claims against the holder gets a second, waiting hold: it ``waits_for`` the holder's
    and takes its place when the customer's window has passed unopposed (5.3).
    """

    key = models.CharField(_("key"), max_length=120)
    organization = models.ForeignKey(
        "claims.PartnerOrganization", models.PROTECT, related_name="holds"
    )
    taken_at = models.DateTimeField(_("taken"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    waits_for = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="waiting",
        verbose_name=_("waits for"),
    )

    class Meta:
        verbose_name = _("exclusivity hold")
        verbose_name_plural = _("exclusivity holds")
        ordering = ["-taken_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(released_at__isnull=True, waits_for__isnull=True),
                name="hold_one_holder_per_key",
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(released_at__isnull=True, waits_for__isnull=False),
                name="hold_one_waiting_per_key",
            ),
        ]

    def __str__(self) -> str:
        return gettext("held by %(partner)s") % {"partner": self.organization}


class Association(models.Model):
    """Partner of record for one line: provisional from approval, active when the window passed."""

    class EndReason(models.TextChoices):
        CUSTOMER_DECLINED = "customer_declined", _("the customer declined")
        CUSTOMER_WITHDREW = "customer_withdrew", _("the customer withdrew")
        PARTNER_ENDED = "partner_disassociated", _("the partner ended it")
        DISPLACED = "displaced", _("displaced by a competing claim")
        REPLACED = "replaced", _("replaced by the partner's own claim")
        SUBSCRIPTION_ENDED = "subscription_expired", _("the subscription ended")
        ADMINISTRATIVE = "administrative", _("administrative end")

    line = models.OneToOneField(
        ClaimLine, models.PROTECT, related_name="association", verbose_name=_("line")
    )
    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="associations", verbose_name=_("claim")
    )
    hold = models.ForeignKey(
        ExclusivityHold, models.PROTECT, related_name="associations", verbose_name=_("hold")
    )
    location = models.ForeignKey(
        "claims.PartnerLocation", models.PROTECT, related_name="associations"
    )
    tenant = models.ForeignKey("claims.CustomerTenant", models.PROTECT, related_name="associations")
    activity = models.ForeignKey("claims.Activity", models.PROTECT, related_name="associations")
    state = models.CharField(_("state"), max_length=12, choices=AssociationState)
    claimed_on = models.DateField(_("claimed on"))
    effective_from = models.DateTimeField(_("in force from"), null=True, blank=True)
    effective_to = models.DateTimeField(_("in force to"), null=True, blank=True)
    end_reason = models.CharField(
        _("reason of the end"), max_length=24, choices=EndReason, blank=True
    )

    class Meta:
        verbose_name = _("association")
        verbose_name_plural = _("associations")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["hold", "activity", "state"],
                condition=~Q(state=AssociationState.ENDED),
                name="association_once_per_key_and_activity",
            ),
            models.CheckConstraint(
                name="association_ended_has_reason",
                condition=Q(state=AssociationState.ENDED, effective_to__isnull=False)
                & ~Q(end_reason="")
                | Q(~Q(state=AssociationState.ENDED), effective_to__isnull=True, end_reason=""),
            ),
            models.CheckConstraint(
                name="association_active_has_start",
                condition=~Q(state=AssociationState.ACTIVE) | Q(effective_from__isnull=False),
            ),
            models.CheckConstraint(
                name="association_period_order",
                condition=Q(effective_to__isnull=True)
                | Q(effective_from__isnull=True)
                | Q(effective_to__gte=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_state_display()}"


class ClaimEvent(models.Model):
    """One thing that happened to a claim; written once, by the door or a service, never changed."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="events", verbose_name=_("claim"))
    kind = models.CharField(_("what"), max_length=40)
    at = models.DateTimeField(_("when"))
    side = models.CharField(_("side"), max_length=10, choices=Side)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(_("who"), max_length=200)
    from_status = models.CharField(_("from"), max_length=30, blank=True)
    to_status = models.CharField(_("to"), max_length=30, blank=True)
    nominal_due_at = models.DateTimeField(_("deadline met or missed"), null=True, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    internal = models.BooleanField(_("reviewers only"), default=False)
    request_id = models.CharField(_("request"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["claim", "at"], name="event_claim_at"),
            models.Index(
                fields=["at"],
                condition=Q(side=Side.REVIEWER, nominal_due_at__isnull=False),
                name="event_reviewers_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {spoken(self.kind)}"


class ClaimReminder(models.Model):
    """A reminder about a claim that has been written; the row sees to it that there is only one.

    ``occasion`` is what the reminder is about, so that the next deadline, subscription or proof is
    a new one: the deadline (ISO 8601), the subscription's ID with its end, the proof's date.
    """

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="reminders", verbose_name=_("claim")
    )
    kind = models.CharField(_("what"), max_length=24, choices=Reminder)
    occasion = models.CharField(_("occasion"), max_length=80)
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "kind", "occasion"], name="reminder_once_per_occasion"
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_kind_display()}"


class ClaimCounter(models.Model):
    """The last claim number given in a year."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("claim counter")
        verbose_name_plural = _("claim counters")

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"
