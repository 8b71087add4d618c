"""Closing days that the operator adds to weekends and public holidays."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class NonWorkingDay(models.Model):
    """A day on which the program operator does not work (section 2.3, Q3)."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("own closing day")
        verbose_name_plural = _("own closing days")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
