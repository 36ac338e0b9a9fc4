"""Whatever dies, and wherever: nothing told is lost, and nothing takes effect twice."""

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from crmkit.db import Database
from tandem.postgres import EmbeddedPostgres
from tests.bus.suite import Suite, build, services, wait_until
from tests.rabbitmq_node import RabbitNode

POINTS = {
    "outbox.added": 7,
    "relay.taken": 2,
    "relay.published": 2,
    "inbox.before_commit": 2,
    "consumer.committed": 2,
}
REPEATS = {"relay.published", "consumer.committed"}
"""Points after which an event comes a second time: the duplicates prove that the test bites."""


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(suite: Suite, point: str) -> None:
    # So many that there are more batches than one, however slowly they are told.
    victim = suite.process("relay", "hearing", fault=f"{point}:{POINTS[point]}", tell=300)
    assert victim.wait() == -signal.SIGKILL
    suite.start()
    suite.assert_exact()
    assert not suite.parked()
    told = suite.told().total()
    if point == "outbox.added":
        assert told == 60
    if point in REPEATS:
        wait_until(lambda: suite.handled("duplicate") > 0)


def test_killed_at_random(suite: Suite) -> None:
    """Two copies of every process, one of them dying every moment, while events are told."""
    dice = random.Random(3)
    roles = [("relay", "hearing")] if suite.kind == "local" else [("relay",), ("hearing",)]
    copies = dict(enumerate(roles * 2))
    running = {i: suite.process(*role) for i, role in copies.items()}
    done = threading.Event()

    def tell() -> None:
        for first in range(0, 1000, 5):
            suite.tell_numbers(range(first, first + 5))
            done.wait(0.005)

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        for _ in range(5):
            victim = dice.choice(list(copies))
            running[victim].wait_ready()
            done.wait(dice.uniform(0.05, 0.3))
            running[victim].kill()
            running[victim] = suite.process(*copies[victim])
        teller.join()
        suite.assert_exact()
    finally:
        teller.join()
        for process in running.values():
            process.kill()
    assert suite.told().total() == 1000


def test_in_green_threads_killed_and_started_again(suite: Suite) -> None:
    """As the services run: with the standard library patched by eventlet."""
    first = suite.process("relay", "hearing", tell=100, green=True)
    wait_until(lambda: suite.effects().total() >= 50)
    first.kill()
    second = suite.process("relay", "hearing", tell=100, green=True)
    try:
        wait_until(lambda: suite.told().total() > 100)
        suite.assert_exact()
    finally:
        second.kill()


@pytest.mark.rabbitmq
def test_broker_killed_and_restarted(node: RabbitNode) -> None:
    with services("rabbitmq", node.url) as suite:
        suite.start()
        suite.start(*suite.hearing())
        told = 0
        wait_until(lambda: suite.effects().total() == told)
        ending = threading.Event()

        def tell() -> None:
            nonlocal told
            while not ending.wait(0.002):
                suite.tell_numbers(range(told, told + 5))
                told += 5

        teller = threading.Thread(target=tell)
        teller.start()
        wait_until(lambda: suite.effects().total() > 100)
        node.kill()
        before = told
        wait_until(lambda: told > before + 100)  # nobody who tells needs the broker
        node.start()
        after = suite.effects().total()
        wait_until(lambda: suite.effects().total() > after + 100)
        ending.set()
        teller.join()
        suite.assert_exact()
        assert suite.told().total() == told


@pytest.fixture
def postgres() -> Iterator[EmbeddedPostgres]:
    """A cluster to be stopped at will; not in `tmp_path`, which only its owner may pass through."""
    own = EmbeddedPostgres(Path(os.environ["TANDEM_TEST_RUN"]) / f"restarted-{os.getpid()}")
    own.start()
    yield own
    own.stop()
    shutil.rmtree(own.directory)


def test_postgres_restarted(suite: Suite, postgres: EmbeddedPostgres) -> None:
    engine = create_engine(
        make_url(postgres.url).set(drivername="postgresql+psycopg2"), isolation_level="AUTOCOMMIT"
    )
    databases = []
    for role in ("teller", "hearer"):
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {role}"))
        url = engine.url.set(database=role).render_as_string(hide_password=False)
        build(url)
        databases.append(Database(url, getattr(suite, role).service))
    engine.dispose()
    own = Suite(suite.kind, databases[0], databases[1], suite.amqp_url)
    own.start()
    ending = threading.Event()

    def tell() -> None:
        number = 0
        while not ending.wait(0.002):
            try:
                own.tell_numbers(range(number, number + 5))
            except DBAPIError:
                ending.wait(0.05)
            else:
                number += 5

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        for _ in range(2):
            enough = own.effects().total() + 100
            wait_until(lambda enough=enough: own.effects().total() > enough)
            postgres.stop()
            time.sleep(0.3)
            postgres.start()
    finally:
        ending.set()
        teller.join()
    try:
        own.assert_exact()
    finally:
        own.stop()
        for database in databases:
            database.close()
