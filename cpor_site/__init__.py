"""The site: settings, addresses, the worker and what starts them. No app imports from here."""

from cpor_site.celery import app as celery_app

__all__ = ["celery_app"]
