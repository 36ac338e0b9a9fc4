"""All services with the people who meet at them, and records to ask about."""

from crmkit.testing.subject import Subject
from crmkit.unit_of_work import new_id
from crmkit.verbs import RECORD_VERBS, TOOLS
from tests.service.matrix.asked import Made
from tests.service.matrix.company import Company, Doors
from tests.service.matrix.expected import exists
from tests.service.matrix.operations import NOWHERE, Operation
from tests.service.served import serving_all
from tests.service.test_battery import ENTITIES, bench


class Running:
    """All services, a gateway before them, and the people whom they know."""

    def __init__(self, stack):
        self.services = stack.enter_context(serving_all([*ENTITIES]))
        entities = [entity for some in ENTITIES.values() for entity in some.values()]
        own = {verb for entity in entities for verb in entity.verbs}
        owned = {e.follows or e.name for e in entities if e.access == "owned"}
        self.company = Company(sorted(RECORD_VERBS | TOOLS | own), sorted(owned))
        self.doors = Doors(self.company, self.services)
        self._benches = {name: bench(self.services[name], ENTITIES[name]) for name in ENTITIES}

    def subject(self, service, entity):
        return Subject(self._benches[service], entity)

    def give(self, service, entity, record_id, who):
        """Let somebody own it, or the group."""
        owner = self.company.group if who == "crew" else self.company.users[who]
        table = entity.model.__tablename__
        statement = f"UPDATE {table} SET owner_id = %s WHERE id = %s"
        self.services[service].sql(statement, owner, record_id)

    def made(self, service, entity):
        """What the matrix is about, of this entity."""
        subject = self.subject(service, entity)
        theirs, crews = subject.spare(0), subject.spare(1)
        new, values, binned = {}, {}, NOWHERE
        if subject.creatable:
            new = subject.accepted(0) | {
                name: subject.sample(name, declared, 7)
                for name, declared in subject.writable.items()
                if name in subject.accepted(0) and subject.unique(name, declared)
            }
        if entity.allows("edit") and (found := subject.changed(theirs)):
            values = {found[0]: theirs[found[0]]}
        if subject.creatable and subject.deletable:
            binned = subject.make(full=False, turn=2)["id"]
            subject.bench.admin.ask("DELETE", f"{subject.at}/{binned}").expect(204)
        if entity.owned:
            self.give(service, entity, theirs["id"], "owner")
            self.give(service, entity, crews["id"], "crew")
        return Made(theirs["id"], crews["id"], binned, new, values)

    def own(self, service, entity):
        """What somebody may have of an entity for themselves, by the word in its path: who has it,
        and its key.
        """
        reader = "administrator" if entity.access == "admin_only" else "owner"
        writer = "owner" if entity.access in {"owned", "shared"} else "administrator"

        def made(who, path, body, headers=()):
            asked = Operation("POST", path, (), body=body, headers=dict(headers))
            return self.doors.answer(service, who, asked, path).expect(201)["id"]

        views = f"/{entity.plural}/views"
        shipped = self.doors.answer(service, reader, Operation("GET", views, ()), views).json
        wish = {"name": f"Own {new_id()}", "columns": shipped["items"][0]["columns"]}
        keys = {"views": (reader, made(reader, views, wish))}
        if exists(entity, "import"):
            csv = {"Content-Type": "text/csv"}
            sent = made(writer, f"/{entity.plural}/imports", b"name\nOwn\n", csv)
            keys["imports"] = (writer, sent)
        job = new_id()
        self.services[service].sql(
            "INSERT INTO job (id, kind, entity, actor_id, parameters, request_id, traceparent)"
            " VALUES (%s, 'mass', %s, %s, '{}', '', '')",
            *(job, entity.name, self.company.users["owner"]),
        )
        return {**keys, "jobs": ("owner", job)}

    def known(self, service, entity, made):
        """Tell a service of another one's records, as their events do."""
        for record_id, who in ((made.theirs, "owner"), (made.crews, "crew")):
            users = {**self.company.users, "crew": self.company.group}
            self.services[service].sql(
                "INSERT INTO linked_record (record_id, entity, label, deleted, version, owner_id)"
                " VALUES (%s, %s, 'Known', false, 1, %s) ON CONFLICT DO NOTHING",
                record_id,
                entity.name,
                users[who] if entity.owned else None,
            )
