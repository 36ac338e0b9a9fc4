"""Second chances: what failed waits its turn in the hearing service's database, or is parked."""

import logging
import threading
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from crmkit.bus import delayed, faults, inbox, metrics, parked
from crmkit.bus.backoff import Backoff
from crmkit.bus.inbox import Outcome, Unavailable, Verdict
from crmkit.bus.subscription import Subscription
from crmkit.bus.transport import RETRY_DELAYS, Delivery
from crmkit.db import Database

_log = logging.getLogger(__name__)


def next_delay(attempts: int, delays: Sequence[float]) -> float | None:
    """Seconds to wait after so many failed tries; None when there is no further one."""
    return delays[attempts - 1] if attempts <= len(delays) else None
