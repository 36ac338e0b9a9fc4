"""A process of the suite: runs the workers it is told to, until it is killed."""

import os

if os.environ.get("TANDEM_TEST_GREEN"):
    import eventlet

    eventlet.monkey_patch()

import json
import logging
import sys
import threading

from crmkit.bus.relay import Relay
from crmkit.db import Database
from tests.bus.suite import Suite


def main() -> None:
    logging.basicConfig(level=logging.CRITICAL)
    arguments = json.loads(sys.argv[1])
    (teller, teller_url), (hearer, hearer_url) = arguments["teller"], arguments["hearer"]
    suite = Suite(
        arguments["kind"],
        Database(teller_url, teller),
        Database(hearer_url, hearer),
        arguments["amqp_url"],
    )
    if "hearing" in arguments["roles"]:
        suite.start(*suite.hearing())
    if "relay" in arguments["roles"]:
        suite.start(Relay(suite.teller, suite.transport, poll_seconds=0.1))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for first in range(0, arguments["tell"], 10):
        suite.tell_numbers(range(first, first + 10))
    threading.Event().wait()


if __name__ == "__main__":
    main()
