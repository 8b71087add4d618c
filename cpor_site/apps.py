from django.apps import AppConfig
from django.core.checks import register


class CporSiteConfig(AppConfig):
    """The site itself: accounts, commands that start it and the pages only the demo has."""

    name = "cpor_site"
    label = "cpor_site"

    def ready(self) -> None:
        from cpor_site.account import letters, receivers, registry
        from cpor_site.common import outbox
        from cpor_site.common.operator_calendar import check_operator_calendar

        register(check_operator_calendar, deploy=True)
        outbox.register_filler(letters.ABOUT, letters.link_for)
        receivers.connect()
        registry.hide()
