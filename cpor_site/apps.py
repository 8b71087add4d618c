from django.apps import AppConfig
from django.core.checks import register


class CporSiteConfig(AppConfig):
    """The site itself: commands that start it and the pages only the demo has."""

    name = "cpor_site"
    label = "cpor_site"

    def ready(self) -> None:
        from cpor_site.common.operator_calendar import check_operator_calendar

        register(check_operator_calendar, deploy=True)
