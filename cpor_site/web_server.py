"""Gunicorn's settings: `gunicorn -c python:cpor_site.web_server cpor_site.wsgi`."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from cpor_site.common.logs import LinklessFormatter
from cpor_site.env import load
from cpor_site.warm_up import warm_up
from cpor_site.web_worker import cut_silence


class LinklessLogger(Logger):
    """Gunicorn's own logs, which name the address of every request, without secret links."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            plain = handler.formatter
            handler.setFormatter(
                LinklessFormatter(getattr(plain, "_fmt", None), getattr(plain, "datefmt", None))
            )


_env = load()

bind = f"127.0.0.1:{_env.web_port}" if _env.is_demo else f"0.0.0.0:{_env.web_port}"  # noqa: S104
worker_class = "cpor_site.web_worker.DeskWorker"
workers = _env.web_processes
threads = _env.web_threads
timeout = 60
graceful_timeout = 5 if _env.is_demo else 30
loglevel = "warning" if _env.is_demo else _env.log_level.lower()
accesslog = None if _env.is_demo else "-"
errorlog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms %({x-request-id}o)s'
logger_class = LinklessLogger
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Called by Gunicorn in each of its processes when the application is loaded."""
    cut_silence(worker)
    warm_up()
