"""The web server's settings with a certificate: ``gunicorn -c python:tests.scan.web``.

What production's proxy does is done here by the server: cookies that are for https only reach it.
"""

from cpor_site.env import load
from cpor_site.web_server import *  # noqa: F403

bind = f"127.0.0.1:{load().web_port}"
certfile = str(load().var_dir / "certificate.pem")
keyfile = str(load().var_dir / "key.pem")
