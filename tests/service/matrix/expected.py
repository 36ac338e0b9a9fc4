"""Who may do what: said once more, plainly, and without a look at how the suite decides it."""

CLOSED_WITH = {
    "merge": ("merge", "edit", "delete"),
    "purge": ("purge", "delete"),
    "import": ("import", "create"),
    "mass_edit": ("edit",),
}
"""The verbs that an entity has not got either, if one of these is closed."""

SEES = {"owner", "superior", "manager", "member", "reader", "writer", "lacking"}
"""Who sees the record in question, of whom there is one who lacks a verb, in the owner's line."""
CHANGES = SEES - {"reader"}
REMOVES = CHANGES - {"writer"}

REMOVING = {"delete", "merge", "purge"}
READING = {"view", "export", "find_duplicates", "import"}


def exists(entity, verb):
    """Whether the entity has the verb at all."""
    if verb == "merge" and entity.line_model is not None:
        return False
    return not any(one in entity.closed for one in CLOSED_WITH.get(verb, (verb,)))


def expected(entity, operation, who, lacks=""):
    """The statuses with which a service answers; `who` is one of the people of company.py.

    `lacks` is the verb that this person's profile does not have.
    """
    if who == "anonymous":
        return (401,)
    if not all(exists(entity, verb) for verb in operation.needs):
        return (405,)
    if who == "administrator" or operation.own:
        return operation.allowed
    if operation.shaping or not _granted(entity, operation, lacks):
        return (403,)
    if not operation.of_record or entity.access != "owned":
        return operation.allowed
    return _of_record(operation, who)


def _granted(entity, operation, lacks):
    if entity.access == "admin_writes":
        return operation.needs == ("view",)
    if entity.access == "admin_only" or "purge" in operation.needs:
        return False
    return lacks not in operation.needs


def _of_record(operation, who):
    if who not in SEES:
        return (404,)
    if operation.verb in READING or who in (REMOVES if operation.verb in REMOVING else CHANGES):
        return operation.allowed
    return (404,) if operation.hidden else (403,)


def expected_of_list(entities, operation, who, lacks="", *, across=False):
    """The same of a list of an entity's records, (the entity, what is listed); `across` services,
    both of which keep a link, it is for those who may change both records.
    """
    if who == "anonymous":
        return (401,)
    if who == "administrator":
        return operation.allowed
    entity, listed = entities
    profiles_decide = {entity.access, listed.access} != {"admin_writes"}
    if (lacks in operation.needs and profiles_decide) or listed.access == "admin_only":
        return (403,)
    writing = operation.method != "GET"
    for one, written in ((entity, writing), (listed, writing and across)):
        if one.access == "owned" and (one is entity or writing):
            if who not in SEES:
                return (404,)
            if written and who not in CHANGES:
                return (403,)
    return operation.allowed
