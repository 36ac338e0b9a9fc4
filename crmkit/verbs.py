"""The verbs that every entity has, of one record and of many, and what each of them rests on."""

from collections.abc import Mapping

RECORD_VERBS = frozenset({"view", "create", "edit", "delete", "import", "merge", "purge"})

TOOLS = frozenset({"export", "mass_edit", "find_duplicates"})
"""What is done with the records of an entity together; every entity has them."""

NEEDS: Mapping[str, frozenset[str]] = {
    "merge": frozenset({"merge", "edit", "delete"}),
    "purge": frozenset({"purge", "delete"}),
    "import": frozenset({"import", "create"}),
    "mass_edit": frozenset({"edit"}),
    "export": frozenset({"view"}),
    "find_duplicates": frozenset({"view"}),
}
"""What must be open for a verb to be: nothing is purged that cannot be deleted first."""
