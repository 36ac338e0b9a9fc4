"""What operations people see of the event path."""

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter("tandem_events_published", "Events handed to the transport.", ["service"])
HANDLED = Counter(
    "tandem_events_handled",
    "Events a subscription has taken, by outcome: applied, duplicate, retry, park.",
    ["service", "subscription", "outcome"],
)
LAG = Histogram(
    "tandem_event_lag_seconds",
    "From the time of the event to the commit of its effect.",
    ["service", "subscription"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
OUTBOX_BACKLOG = Gauge("tandem_outbox_backlog", "Events not yet handed over.", ["service"])
OUTBOX_AGE = Gauge("tandem_outbox_oldest_seconds", "Age of the oldest of them.", ["service"])
PARKED = Gauge("tandem_events_parked", "Events that wait for a decision.", ["service"])
DELAYED = Gauge("tandem_events_delayed", "Events that wait for their next try.", ["service"])
