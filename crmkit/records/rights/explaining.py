"""Why somebody may or may not do what with a record, as administrators are told it."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint
from sqlalchemy import Text, literal, select, union_all

from contracts.errors import FieldError, invalid
from contracts.rights import PRIVATE
from crmkit.entity import Access, Entity
from crmkit.records import access, auditing, callers, principals, scopes, store
from crmkit.records.deduplication import merged
from crmkit.records.relations import naming
from crmkit.records.rights import deciding
from crmkit.records.rights.deciding import Above, Decision, Kept, Owner, Person, Question, Step
from crmkit.records.rights.names import Ground, Names, names
from crmkit.records.rights.organisation import current
from crmkit.records.rights.wording import Words
from crmkit.records.writing.value_types import UUID_PATTERN
from crmkit.unit_of_work import UnitOfWork
from crmkit.verbs import RECORD_VERBS, TOOLS


class Asked(BaseModel):
    """Whose rights are asked about."""

    model_config = ConfigDict(extra="forbid")
    user: str = Constraint(pattern=UUID_PATTERN, description="Id of the user.")


class Verdict(BaseModel):
    """`step` is one of the thirteen, called `name`; 0 is before them all: who cannot sign in.

    `rules` are all that grant it in this step, or that stand against it; the first one decides.
    """

    granted: bool
    step: int
    name: str
    rules: list[Ground]
    because: str


class KeptField(BaseModel):
    """A field that profiles keep from the user; all of `profiles` say so."""

    name: str
    right: Kept
    profiles: list[Ground]


class Asker(BaseModel):
    """The user who is asked about, as this service knows them."""

    id: str
    name: str
    active: bool
    administrator: bool
    role: Ground | None
    profiles: list[Ground]
    groups: list[Ground]


class Explanation(BaseModel):
    """For each verb that the entity has, whether the user has it on the record and why."""

    entity: str
    id: str
    number: str | None
    label: str
    owner: Ground | None
    user: Asker
    verbs: dict[str, Verdict]
    fields: list[KeptField]


def explain(uow: UnitOfWork, entity: Entity, key: str, wish: Asked) -> Explanation:
    """Why the user may do what with the record; that it was asked is audited.

    Raises Problem 308 (merged), 403 for a key without its scope, 404, 422 for no such user.
    """
    scopes.require_everywhere(uow.caller, reading=True)  # it tells of people, roles and groups too
    entity = uow.of(entity)
    table = entity.model.__table__
    found = uow.session.execute(
        select(table.c.id, table.c.number, naming.label(entity).label("label")).where(
            store.named(entity, key), table.c.deleted_at.is_(None)
        )
    ).one_or_none()
    if found is None:
        raise merged.elsewhere(uow, entity, store.named(entity, key), key)
    asked = question(uow, entity, found.id, wish.user)
    auditing.note_apart(
        uow, "access.explained", entity.name, found.id, details={"user_id": asked.person.id}
    )
    verbs = [v for v in sorted(RECORD_VERBS | TOOLS | entity.verbs) if entity.allows(v)]
    decisions = {verb: deciding.decide(asked, verb) for verb in verbs}
    kept = deciding.kept_fields(asked)
    known = names(uow.session, _named(asked, decisions.values()))
    words = Words(asked, known)
    return Explanation(
        entity=entity.name,
        id=found.id,
        number=found.number,
        label=found.label,
        owner=known[asked.owner.id] if asked.owner else None,
        user=_asker(asked, known),
        verbs={
            verb: Verdict(
                granted=one.granted,
                step=int(one.step),
                name=one.step.name.lower(),
                rules=_rules(asked, known, one),
                because=words.because(verb, one),
            )
            for verb, one in decisions.items()
        },
        fields=[
            KeptField(name=name, right=right, profiles=[known[one] for one in profiles])
            for name, (right, profiles) in kept.items()
        ],
    )


def question(uow: UnitOfWork, entity: Entity, record_id: str, user_id: str) -> Question:
    """What there is to know to decide about the user and the record.

    Raises Problem 422 `/user` if this service knows of no such user.
    """
    row = callers.find(uow.session, user_id.lower())
    if row is None:
        raise invalid([FieldError("/user", "dangling_link", "there is no such user")])
    caller = callers.caller_from(uow.session, row, request_id="", traceparent="")
    organisation = current(uow.session, row.rights_version)
    person = Person(row.user_id, row.role_id, row.is_admin, row.active)
    owner: Owner | None = None
    above: tuple[Above, ...] = ()
    if entity.access is Access.OWNED:
        owner, above = _owners(uow, entity, record_id)
    return Question(entity, organisation, caller.rights, person, owner, above)


def _owners(uow: UnitOfWork, entity: Entity, record_id: str) -> tuple[Owner, tuple[Above, ...]]:
    """Whose the record is, and the records above it with theirs, in one statement."""
    table = entity.model.__table__
    this = table.c.id == record_id
    wanted = [select(literal("", Text).label("parent"), table.c.id, table.c.owner_id).where(this)]
    for parent, link, held in access.links_upwards(entity):
        known = access.owners_of(entity, parent)
        above = select(literal(parent, Text), known.c.id, known.c.owner_id)
        wanted.append(above.join_from(table, known, known.c.id == link).where(this, held))
    found = union_all(*wanted).subquery()
    people = principals.principal.c
    query = select(found, people.role_id).outerjoin(
        principals.principal, people.user_id == found.c.owner_id
    )
    rows = uow.session.execute(query).all()
    (own,) = (Owner(row.owner_id, row.role_id) for row in rows if not row.parent)
    return own, tuple(
        Above(row.parent, row.id, Owner(row.owner_id, row.role_id))
        for row in rows
        if row.parent and row.owner_id is not None
    )


def _asker(asked: Question, known: Names) -> Asker:
    person = asked.person
    return Asker(
        id=person.id,
        name=known[person.id].name or "",
        active=person.active,
        administrator=person.is_admin,
        role=known[person.role_id] if person.role_id else None,
        profiles=[known[one] for one in asked.profiles],
        groups=[known[one] for one in sorted(_groups(asked))],
    )


def _rules(asked: Question, known: Names, decision: Decision) -> list[Ground]:
    if decision.step is Step.ORGANISATION_DEFAULT:
        default = asked.organisation.defaults.get(asked.module, PRIVATE)
        return [Ground(kind="organisation_default", id=None, name=default)]
    if decision.step is Step.OWNER:
        return [known[asked.person.id]]
    return [known[one] for one in decision.by]


def _groups(asked: Question) -> frozenset[str]:
    return asked.organisation.groups_of(asked.person.id, asked.person.role_id)


def _named(asked: Question, decisions: Iterable[Decision]) -> set[str]:
    """The ids of all that the answer speaks of."""
    person, owner = asked.person, asked.owner
    ids = {person.id, person.role_id, *asked.profiles, *_groups(asked)}
    ids |= {owner.id, owner.role_id} if owner else set()
    ids |= {one.owner.id for one in asked.above}
    deciding_rules = set()
    for decision in decisions:
        deciding_rules |= {*decision.by}
    for rule in asked.organisation.rules:
        if rule.id in deciding_rules:
            ids |= {rule.owned_by.id, rule.shared_with.id}
    return {one for one in ids | deciding_rules if one is not None}
