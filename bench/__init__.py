"""What a request costs: rate, latency, CPU over all processes, SQL statements."""
