"""Who else sends what Schemathesis makes up: those who may little, and who is nobody."""

from collections import Counter
from pathlib import Path
from typing import Any

import requests

PASSWORD = "a fuzzed correct horse"
SCOPES = ("leads:read", "accounts:write")


def tokens(url: str, administrator: str) -> dict[str, str]:
    """What each shows; nobody shows nothing. They are made, with the shipped profiles."""
    profiles = {each["name"]: each["id"] for each in _ask(url, administrator, "GET", "/profiles")}
    roles = {each["name"]: each["id"] for each in _ask(url, administrator, "GET", "/roles")}
    guests = {
        "name": "Guests",
        "parent_id": roles["Sales Person"],
        "profile_ids": [profiles["Guest"]],
    }
    guest = _ask(url, administrator, "POST", "/roles", guests)["id"]
    seller = _signed_in(url, administrator, "seller", roles["Sales Person"])
    wish = {"name": "fuzzed", "scopes": [*SCOPES]}
    key = _ask(url, seller, "POST", "/me/api-keys", wish)["api_key"]
    script = _ask(url, "", "POST", "/auth/api-key", {"api_key": key})["access_token"]
    reader = _signed_in(url, administrator, "reader", guest)
    return {"nobody": "", "guest": reader, "script": script, "seller": seller}


def spared(url: str, token: str) -> list[str]:
    """The person's id and session, of which nobody may take away what the run needs."""
    if not token:
        return []
    me = requests.get(f"{url}/api/v1/me", headers=_shown(token), timeout=30)
    page = requests.get(f"{url}/api/v1/me/sessions", headers=_shown(token), timeout=30)
    if not (me.ok and page.ok):
        return []  # a script has no scope for it, and no session
    return [me.json()["id"], *(one["id"] for one in page.json()["items"] if one["current"])]


def told(notes: Path) -> str:
    """How many requests were sent, and how many of each status they were answered with."""
    statuses = Counter(line.rsplit("\t", 1)[1] for line in notes.read_text().splitlines())
    each = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    return f"{statuses.total()} requests: {each}"


def _signed_in(url: str, administrator: str, name: str, role: str) -> str:
    about = {"username": name, "last_name": name, "email": f"{name}@example.com", "role_id": role}
    user = _ask(url, administrator, "POST", "/users", about)["id"]
    _ask(url, administrator, "POST", f"/users/{user}/password", {"password": PASSWORD})
    credentials = {"username": name, "password": PASSWORD}
    return str(_ask(url, "", "POST", "/auth/token", credentials)["access_token"])


def _ask(url: str, token: str, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(
        method, f"{url}/api/v1{path}", json=body, headers=_shown(token), timeout=30
    )
    answer.raise_for_status()
    found = answer.json() if answer.content else {}
    return found.get("items", found)


def _shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
