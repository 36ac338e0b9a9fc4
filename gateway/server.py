"""How gunicorn runs the gateway: threads that wait for services, workers that share the cores.

TANDEM_HOST and TANDEM_PORT say where, TANDEM_GATEWAY_WORKERS (2) and TANDEM_GATEWAY_THREADS (128
in each) how many. The module-level names are gunicorn's settings and hooks.
"""

import os
import shutil
import tempfile
from typing import Any

from crmkit import logs
from crmkit.config import Settings

# Must be in the environment before prometheus_client is imported, so this module does not.
MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {text!r}")
    return int(text)


_settings = Settings.from_env()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _number("TANDEM_GATEWAY_WORKERS", 2)
threads = _number("TANDEM_GATEWAY_THREADS", 128)
keepalive = 75
limit_request_line = 8190  # the most there is; the gateway itself refuses over 8,000
timeout = 60
graceful_timeout = 25
logconfig_dict = logs.stdlib_config("gateway") | {
    "loggers": {name: {"propagate": True} for name in ("gunicorn.error", "gunicorn.access")}
}

capacity = max(1, threads * 3 // 4)
"""How many of a worker's threads one service may hold: one that hangs must leave some free."""


def on_starting(_: Any) -> None:
    """Give the workers a folder to add up their metrics in (before any of them is forked)."""
    os.environ[MULTIPROCESS_DIR] = tempfile.mkdtemp(prefix="tandem-gateway-metrics-")


def on_exit(_: Any) -> None:
    """Remove the folder."""
    shutil.rmtree(os.environ[MULTIPROCESS_DIR], ignore_errors=True)
