"""Comments on records: threads, for all who see the record or in private, that mention people."""
