"""The battery: what every entity of every service can do, proven from its declaration alone."""
