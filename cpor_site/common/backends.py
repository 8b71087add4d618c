"""Who may sign in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class DeskBackend(ModelBackend):
    """Django's backend, except that demo accounts open nothing outside the demo.

    That holds for running sessions as well: each request asks again.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        if user is not None and user.is_demo and settings.CPOR_MODE != "demo":
            return False
        return super().user_can_authenticate(user)
