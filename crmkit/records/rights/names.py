"""What people call the users, roles, profiles, groups and sharing rules that rights rest on."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from crmkit.records.principals import principal, role
from crmkit.records.rights import tables

Kind = Literal["user", "role", "profile", "group", "sharing_rule", "organisation_default"]


class Ground(BaseModel):
    """What a decision rests on; `name` is null where this service has not been told it."""

    kind: Kind
    id: str | None
    name: str | None

    def __str__(self) -> str:
        return self.name or self.id or ""


Names = Mapping[str, Ground]
"""By id."""

_RULE_NAME = tables.sharing_rule.c.rule["name"].astext
_NAMED: tuple[tuple[Kind, tuple[Any, Any]], ...] = (
    ("user", (principal.c.user_id, principal.c.display_name)),
    ("role", (role.c.role_id, role.c.name)),
    ("profile", (tables.profile.c.profile_id, tables.profile.c.name)),
    ("group", (tables.group.c.group_id, tables.group.c.name)),
    ("sharing_rule", (tables.sharing_rule.c.rule_id, _RULE_NAME)),
)


def names(session: Session, ids: Iterable[str]) -> Names:
    """All of these that the service knows, in one statement; others are users without a name."""
    wanted = sorted(set(ids))
    each = [
        select(literal(kind).label("kind"), key.label("id"), name.label("name")).where(
            key.in_(wanted)
        )
        for kind, (key, name) in _NAMED
    ]
    found = {one: Ground(kind="user", id=one, name=None) for one in wanted}
    for row in session.execute(union_all(*each)):
        found[row.id] = Ground(kind=row.kind, id=row.id, name=row.name)
    return found
