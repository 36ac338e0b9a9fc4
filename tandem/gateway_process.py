"""The gateway as a process of its own: Flask under gunicorn, one worker with many threads.

More of them are more copies of this process, which share the port (SO_REUSEPORT): each has its
own metrics, and one that is killed takes no other's requests along.
"""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from crmkit import logs
from crmkit.config import Settings
from gateway.app import create_app

_THREADS = 32
_CAPACITY = 24
"""Requests waiting for one service; the threads left over answer for the others when it hangs."""


class GatewayProcess(BaseApplication):  # type: ignore[misc]
    """`run()` serves until SIGTERM or Ctrl-C, lets requests under way finish, and exits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__(prog="tandem gateway")

    def load_config(self) -> None:
        """Give gunicorn its settings (its documentation, "Settings")."""
        settings: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "reuse_port": True,
            "worker_class": "gthread",
            "workers": 1,
            "threads": _THREADS,
            "keepalive": 75,
            "timeout": 60,
            "graceful_timeout": 10,
            "logconfig_dict": logs.stdlib_config("gateway"),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application, in the worker."""
        logs.configure("gateway")
        return create_app(self._settings.service_urls, capacity=_CAPACITY)
