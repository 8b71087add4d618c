"""What a reviewer works with: verdicts on the checklist, canned texts, pages of the proof."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models import Claim, ClaimLine, PoEDocument


class ChecklistVerdict(models.Model):
    """A reviewer's mark for one criterion of the checklist (4.2), on one line or the whole claim.

    ``page`` is the page of ``document`` on which it was found, counted from 1.
    """

    class Verdict(models.TextChoices):
        OK = "ok", _("found")
        MISSING = "missing", _("missing")
        NOT_NEEDED = "not_needed", _("not needed")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="verdicts", verbose_name=_("claim")
    )
    round = models.PositiveSmallIntegerField(_("round"))
    line = models.ForeignKey(
        ClaimLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="verdicts",
        verbose_name=_("line"),
    )
    criterion = models.CharField(_("criterion"), max_length=20)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    document = models.ForeignKey(
        PoEDocument,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="verdicts",
        verbose_name=_("found in"),
    )
    page = models.PositiveSmallIntegerField(_("page"), null=True, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("marked by")
    )
    marked_at = models.DateTimeField(_("marked"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        ordering = ["claim", "round", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "round", "line", "criterion"],
                condition=Q(line__isnull=False),
                name="verdict_once_per_line",
            ),
            models.UniqueConstraint(
                fields=["claim", "round", "criterion"],
                condition=Q(line__isnull=True),
                name="verdict_once_per_claim",
            ),
            models.CheckConstraint(
                name="verdict_page_has_document",
                condition=Q(page__isnull=True) | Q(document__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.verdict}"


class CannedText(models.Model):
    """A prepared text for a finding, a reason or a letter, in one language.

    A change makes a new ``version``; what was sent keeps the words it was sent with. Placeholders
    stand in braces, such as ``{product}``.
    """

    class Use(models.TextChoices):
        FINDING = "finding", _("finding")
        REJECTION = "rejection", _("rejection")
        APPROVAL = "approval", _("approval")
        COMMENT = "comment", _("comment")

    slug = models.SlugField(_("key"), max_length=40)
    use = models.CharField(_("for"), max_length=10, choices=Use)
    code = models.CharField(
        _("code"), max_length=15, blank=True, help_text=_("The finding's or the reason's code.")
    )
    locale = models.CharField(_("language"), max_length=12)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    title = models.CharField(_("title"), max_length=100)
    body = models.TextField(_("text"), max_length=3000)
    is_current = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("written"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("written by"),
    )

    class Meta:
        verbose_name = _("canned text")
        verbose_name_plural = _("canned texts")
        ordering = ["use", "code", "slug", "locale", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "locale", "version"], name="canned_text_once_per_version"
            ),
            models.UniqueConstraint(
                fields=["slug", "locale"],
                condition=Q(is_current=True),
                name="canned_text_one_in_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.locale}, {self.version})"


def page_name(page: ProofPage, filename: str) -> str:
    """Return a random name for the image of a page."""
    return f"pages/{page.rendering_id}/{secrets.token_hex(16)}"


class ProofRendering(models.Model):
    """The pages of a document as images, made apart from the web process, with limits."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        READY = "ready", _("ready")
        NOT_SHOWN = "not_shown", _("can't be shown; download it")
        FAILED = "failed", _("failed; download it")

    document = models.OneToOneField(
        PoEDocument, models.PROTECT, related_name="rendering", verbose_name=_("document")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    page_count = models.PositiveIntegerField(_("pages in the document"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("pages of a document")
        verbose_name_plural = _("pages of documents")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="pending"), name="rendering_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.get_state_display()}"


class ProofPage(models.Model):
    """One page as an image (PNG), with its text; ``number`` counts from 1, sizes are pixels."""

    rendering = models.ForeignKey(ProofRendering, models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField(_("page"))
    image = models.FileField(_("image"), upload_to=page_name, max_length=120)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    text = models.TextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["rendering", "number"]
        constraints = [
            models.UniqueConstraint(fields=["rendering", "number"], name="proof_page_once")
        ]

    def __str__(self) -> str:
        return f"{self.rendering_id}: {self.number}"
