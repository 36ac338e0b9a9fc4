"""How every service does the common thing. Names no entity and no service."""
