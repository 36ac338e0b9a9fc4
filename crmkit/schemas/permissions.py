"""Who may do what, as a page for people: the same declarations that services decide by."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from contracts.caller import SYSTEM_ID, Caller
from contracts.rights import EVERY_VERB, ModuleGrant, Rights
from crmkit.entity import Access, Entity
from crmkit.records import access
from crmkit.schemas.catalogue import Service, actions_of
from crmkit.verbs import NEEDS, RECORD_VERBS, TOOLS

_NOBODY = Caller(SYSTEM_ID, "nobody", is_admin=False)
_GRANTED = replace(_NOBODY, rights=Rights(others=ModuleGrant(frozenset({EVERY_VERB}))))

_PAGE = """# Who may do what

Written by `make schemas` from the declarations of the entities; `tests/service/matrix` holds every
service and the gateway to it. [Give rights](how-to/give-rights.md) says how administrators decide
the rest.

Who is not signed in may do nothing (401). Administrators may do everything that an entity has; what
it has not nobody may (405). For everybody else there are four kinds of entities:

| Kind | Who views | Who writes | What profiles take away | What sharing widens |
|---|---|---|---|---|
| owned | the owner, superiors, members of the group that owns it | the same | {any} | {owned} |
| shared | everybody | everybody | {any} | nothing: it is everybody's |
| admin_writes | everybody | administrators | nothing | nothing |
| admin_only | administrators | administrators | nothing | nothing |

Who does not see a record is told that there is none (404); who sees it and may not do it, or whose
profile has not got the verb, that they may not (403). Administrators, and nobody else, are told
which step decides of a person and a record (`GET /{{plural}}/{{id}}/access?user=`), and what a
change of rights would come to (`POST /access/simulate`).

## Verbs that every entity may have

| Verb | What a profile must grant | Of a record, who |
|---|---|---|
"""

_MATRIX = """
## Entities and their verbs

`P`: whose profile grants it, on records that are theirs. `E`: everybody. `A`: administrators.
Empty: nobody.

"""

_ACTIONS = """
## Business verbs

Each is a verb that profiles grant by itself; on an owned record, for those who may change it.

| Entity | Verb | Who | How |
|---|---|---|---|
"""

_TAKEN = "the module, each verb, fields, tools"
_WIDENED = (
    "viewing and, where a rule or the organisation says so, writing; deleting only by `public_full`"
)
_WRITING = "may change it: by place, by `public_edit` or `public_full`, by a rule that lets write"
_REMOVING = (
    "whoever has it by place: owner, superior, member of the owning group; or by `public_full`"
)
_AT_ALL = "no record is asked about"
_OF_RECORD = {
    "view": "whoever sees it",
    "create": _AT_ALL,
    "edit": f"whoever {_WRITING}",
    "delete": f"{_REMOVING}; restoring too",
    "merge": _REMOVING,
    "purge": "administrators alone, whatever profiles grant",
    "import": f"{_AT_ALL}; what a row changes, its sender must be able to change",
    "export": "those that are seen go out",
    "find_duplicates": "those that are seen are compared",
    "mass_edit": f"whoever {_WRITING}; asked of each record",
}


def page(services: Sequence[Service]) -> bytes:
    """The page as Markdown."""
    entities = [(service, entity) for service in services for entity in service.entities]
    verbs = [*(v for v in _OF_RECORD if v in RECORD_VERBS), *(v for v in _OF_RECORD if v in TOOLS)]
    lines = [
        _PAGE.format(any=_TAKEN, owned=_WIDENED)
        + "".join(f"{_row(_verb(verb))}\n" for verb in verbs)
        + _MATRIX
    ]
    lines += [f"{_row(['Entity', 'Service', 'Kind', 'Shared as', *verbs])}\n"]
    lines += [f"{_row(['---'] * (4 + len(verbs)))}\n"]
    for service, entity in entities:
        shared_as = f"`{entity.follows or entity.name}`" if entity.access is Access.OWNED else ""
        about = [f"`{entity.name}`", service.name, entity.access.value, shared_as]
        lines.append(f"{_row([*about, *(_who(entity, verb) for verb in verbs)])}\n")
    lines.append(_ACTIONS)
    for service, entity in entities:
        of_entity = [action for action in actions_of(service) if action.entity is entity]
        for verb in sorted(entity.verbs):
            how = ", ".join(f"`{a.method} {a.path}`" for a in of_entity if a.verb == verb)
            row = [f"`{entity.name}`", f"`{verb}`", _who(entity, verb), how]
            lines.append(f"{_row(row)}\n")
    return "".join(lines).encode()


def _verb(verb: str) -> list[str]:
    needed = sorted(NEEDS.get(verb, frozenset()) | {verb})
    granted = "nothing does" if verb == "purge" else ", ".join(f"`{one}`" for one in needed)
    kind = " (tool)" if verb in TOOLS else ""
    return [f"`{verb}`{kind}", granted, _OF_RECORD[verb]]


def _who(entity: Entity, verb: str) -> str:
    """As services decide it of somebody who is granted everything, and of somebody without."""
    if not entity.allows(verb):
        return ""
    if access.may_ever(entity, _NOBODY, verb):
        return "E"
    return "P" if access.may_ever(entity, _GRANTED, verb) else "A"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
