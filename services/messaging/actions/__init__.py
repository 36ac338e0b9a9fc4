"""The business verbs of messaging."""
