"""Reporting hears all the others and tells nothing: what it knows follows from what they said."""
