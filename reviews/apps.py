from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = _("Reviews")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import kept, proof_receivers, receivers  # noqa: F401, PLC0415

        kept.name_tables()

        post_migrate.connect(_sync_roles, sender=self, dispatch_uid="reviews.sync_roles")


def _sync_roles(**kwargs: Any) -> None:
    from .roles import sync_roles  # noqa: PLC0415

    sync_roles()
