"""How records point at each other, within the service and across services."""
