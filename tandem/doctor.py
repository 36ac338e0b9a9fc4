"""What `tandem doctor` looks at: everything Tandem needs to run here, one finding each."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial

import urllib3
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from contracts.services import SERVICE_PORTS
from crmkit import migrations
from crmkit.bus.rabbitmq_connection import connect as connect_to_broker
from crmkit.bus.rabbitmq_connection import disconnect
from crmkit.bus.transport import BrokerUnavailable
from crmkit.config import Settings
from tandem import roster
from tandem.house import AlreadyRunning, claimed
from tandem.listening import require_free
from tandem.postgres import MAJOR_VERSION, EmbeddedPostgres
from tandem.provision import connect, service_url
from tandem.refusals import CannotStart

_OLDEST_POSTGRESQL = 150000
_LARGEST_SKEW = 5.0
"""Seconds; tokens bear 60 (crmkit.tokens.LEEWAY), but retries and reports want better."""

_ELSEWHERE = {"TANDEM_PG_URL", "TANDEM_AMQP_URL"}


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    subject: str
    _: KW_ONLY
    ok: bool
    detail: str


def examine(settings: Settings, env: Mapping[str, str] | None = None) -> list[Finding]:
    """Look at the separate processes if TANDEM_PG_URL or TANDEM_AMQP_URL is set, else the suite."""
    env = os.environ if env is None else env
    return list(_processes(settings) if _ELSEWHERE & env.keys() else _suite(settings))


def report(findings: list[Finding]) -> None:
    """Print the table."""
    table = Table("", "checked", "found")
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]not ok[/]"
        table.add_row(mark, finding.subject, finding.detail)
    Console().print(table)


def _suite(settings: Settings) -> Iterator[Finding]:
    postgres = EmbeddedPostgres(settings.var)
    try:
        with claimed(settings.var):
            yield Finding("directory", ok=True, detail=f"{settings.var} can be written")
            yield _tried("data", lambda: _version_of_data(postgres))
            yield _address(settings)
    except AlreadyRunning:
        yield Finding("directory", ok=True, detail=f"a suite is running in {settings.var}")
        yield from _databases(replace(settings, pg_url=postgres.url))
        yield _answers("suite", f"http://{settings.host}:{settings.port}/readyz")
    except CannotStart as refusal:
        yield Finding("directory", ok=False, detail=str(refusal))


def _processes(settings: Settings) -> Iterator[Finding]:
    yield from _databases(settings)
    yield _tried("broker", lambda: _ask_broker(settings))
    yield _answers("gateway", f"http://{settings.host}:{settings.port}/healthz")
    for service, url in settings.service_urls.items():
        yield _answers(service, f"{url}/readyz")


def _databases(settings: Settings) -> Iterator[Finding]:
    try:
        with closing(connect(settings.pg_url)) as connection, connection.cursor() as cursor:
            asked = time.time()
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            skew = abs(cursor.fetchone()[0] - (asked + time.time()) / 2)
            version = connection.server_version
    except CannotStart as refusal:
        yield Finding("PostgreSQL", ok=False, detail=str(refusal))
        return
    yield Finding(
        "PostgreSQL", ok=version >= _OLDEST_POSTGRESQL, detail=f"version {version // 10000}"
    )
    yield Finding("clock", ok=skew <= _LARGEST_SKEW, detail=f"{skew:.3f} s from the database's")
    for service in SERVICE_PORTS:
        yield _tried(f"database of {service}", partial(_revision, settings, service))


def _revision(settings: Settings, service: str) -> str:
    engine = create_engine(service_url(settings, service), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            problem = migrations.mismatch(connection, roster.revisions(service))
    except SQLAlchemyError as error:
        raise CannotStart(str(error.__cause__ or error).strip().splitlines()[0]) from None
    if problem:
        raise CannotStart(problem)
    return f"at revision {migrations.head(roster.revisions(service))}"


def _ask_broker(settings: Settings) -> str:
    try:
        disconnect(connect_to_broker(settings.amqp_url, "tandem doctor"))
    except BrokerUnavailable as error:
        raise CannotStart(f"RabbitMQ (TANDEM_AMQP_URL) cannot be reached: {error}") from None
    return "RabbitMQ answers"


def _version_of_data(postgres: EmbeddedPostgres) -> str:
    postgres.check()
    return f"of PostgreSQL {MAJOR_VERSION}, or none yet"


def _address(settings: Settings) -> Finding:
    def free() -> str:
        require_free(settings.host, settings.port, "set TANDEM_PORT")
        return f"{settings.host}:{settings.port} is free"

    return _tried("address", free)


def _answers(subject: str, url: str) -> Finding:
    try:
        answer = urllib3.request("GET", url, timeout=3.0, retries=False)
    except urllib3.exceptions.HTTPError as error:
        return Finding(subject, ok=False, detail=f"{url} does not answer: {type(error).__name__}")
    detail = f"{url} answers {answer.status}"
    if answer.status != 200:  # noqa: PLR2004 - OK
        return Finding(subject, ok=False, detail=f"{detail}: {answer.data.decode()[:200]}")
    return Finding(subject, ok=True, detail=detail)


def _tried(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, ok=True, detail=look())
    except CannotStart as refusal:
        return Finding(subject, ok=False, detail=str(refusal))
