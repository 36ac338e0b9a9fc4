"""Picklists as administrators edit them: values, who may choose them, what goes with what."""

from crmkit.records.picklists.choosing import check, choosable, chosen

__all__ = ["check", "choosable", "chosen"]
