"""The chain over the evidence and what was pseudonymised; to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .admin_bases import EvidenceAdmin
from .evidence.facts import printable
from .models import EvidenceSeal, Pseudonymisation


@admin.register(EvidenceSeal)
class EvidenceSealAdmin(EvidenceAdmin):
    """The newest link on top is the chain's head: the digest to keep somewhere else."""

    list_display = ("number", "sealed_at", "table", "row_count", "digest_in_groups")
    search_fields = ("=digest", "=number")
    fields = (
        "number",
        "sealed_at",
        "table",
        "after_key",
        "upto_key",
        "row_count",
        "digest_in_groups",
        "previous",
    )

    @admin.display(description=_("digest"), ordering="number")
    def digest_in_groups(self, seal: EvidenceSeal) -> str:
        return printable(seal.digest)


@admin.register(Pseudonymisation)
class PseudonymisationAdmin(EvidenceAdmin):
    list_display = ("at", "claim_number", "on_request", "reason", "by")
    list_filter = ("on_request",)
    list_select_related = ("by",)
    search_fields = ("=claim_number",)
