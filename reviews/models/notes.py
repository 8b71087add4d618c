"""What only reviewers read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import Claim


class InternalNote(models.Model):
    """A reviewer's note on a claim; no partner or customer ever sees it."""

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="internal_notes", verbose_name=_("claim")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author")
    )
    body = models.TextField(_("note"), max_length=5000)
    created_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(name="note_not_empty", condition=~Q(body=""))]

    def __str__(self) -> str:
        return self.body[:60]
