"""The ways out for mail: an SMTP server, or a directory with one file for each mail."""

import os
import smtplib
import ssl
from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from crmkit import offload

SMTP_SECONDS = 20.0
"""How long one step of the conversation with the server may take."""

DEFAULT_SENDER = "tandem@localhost"
_SCHEMES = {"smtp", "smtps", "file"}


class RejectedError(Exception):
    """The server will never take this mail."""


class DeferredError(Exception):
    """The mail cannot leave now; perhaps later."""


class UnreachableError(DeferredError):
    """No mail can leave now: the server is away, or does not let this suite in."""


class Outlet(Protocol):
    """One worker's way out. `forced_sender` is the From address that all mail must have."""

    forced_sender: str | None

    def deliver(self, message: EmailMessage, recipients: Sequence[str]) -> dict[str, str]:
        """Hand the mail over for all recipients; those that were refused, and why.

        Raises RejectedError, DeferredError or UnreachableError.
        """

    def close(self) -> None:
        """Let go of the connection."""


def from_url(url: str) -> Outlet:
    """The outlet that TANDEM_SMTP_URL names; nothing is connected yet.

    `smtp://[user:password@]host[:port][?from=address]`, `smtps://...` (TLS from the first byte),
    or `file:DIRECTORY`. Raises ValueError that says what is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"TANDEM_SMTP_URL must begin with smtp://, smtps:// or file:, not {url!r}")
    if parts.scheme == "file":
        if not parts.path:
            raise ValueError("TANDEM_SMTP_URL names no directory")
        return FileOutlet(Path(unquote(parts.path)))
    if not parts.hostname:
        raise ValueError("TANDEM_SMTP_URL names no host")
    return SmtpOutlet(parts)


class FileOutlet:
    """Writes `<Message-ID>.eml` whole or not at all; a mail sent twice is one file."""

    forced_sender: str | None = None

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def deliver(self, message: EmailMessage, recipients: Sequence[str]) -> dict[str, str]:
        """Nobody is refused; `X-Envelope-To` shows the blind copies too."""
        message["X-Envelope-To"] = ", ".join(recipients)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            content = message.as_bytes(policy=policy.SMTPUTF8)
            offload.call(self._write, self._directory / f"{name}.eml", content)
        except OSError as error:
            raise UnreachableError(f"{self._directory}: {error.strerror}") from error
        return {}

    def _write(self, target: Path, content: bytes) -> None:
        unfinished = target.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Nothing is kept open."""


class SmtpOutlet:
    """Speaks SMTP over one connection, opened with the first mail.

    Over smtp:// the connection is encrypted if the server offers it. With a password it must be,
    and the certificate must be valid; without one nothing secret could leak to an impostor that
    plain SMTP would have kept (RFC 7435).
    """

    def __init__(self, parts: SplitResult) -> None:
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._implicit_tls else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self.forced_sender: str | None = parse_qs(parts.query).get("from", [None])[0]
        self._client: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage, recipients: Sequence[str]) -> dict[str, str]:
        """One conversation; a server that takes some recipients has taken the mail."""
        client = self._connected()
        try:
            refused = client.send_message(message, to_addrs=list(recipients))
        except smtplib.SMTPRecipientsRefused as error:
            raise _verdict(_reasons(error.recipients), _codes(error.recipients)) from error
        except smtplib.SMTPNotSupportedError as error:
            raise RejectedError(str(error)) from error
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise DeferredError(str(error)) from error
        except smtplib.SMTPResponseException as error:
            raise _verdict(_reply(error.smtp_code, error.smtp_error), [error.smtp_code]) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise DeferredError(str(error) or type(error).__name__) from error
        return {address: _reply(*reply) for address, reply in refused.items()}

    def _connected(self) -> smtplib.SMTP:
        if self._client is None:
            try:
                self._client = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise UnreachableError(f"{self._host}:{self._port}: {error}") from error
        return self._client

    def _connect(self) -> smtplib.SMTP:
        if self._implicit_tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host,
                self._port,
                timeout=SMTP_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            client = smtplib.SMTP(self._host, self._port, timeout=SMTP_SECONDS)
        try:
            client.ehlo()
            if not self._implicit_tls and (self._user or client.has_extn("starttls")):
                client.starttls(context=self._starttls_context())
            if self._user:
                client.login(self._user, self._password)
        except (smtplib.SMTPException, OSError):
            client.close()
            raise
        return client

    def _starttls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self._user:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def close(self) -> None:
        """Say goodbye if somebody listens."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.quit()
            except (smtplib.SMTPException, OSError):
                client.close()


def _verdict(reason: str, codes: Sequence[int]) -> RejectedError | DeferredError:
    """5xx is final, 4xx is not (RFC 5321 4.2.1); one temporary refusal makes another try right."""
    if all(500 <= code < 600 for code in codes):  # noqa: PLR2004 - the RFC's own number
        return RejectedError(reason)
    return DeferredError(reason)


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {words}"


def _reasons(replies: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address}: {_reply(*reply)}" for address, reply in replies.items())


def _codes(replies: dict[str, tuple[int, bytes]]) -> list[int]:
    return [code for code, _ in replies.values()]
