"""Reporting: what all the other services' records add up to, fed by their events alone."""
