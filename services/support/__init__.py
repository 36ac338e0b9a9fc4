"""Support: what customers ask for help with, and what became of it."""
