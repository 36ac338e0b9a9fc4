"""The past-tense words by which every entity tells what happened to its records and its lists."""

HANGING_FACTS = frozenset(
    {"tagged", "untagged", "commented", "comment_changed", "comment_deleted", "linked", "unlinked"}
)
"""What is told of what hangs on a record; its fields and its version stay as they are."""

RECORD_FACTS = HANGING_FACTS | frozenset(
    {"created", "changed", "deleted", "restored", "purged", "merged", "unmerged", "erased"}
)
"""What every record tells of itself; an entity's `facts` are told by its actions."""

PICKLIST_FACTS = frozenset({"picklist_changed", "picklist_renamed"})
"""What an entity tells of its picklists. Records that follow a rename tell nothing themselves."""
