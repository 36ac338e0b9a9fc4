"""The people between whom rights are decided, known to every service, and their two ways in."""

import json
import urllib.parse

from werkzeug.test import Client as WsgiClient

from crmkit.records import principals
from crmkit.testing.client import Answer, Client
from crmkit.unit_of_work import new_id
from gateway.app import create_app
from tests.service.served import BOSS, EVERYTHING, person, profile, record, role

GATEWAY = "gateway"
"""The door that all services have in common; the others are called as their services."""


class Company:
    """A line of superiors above the owner, each of whom but two lacks one verb; others beside it.

    What the owner's role owns is shared with readers and writers. It is one organisation, told to
    each service once.
    """

    def __init__(self, verbs, modules):
        self.told = []
        self.users = {"anonymous": None, "administrator": BOSS}
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
        members = [{"kind": "user", "id": self.users["member"]}]
        self._tell("group", self.group, name="Crew", members=members)
        for module in modules:
            self._rule(module, owners, party["reader"], "read")
            self._rule(module, owners, party["writer"], "read_write")

    def _line(self, who, above="", profiles=(EVERYTHING,)):
        """Somebody of a new role; its path."""
        role_id = new_id()
        path = f"{above}{role_id}/"
        self.told.append(role(role_id, path, profile_ids=list(profiles)))
        self._add(who, role_id)
        return path

    def _add(self, who, role_id):
        self.users[who] = new_id()
        self.told.append(person(self.users[who], role_id=role_id))

    def _profile_without(self, verb, verbs):
        profile_id = new_id()
        others = {"active": True, "verbs": sorted(set(verbs) - {verb})}
        self.told.append(profile(profile_id, others=others))
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
        self.told.append(record(f"crm.identity.{kind}.changed.v1", subject, **state))


class Doors:
    """Everybody's ways in: to each service directly, and through a gateway before all of them."""

    def __init__(self, company, services):
        self._company = company
        self._services = services
        self._clients = {}
        urls = {name: service.url for name, service in services.items()}
        self._gateway = WsgiClient(create_app(urls))
        for service in services.values():
            with service.database.transaction() as session:
                principals.apply_people(session, company.told)

    def token(self, who):
        """What the person shows at the doors; None for who is nobody."""
        user = self._company.users[who]
        return None if user is None else next(iter(self._services.values())).token(user)

    def answer(self, door, who, operation, path):
        """The answer that this person gets at the door of this name."""
        if (door, who) not in self._clients:
            token = self.token(who)
            made = (
                _ThroughTheGateway(self._gateway, token)
                if door == GATEWAY
                else Client(self._services[door].url, token)
            )
            self._clients[door, who] = made
        client = self._clients[door, who]
        return client.ask(operation.method, path, operation.body, headers=operation.headers)


class _ThroughTheGateway:
    """The gateway as it is served, without a socket between it and who asks."""

    def __init__(self, gateway, token):
        self._gateway = gateway
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(self, method, path, body=None, *, headers):
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        place, _, query = path.partition("?")
        reply = self._gateway.open(
            f"/api/v1{urllib.parse.unquote(place)}",
            method=method,
            query_string=query,
            data=content,
            headers=self._headers | headers,
        )
        said = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(reply.status_code, said, reply.get_data(), f"{method} {path}")
