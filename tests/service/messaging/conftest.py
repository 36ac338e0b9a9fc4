"""Messaging served on HTTP, its worker run by hand, and servers that take its mail."""

import socket
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from crmkit.config import Settings
from services.messaging.sending import send_due
from tests.service.served import BEN, Served, serving


@pytest.fixture(scope="session")
def served():
    with serving("messaging") as service:
        yield service


@pytest.fixture
def messaging(served):
    """The service with nothing in its queue."""
    served.sql("UPDATE email SET status = 'failed' WHERE status = 'queued'")
    return served


@pytest.fixture
def ben(messaging):
    return messaging.as_(BEN)


def work(messaging: Served, smtp_url: str) -> None:
    """What the timer does once a second."""
    send_due(messaging.database, Settings.from_env({"TANDEM_SMTP_URL": smtp_url}))


def hurry(messaging: Served, email: dict) -> None:
    """Let the wait before the next try be over."""
    messaging.sql("UPDATE email SET next_attempt_at = now() WHERE id = %s", email["id"])


class Mailbox(Message):
    """A server's mail; `answers` are what it says to RCPT and DATA instead of 250, in order."""

    def __init__(self):
        super().__init__()
        self.messages = []
        self.refuse_rcpt = {}
        self.refuse_data = []

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if address in self.refuse_rcpt:
            return self.refuse_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.refuse_data:
            return self.refuse_data.pop(0)
        return await super().handle_DATA(server, session, envelope)

    def handle_message(self, message):
        self.messages.append(message)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def smtp_server():
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailbox.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield mailbox
    finally:
        controller.stop()


@pytest.fixture
def mailbox():
    with smtp_server() as box:
        yield box


def letter(**more) -> dict:
    return {"to": ["kim@example.com"], "subject": "Hello", "body_text": "Good morning."} | more
