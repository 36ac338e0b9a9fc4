"""Facts that records of every entity of every service are told by."""

LINK_MADE = "crm.*.*.linked.v1"
LINK_ENDED = "crm.*.*.unlinked.v1"
PURGED = "crm.*.*.purged.v1"
"""Besides `record`, `changes` and `deleted`, the first two carry `link`: which two, since when."""
