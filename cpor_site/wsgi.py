"""The WSGI application that a web server calls."""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpor_site.settings")


class DeskRequest(WSGIRequest):
    """A request whose headers may be broken in ways at which Django would fail with an error."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (ValueError, TypeError):
            self.content_type, self.content_params = "", {}

    def _load_post_and_files(self) -> None:
        try:
            super()._load_post_and_files()
        except TypeError as error:
            self._mark_post_parse_error()  # type: ignore[attr-defined]
            raise BadRequest("A part of the form has a header that can't be read.") from error


class DeskHandler(WSGIHandler):
    request_class = DeskRequest


django.setup(set_prefix=False)
application = DeskHandler()
