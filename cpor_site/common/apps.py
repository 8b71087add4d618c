from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "cpor_site.common"
    label = "common"
    verbose_name = _("Operation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings
        from django.core.checks import register

        from . import history
        from .evidence import own, triggers
        from .operator_calendar import check_operator_calendar

        history.connect()
        triggers.connect()
        own.name_tables()
        register(check_operator_calendar, deploy=True)
        if settings.CPOR_MAIL_PROVIDER:
            from .mail_providers import connect

            connect()
