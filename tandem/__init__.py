"""The composition root: it puts services, gateway, database and bus together and starts them."""
