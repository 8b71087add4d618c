from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "cpor_site.common"
    label = "common"
    verbose_name = _("Operation")
    default_auto_field = "django.db.models.BigAutoField"
