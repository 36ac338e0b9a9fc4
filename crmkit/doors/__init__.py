"""The only place that knows Nameko and eventlet: HTTP, events, relay and timer doors."""
