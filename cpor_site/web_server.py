"""Gunicorn's settings: `gunicorn -c python:cpor_site.web_server cpor_site.wsgi`."""

from cpor_site.env import load

_env = load()

bind = f"127.0.0.1:{_env.web_port}" if _env.is_demo else f"0.0.0.0:{_env.web_port}"  # noqa: S104
worker_class = "gthread"
workers = 1 if _env.is_demo else _env.web_workers
threads = _env.web_threads
timeout = 60
graceful_timeout = 5 if _env.is_demo else 30
loglevel = "warning" if _env.is_demo else _env.log_level.lower()
accesslog = None if _env.is_demo else "-"
errorlog = "-"
control_socket_disable = True
