"""The people between whom rights are decided, and the records about which they are asked."""

from crmkit.records import principals
from crmkit.testing.client import Client
from crmkit.testing.subject import Subject
from crmkit.unit_of_work import new_id
from tests.service.served import BOSS, EVERYTHING, person, profile, record, role


class Company:
    """A line of superiors above the owner, each of whom but two lacks one verb; others beside it.

    What the owner's role owns is shared with readers and writers.
    """

    def __init__(self, service, verbs, modules):
        self._service = service
        self._told = []
        self._users = {"anonymous": None, "administrator": BOSS}
        self._clients = {}
        top = self._line("manager")
        for verb in verbs:
            top = self._line(f"lacking {verb}", top, [self._profile_without(verb, verbs)])
        low = self._line("owner", self._line("superior", top))
        owners = low.split("/")[-2]
        self._add("colleague", owners)
        self._line("subordinate", low)
        others = {one: self._line(one) for one in ("stranger", "member", "reader", "writer")}
        party = {one: path.split("/")[-2] for one, path in others.items()}
        self.group = new_id()
        members = [{"kind": "user", "id": self._users["member"]}]
        self._tell("group", self.group, name="Crew", members=members)
        for module in modules:
            self._rule(module, owners, party["reader"], "read")
            self._rule(module, owners, party["writer"], "read_write")
        with service.database.transaction() as session:
            principals.apply_people(session, self._told)

    def _line(self, who, above="", profiles=(EVERYTHING,)):
        """Somebody of a new role; its path."""
        role_id = new_id()
        path = f"{above}{role_id}/"
        self._told.append(role(role_id, path, profile_ids=list(profiles)))
        self._add(who, role_id)
        return path

    def _add(self, who, role_id):
        self._users[who] = new_id()
        self._told.append(person(self._users[who], role_id=role_id))

    def _profile_without(self, verb, verbs):
        profile_id = new_id()
        others = {"active": True, "verbs": sorted(set(verbs) - {verb})}
        self._told.append(profile(profile_id, others=others))
        return profile_id

    def _rule(self, module, owners, readers, access):
        sides = {
            "owned_by_role_id": owners,
            "owned_by_group_id": None,
            "owned_by_subordinates": False,
            "shared_with_role_id": readers,
            "shared_with_group_id": None,
            "shared_with_subordinates": False,
        }
        self._tell("sharing_rule", new_id(), module=module, access=access, related=[], **sides)

    def _tell(self, kind, subject, **state):
        self._told.append(record(f"crm.identity.{kind}.changed.v1", subject, **state))

    def ask(self, who, operation, path):
        """The status of the answer that this person gets."""
        if who not in self._clients:
            user = self._users[who]
            token = None if user is None else self._service.token(user)
            self._clients[who] = Client(self._service.url, token)
        asked = self._clients[who].ask(
            operation.method, path, operation.body, headers=operation.headers
        )
        return asked.status

    def records(self, bench, entity):
        """The ids of a record of the owner's and of one of the group's."""
        subject = Subject(bench, entity)
        theirs, crews = subject.spare(0)["id"], subject.spare(1)["id"]
        if entity.owned:
            table = entity.model.__tablename__
            for one, owner in ((theirs, self._users["owner"]), (crews, self.group)):
                self._service.sql(f"UPDATE {table} SET owner_id = %s WHERE id = %s", owner, one)
        return theirs, crews
