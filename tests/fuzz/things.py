"""What a path's variables may name: things made through the API for the routes that are fuzzed."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import requests

SOURCE, TAG, MAPPING, FIELD = "fuzz", "fuzzed", "fuzzed", "cf_fuzzed"
_RECORDS = 4
_MADE = 3
"""Of each thing: the last is the one that deletes may name, so that the others stay."""
_OWN_FIELD = {"kind": "text", "labels": {"en": "Fuzzed"}}

Words = Sequence[str]


class Things:
    """Known words for the variables of a path, by way of a signed-in `session`.

    `sign_in` opens another session of the same person.
    """

    def __init__(
        self,
        url: str,
        session: requests.Session,
        entities: dict[str, str],
        components: dict[str, Any],
        sign_in: Callable[[], object],
    ) -> None:
        self._url = f"{url}/api/v1"
        self._sign_in = sign_in
        self._schemas = components["schemas"]
        self._session = session
        self._entities = entities
        self._plurals = {entity: plural for plural, entity in entities.items()}
        self._of: dict[str, _Records] = {}
        self._fields: dict[str, Words] = {}

    def words(self, path: str) -> dict[str, Words]:
        """For each variable of `/api/v1/leads/{id}/comments/{comment}`: the words it may have."""
        path = path.removeprefix("/api/v1")
        first, _, rest = path[1:].partition("/")
        if first == "meta":
            entity, _, rest = rest.partition("/")
            return self._of_meta(entity, rest)
        if first not in self._entities:
            return self._of_nobody(path)
        records = self.of(first)
        if rest.startswith("{id}"):
            return {"id": records.ids, **_called(_BELOW, rest, records)}
        return _called(_BESIDE, rest, records)

    @cached_property
    def caller(self) -> str:
        """The id of who asks."""
        return str(self.ask("GET", "/me")["id"])

    def sessions(self, *, current: bool) -> Words:
        """The ids of the session that asks, or of the person's others."""
        page = self.ask("GET", "/me/sessions")
        return [one["id"] for one in page["items"] if one["current"] is current]

    def there(self, path: str) -> bool:
        """Whether there is something for each of its variables."""
        known = self.words(path)
        return all(known.get(name) for name in re.findall(r"{(\w+)}", path))

    def of(self, plural: str) -> "_Records":
        return self._of.setdefault(plural, _Records(self, plural))

    def plural(self, entity: str) -> str:
        return self._plurals.get(entity, "")

    def entity(self, plural: str) -> str:
        return self._entities[plural]

    def sent(self, plural: str) -> set[str]:
        """The fields of a new record."""
        model = "".join(word.capitalize() for word in self._entities[plural].split("_"))
        return set(self._schemas.get(f"{model}Create", {}).get("properties", ()))

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """The answer's JSON; nothing if it refuses."""
        answer = self._session.request(method, self._url + path, timeout=30, **sent)
        return answer.json() if answer.ok and answer.content else {}

    def status(self, method: str, path: str) -> int:
        """The status of the answer to a request with an empty body."""
        address = self._url + path.removeprefix("/api/v1")
        return self._session.request(method, address, json={}, timeout=30).status_code

    def _of_meta(self, entity: str, rest: str) -> dict[str, Words]:
        if rest.startswith("fields/"):
            if entity not in self._fields:
                names = [f"{FIELD}_{n}" for n in range(_MADE)]
                for name in names:
                    self.ask("POST", f"/meta/{entity}/fields", json={**_OWN_FIELD, "name": name})
                self._fields[entity] = names
            return {"field": self._fields[entity]}
        lists = self.ask("GET", f"/meta/{entity}/picklists").get("items", ())
        found = [one for one in lists if one.get("values")]
        if not found:
            return {}
        name = found[0]["field"]
        at = f"/meta/{entity}/picklists/{name}/values"
        for n in range(_MADE):
            self.ask("POST", at, json={"value": f"fuzzed {n}"})
        return {"field": [name], "value": [f"fuzzed {n}" for n in range(_MADE)]}

    def _of_nobody(self, path: str) -> dict[str, Words]:
        if path.startswith("/tags/"):
            return {"tag": [TAG]}
        if path.startswith("/sessions/"):
            self._sign_in()
            return {"id": self.sessions(current=False)}
        if path.startswith("/api-keys/"):
            wish = {"name": "fuzzed", "scopes": ["all:read"]}
            return {"id": self.made("/me/api-keys", [wish] * _MADE)}
        if path.startswith("/identity-providers/"):
            wish = {"name": "F", "client_id": "f", "issuer": "https://issuer.example"}
            wishes = [{**wish, "key": f"fuzzed{n}"} for n in range(_MADE)]
            return {"id": self.made("/identity-providers", wishes)}
        return {}

    def made(self, path: str, wishes: Sequence[dict[str, Any]]) -> Words:
        """The ids of what was made of these."""
        made = [self.ask("POST", path, json=wish).get("id") for wish in wishes]
        return [each for each in made if each]


