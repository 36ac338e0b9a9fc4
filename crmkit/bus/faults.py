"""Points at which a test may let this process die, to prove that dying there loses nothing.

TANDEM_FAULT=<point>:<n> kills the process with SIGKILL the n-th time it passes that point; unset
(production), a point is one comparison. The points, in the order an event passes them:

    outbox.added          the telling service has written row and event, not yet committed
    relay.taken           committed and read from the outbox, not yet published
    relay.published       published and confirmed, outbox row not yet marked
    inbox.before_commit   the hearing service has made its effect, not yet committed
    consumer.committed    effect committed, message not yet acknowledged

and those that a chunk of a job passes:

    job.before_commit     its effect and checkpoint are made, not yet committed
    job.committed         committed, the next chunk not yet begun
"""

import os
import signal

_POINT, _, _COUNT = os.environ.get("TANDEM_FAULT", "").partition(":")
_remaining = int(_COUNT or "1")


def reached(point: str) -> None:
    """Die here if TANDEM_FAULT says so; otherwise nothing."""
    global _remaining  # noqa: PLW0603  a countdown for this process
    if point != _POINT:
        return
    _remaining -= 1
    if _remaining <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
