"""The event path: nothing is lost and nothing is applied twice, on either transport."""


class PermanentError(Exception):
    """Raised by an event handler when no retry can help: the event is parked at once."""
