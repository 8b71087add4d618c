from django.apps import AppConfig


class CporSiteConfig(AppConfig):
    """The site itself: commands that start it and the pages only the demo has."""

    name = "cpor_site"
    label = "cpor_site"
