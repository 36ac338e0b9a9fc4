"""From identity's roles, profiles, groups and sharing rules to what one person may see and do."""
