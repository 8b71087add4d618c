"""What a person keeps at the desk: saved filters, uploads of drafts, a calendar's address."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """A view of the list of claims that a person has named; ``query`` is its query string."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filter"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="saved_filter_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class DraftUpload(models.Model):
    """A file of draft claims: which rows became drafts, and what was wrong with the others.

    ``problems`` is a list of objects with ``row`` (the file's line, from 2), ``column``, ``code``,
    ``message`` and ``value``; ``refused_rows`` holds the rows that became no draft, as a list of
    lists under ``header``, to be mended and uploaded again.
    """

    organization = models.ForeignKey(
        "claims.PartnerOrganization",
        models.PROTECT,
        related_name="draft_uploads",
        verbose_name=_("partner"),
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="draft_uploads",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    file_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    row_count = models.PositiveIntegerField(_("rows"))
    draft_count = models.PositiveIntegerField(_("drafts"))
    problems = models.JSONField(_("problems"), default=list, blank=True)
    header = models.JSONField(_("columns"), default=list, blank=True)
    refused_rows = models.JSONField(_("rows refused"), default=list, blank=True)

    class Meta:
        verbose_name = _("upload of drafts")
        verbose_name_plural = _("uploads of drafts")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="upload_no_more_drafts_than_rows", condition=Q(draft_count__lte=F("row_count"))
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-uploaded_at"], name="upload_by_organization")
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.uploaded_at:%Y-%m-%d %H:%M})"


class CalendarFeed(models.Model):
    """The secret address under which a person's calendar reads the coming deadlines.

    Only the SHA-256 of the address's token is kept.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds"
    )
    token_hash = models.CharField(_("hash of the token"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("made"))
    last_read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(revoked_at__isnull=True),
                name="calendar_feed_one_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.created_at:%Y-%m-%d}"
