"""The cases of the matrix: who asks for what at which door, and what must be answered."""

from dataclasses import dataclass, replace
from typing import Any

from tests.service.matrix.company import GATEWAY
from tests.service.matrix.expected import exists, expected, expected_of_list
from tests.service.matrix.operations import ACTIONS, BESIDE, NOWHERE, OLD, VERBS, Operation

EVERYBODY = (
    "anonymous",
    "stranger",
    "owner",
    "colleague",
    "subordinate",
    "superior",
    "manager",
    "member",
    "reader",
    "writer",
    "administrator",
)
"""What somebody may be to a record, besides lacking a verb."""
EACH = ("anonymous", "stranger", "administrator")
SHARED_WITH = ("reader", "writer")
"""Those of them whom what else rests on a verb must tell apart."""
_CSV = {"Content-Type": "text/csv"}
_OWN_FIELD = {"name": "cf_taken", "kind": "text", "labels": {"en": "Taken"}}


@dataclass(frozen=True, slots=True)
class Case:
    """`person` is one of the company; `lacks` the verb that this person's profile has not got."""

    operation: Operation
    door: str
    who: str
    lacks: str
    wanted: tuple[int, ...]

    @property
    def person(self):
        return f"lacking {self.lacks}" if self.lacks else self.who

    @property
    def refused(self):
        return self.wanted != self.operation.allowed

    def as_(self, operation):
        return replace(self, operation=operation)


def cases(service, entity, turn):
    """What a verb has to itself is asked by everybody at both doors; what else rests on one, by
    those between whom it is decided, at one door or the other. `turn` changes which.
    """
    for place, operation in enumerate((*VERBS, *ACTIONS.get(entity.name, ()), *BESIDE), turn):
        beside = operation in BESIDE
        people = EVERYBODY
        if beside:
            owned = entity.access == "owned" and operation.of_record
            people = (*EACH, *(SHARED_WITH if owned else ()))
        asking = [(who, "") for who in people]
        if not (operation.own or operation.shaping):
            asking += [("lacking", verb) for verb in operation.needs]
        for n, (who, lacks) in enumerate(asking, place):
            doors = ((service, GATEWAY)[n % 2],) if beside else (service, GATEWAY)
            for door in doors:
                yield Case(operation, door, who, lacks, expected(entity, operation, who, lacks))


def awry(service, some):
    """Of each operation, somebody without the right who sends nonsense: what it is about is only
    looked at when they may.
    """
    told = [case for case in reversed(some) if case.wanted == (403,)]
    for case in {(c.operation.method, c.operation.path): c for c in told}.values():
        yield replace(case, operation=case.operation.awry, door=service)


def listing(operation, door, entity, listed, *, across=False):
    """Everybody who asks for a list of an entity's records, or changes what is linked to them."""
    asking = [(who, "") for who in EVERYBODY] + [("lacking", verb) for verb in operation.needs]
    for who, lacks in asking:
        wanted = expected_of_list((entity, listed), operation, who, lacks, across=across)
        yield Case(operation, door, who, lacks, wanted)


@dataclass
class Made:
    """What the matrix is about: the ids of a record of the owner's, one of the group's, and one in
    the bin; the body of a new one; a value that one of its fields has not got.
    """

    theirs: str
    crews: str
    binned: str
    new: dict[str, Any]
    values: dict[str, Any]

    def path(self, case, entity, **more):
        operation = case.operation
        mapping = "/mappings/" in operation.path
        return operation.path.format(
            plural=entity.plural,
            name=case.person.replace(" ", "-") if mapping else entity.name,
            id=self.crews if case.who == "member" else self.theirs,
            tag="blue",
            field="no_such_field",
            value="none",
            source="elsewhere",
            key=NOWHERE,
            comment=NOWHERE,
            **more,
        )

    def sent(self, case):
        """What somebody sends who is to be refused; who is nobody sends nonsense to services."""
        nobody = case.who == "anonymous" and case.door != GATEWAY
        return case.operation.awry if nobody else self.real(case.operation)

    def real(self, operation):
        """The same operation asked in such a way that it would do something, were it done."""
        body = {
            "POST /{plural}": self.new,
            "PATCH /{plural}/{id}": self.values,
            "POST /{plural}/{id}/merge": {"losers": [self.crews]},
            "POST /{plural}/bin/purge": {"ids": [self.binned]},
            "POST /{plural}/export": {"fields": [*self.values] or None},
            "POST /{plural}/imports": b"name\nTaken\n",
            "POST /{plural}/mass": {
                "operation": "edit",
                "selection": {"ids": [self.theirs]},
                "values": self.values,
            },
            "POST /meta/{name}/fields": _OWN_FIELD,
        }.get(f"{operation.method} {operation.path}", operation.body)
        headers = _CSV if isinstance(body, bytes) else operation.headers
        return replace(operation, body=body, headers={} if headers == OLD else headers)


def done_by_administrators(entity, made, *, deletable):
    """Of what others were refused, what an administrator gets done when it is asked like that."""
    for operation in VERBS:
        verb = operation.verb
        if operation.method == "GET" or verb in {"merge", "find_duplicates"}:
            continue  # whether two records may become one is for their own rules to say
        if operation.path.endswith("/restore") or not all(
            exists(entity, v) for v in operation.needs
        ):
            continue
        if verb in {"edit", "mass_edit", "export"} and not made.values:
            continue
        if verb in {"delete", "purge"} and not deletable:
            continue
        yield made.real(operation)
