"""The audit: who did what that others may hold them to, kept so that nobody can edit it."""

from crmkit.records.auditing.noting import note, note_apart

__all__ = ["note", "note_apart"]
