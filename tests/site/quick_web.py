"""The web server's settings, with so little patience that tests need not wait."""

from cpor_site import web_worker
from cpor_site.web_server import *  # noqa: F403

web_worker.SILENCE_SECONDS = 2
web_worker.HEAD_SECONDS = 2.0
web_worker.BODY_SECONDS = 2.0
web_worker.SLOWEST_LINE = 1024 * 1024
