"""Entry point of a WSGI server: `gunicorn -c python:gateway.gunicorn_conf gateway.wsgi:app`."""

import os
import socket

from chassis import clock, logs, settings
from gateway.app import create_app
from gateway.settings import Settings

_settings = settings.load(Settings)
logs.configure(_settings.log_level, "gateway")
if _settings.sandbox_clock_url:
    clock.follow(_settings.sandbox_clock_url, f"gateway-{socket.gethostname()}-{os.getpid()}")
app = create_app(_settings)
