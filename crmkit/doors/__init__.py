"""The ways into and out of a service; the only rooms of the kit that know Nameko."""
