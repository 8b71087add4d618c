"""Makes the desk's own admin site the one every app registers with."""

from django.contrib.admin.apps import AdminConfig


class CporAdminConfig(AdminConfig):
    default_site = "cpor_site.admin.CporAdminSite"
