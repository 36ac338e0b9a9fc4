"""The six services and the loopback port each takes when it runs as a process of its own."""

SERVICE_PORTS = {
    "identity": 8101,
    "sales": 8102,
    "inventory": 8103,
    "support": 8104,
    "messaging": 8105,
    "reporting": 8106,
}

GATEWAY_PORT = 8000
