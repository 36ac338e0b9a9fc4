"""The suite as `tandem run` starts it, on a directory and at a port of its own."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import requests

from tests import cluster
from tests.eventually import eventually
from tests.service.served import Api

PASSWORD = "correct horse battery"
PATIENCE = 120.0
"""Seconds in which a loaded machine does anything at all."""


class Suite:
    """One directory, and the process that runs on it now; the port stays when it is restarted."""

    def __init__(self):
        self.var = cluster.fresh_directory()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process = None

    def start(self):
        """Return when it answers."""
        plain = {name: text for name, text in os.environ.items() if not name.startswith("TANDEM_")}
        settings = {
            "TANDEM_VAR": str(self.var),
            "TANDEM_PORT": str(self._port),
            "TANDEM_ADMIN_PASSWORD": PASSWORD,
        }
        with (self.var / "suite.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tandem.cli", "run"],
                cwd=Path(__file__).parents[2],
                env=plain | settings,
                stdout=log,
                stderr=log,
            )
        eventually(self._ready, within=PATIENCE)

    def _ready(self):
        assert self._process.poll() is None, (self.var / "suite.log").read_text()[-2000:]
        try:
            return requests.get(f"{self.url}/readyz", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False

    def kill(self):
        """At once, whatever it is doing."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE)

    def stop(self):
        self._process.terminate()
        assert self._process.wait(PATIENCE) == 0

    def sign_in(self, username):
        """The suite as this person meets it, through the gateway."""
        return self.with_token(self.token(username))

    def token(self, username):
        """An access token, good for ten minutes."""
        credentials = {"username": username, "password": PASSWORD}
        return self.with_token(None)("POST", "/auth/token", credentials)["access_token"]

    def with_token(self, token):
        """Another connection of the person whose token it is."""
        return Api(f"{self.url}/api/v1", token)

    def mails(self, subject):
        """Texts of the mails with this subject that left the house."""
        texts = [file.read_text() for file in (self.var / "outbox").glob("*.eml")]
        return [text for text in texts if f"\nSubject: {subject}\n" in f"\n{text}"]
