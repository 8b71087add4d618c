from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Customer consent")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import kept, receivers  # noqa: F401, PLC0415

        kept.name_tables()
