"""What a write passes on its way from a client's JSON to row, history and outbox."""