class _Records:
    """What there is of one entity; each thing is made when it is first asked for."""

    def __init__(self, things: Things, plural: str) -> None:
        self._things = things
        self._plural = plural

    @cached_property
    def ids(self) -> Words:
        me = self._things.caller
        query = {"limit": _RECORDS + 1, "fields": "id"}
        page = self._things.ask("GET", f"/{self._plural}", params=query)
        return [item["id"] for item in page.get("items", ()) if item["id"] != me][:_RECORDS]

    @cached_property
    def _first(self) -> str:
        return f"/{self._plural}/{self.ids[0]}" if self.ids else f"/{self._plural}/none"

    @cached_property
    def comments(self) -> dict[str, Words]:
        said = [{"body": "Hello"}] * _MADE
        return {"id": self.ids[:1], "comment": self._things.made(f"{self._first}/comments", said)}

    @cached_property
    def tags(self) -> dict[str, Words]:
        self._things.ask("PUT", f"{self._first}/tags/{TAG}")
        self._things.ask("PUT", f"{self._first}/tags/{TAG} too")
        return {"id": self.ids[:1], "tag": [TAG, f"{TAG} too"]}

    @cached_property
    def views(self) -> dict[str, Words]:
        every = self._things.ask("GET", f"/{self._plural}/views").get("items", ())
        columns = every[0]["columns"] if every else ["id"]
        wishes = [{"name": f"fuzzed {n}", "columns": columns} for n in range(_MADE)]
        return {"key": self._things.made(f"/{self._plural}/views", wishes)}

    @cached_property
    def jobs(self) -> dict[str, Words]:
        at = f"/meta/{self._things.entity(self._plural)}/fields"
        self._things.ask("POST", at, json={**_OWN_FIELD, "name": f"{FIELD}_gone"})
        job = self._things.ask("DELETE", f"{at}/{FIELD}_gone")
        return {"key": [job["id"]] if job else []}

    @cached_property
    def imports(self) -> dict[str, Words]:
        path = f"/{self._plural}/imports"
        made = [
            self._things.ask(
                "POST", path, data=b"name\nfuzzed\n", headers={"Content-Type": "text/csv"}
            ).get("id")
            for _ in range(_MADE)
        ]
        return {"key": [key for key in made if key]}

    @cached_property
    def mappings(self) -> dict[str, Words]:
        names = [MAPPING, f"{MAPPING} too"]
        for name in names:
            self._things.ask("PUT", f"/{self._plural}/imports/mappings/{name}", json={})
        return {"name": names}

    @cached_property
    def external(self) -> dict[str, Words]:
        record = self._things.ask("GET", self._first)
        sent = self._things.sent(self._plural)
        copy = {name: record[name] for name in sent & record.keys() if record[name] is not None}
        made = self._things.ask("PUT", f"/{self._plural}/external/{SOURCE}/1", json=copy)
        return {"source": [SOURCE], "key": ["1"] if made else []}

    @cached_property
    def lists(self) -> dict[str, Words]:
        lists = self._things.ask("GET", f"{self._first}/related").get("items", ())
        return {"id": self.ids[:1], "listed": [one["name"] for one in lists]}

    @cached_property
    def linked(self) -> dict[str, Words]:
        lists = self._things.ask("GET", f"{self._first}/related").get("items", ())
        for one in lists:
            plural = self._things.plural(one["entity"])
            others = self._things.of(plural).ids if one["select"] and plural else ()
            if others:
                at = f"{self._first}/related/{one['name']}"
                for other in others:
                    self._things.ask("PUT", f"{at}/{other}", json={})
                return {"id": self.ids[:1], "listed": [one["name"]], "other": others}
        return self.lists


_BELOW: dict[str, Callable[[_Records], dict[str, Words]]] = {
    "{id}/comments/{comment}": lambda records: records.comments,
    "{id}/tags/{tag}": lambda records: records.tags,
    "{id}/related/{listed}/{other}": lambda records: records.linked,
    "{id}/related/{listed}": lambda records: records.lists,
}
_BESIDE: dict[str, Callable[[_Records], dict[str, Words]]] = {
    "views/{key}": lambda records: records.views,
    "jobs/{key}": lambda records: records.jobs,
    "imports/mappings/{name}": lambda records: records.mappings,
    "imports/{key}": lambda records: records.imports,
    "external/{source}/{key}": lambda records: records.external,
}


def _called(
    known: dict[str, Callable[[_Records], dict[str, Words]]], rest: str, records: _Records
) -> dict[str, Words]:
    for beginning, words in known.items():
        if rest.startswith(beginning):
            return words(records)
    return {}
