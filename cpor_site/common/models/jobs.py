"""One row for each run of a job."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..spoken import moment_words, spoken


class JobRun(models.Model):
    """What one run of a sweep looked at and did.

    ``examined`` is the number of rows that were due; every one of them ends up in exactly one of
    ``acted``, ``skipped`` (no longer due once locked), ``refused`` (a rule said no) or ``failed``.
    """

    job = models.CharField(_("job"), max_length=80)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    dry_run = models.BooleanField(_("dry run"), default=False)
    examined = models.PositiveIntegerField(_("examined"), default=0)
    acted = models.PositiveIntegerField(_("acted"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    problems = models.JSONField(_("problems"), default=list, blank=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["job", "-started_at"], name="jobrun_job_started")]
        constraints = [
            models.CheckConstraint(
                name="jobrun_adds_up",
                condition=models.Q(finished_at__isnull=True)
                | models.Q(
                    examined=models.F("acted")
                    + models.F("skipped")
                    + models.F("refused")
                    + models.F("failed")
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{spoken(self.job)}, {moment_words(self.started_at)}"
