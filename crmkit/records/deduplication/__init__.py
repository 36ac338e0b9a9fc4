"""Records that are one and the same: refused, found, merged into one."""
