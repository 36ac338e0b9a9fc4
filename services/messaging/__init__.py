"""Messaging: what the suite says to people by mail, and whether it arrived."""
