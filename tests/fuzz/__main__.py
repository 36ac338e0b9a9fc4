"""Everything the published document allows, and much that it forbids, sent to a running suite.

`python -m tests.fuzz [--seed N] [--examples N] [--entities N] [--only REGEX]`: no answer is a
fault of the server's, none is other than documented, and nobody is answered without a token.
Schemathesis sends; ids are those of the company of `tandem demo`, so that it gets past the door.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests

from tandem.acceptance import stage

ROOT = Path(__file__).parents[2]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
SEED = 20260101
EXAMPLES = 8
ENTITIES = 2
"""For how many entities each route is asked that all of them have, in turn."""
_MANY = 8
"""An address that so many words have in common is one that every entity has."""
IDS = 3
"""How many records of each entity are named."""


def main() -> int:
    """The exit status of Schemathesis, or 1 when somebody without a token was answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--entities", type=int, default=ENTITIES)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    with stage.embedded() as suite, tempfile.TemporaryDirectory() as directory:
        token = signed_in(suite)
        fill(suite, token)
        document = requests.get(f"{suite.url}/api/openapi.json", timeout=30).json()
        if answered := let_in(suite, document):
            print("answered without a token:", *answered, sep="\n  ")
            return 1
        file = Path(directory) / "openapi.json"
        file.write_text(json.dumps(with_ids(suite, token, spread(document, options.entities))))
        return sent(suite, token, file, options)


def signed_in(suite: stage.Stage) -> str:
    credentials = {"username": "admin", "password": suite.password}
    answer = requests.post(f"{suite.url}/api/v1/auth/token", json=credentials, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def fill(suite: stage.Stage, token: str) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tandem.cli", "demo"],
        env=os.environ | {"TANDEM_URL": suite.url, "TANDEM_TOKEN": token},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def let_in(suite: stage.Stage, document: dict[str, Any]) -> list[str]:
    """The operations that are not public and yet answer somebody without a token."""
    found = []
    with requests.Session() as session:
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if operation.get("security") == []:
                    continue
                address = suite.url + path.replace("{", "").replace("}", "")
                answer = session.request(method, address, json={}, timeout=30)
                if answer.status_code != 401:
                    found.append(f"{method} {path}: {answer.status_code}")
    return found


def spread(document: dict[str, Any], entities: int) -> dict[str, Any]:
    """The document with every route that all entities have for some of them, others for others."""
    groups: dict[tuple[str, str], list[str]] = {}
    for path, item in document["paths"].items():
        for method in item:
            _, _, rest = path.removeprefix("/api/v1/").removeprefix("meta/").partition("/")
            meta = "meta" if path.startswith("/api/v1/meta/") else ""
            groups.setdefault((method, f"{meta}/{rest}"), []).append(path)
    for turn, ((method, _), paths) in enumerate(sorted(groups.items())):
        chosen = {paths[(turn * entities + n) % len(paths)] for n in range(entities)}
        for path in set(paths) - chosen if len(paths) > _MANY else ():
            del document["paths"][path][method]
    document["paths"] = {path: item for path, item in document["paths"].items() if item}
    return document


def with_ids(suite: stage.Stage, token: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document, with ids of real records for the `{id}` of each entity."""
    known: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        plural = path.removeprefix("/api/v1/").split("/")[0]
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if path.startswith(f"/api/v1/{plural}/{{id}}") and parameter.get("name") == "id":
                    if plural not in known:
                        known[plural] = ids(suite, token, plural)
                    real = {"enum": known[plural]}
                    anything = {"type": "string", "minLength": 1, "maxLength": 300}
                    parameter["schema"] = {"anyOf": [real, anything]} if real["enum"] else anything
    return document


def ids(suite: stage.Stage, token: str, plural: str) -> list[str]:
    page = requests.get(
        f"{suite.url}/api/v1/{plural}",
        params={"limit": IDS, "fields": "id"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    return [item["id"] for item in page.json().get("items", ())]


def sent(suite: stage.Stage, token: str, file: Path, options: argparse.Namespace) -> int:
    chosen = ["--include-path-regex", options.only] if options.only else []
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "run", str(file), "--url", suite.url),
            *("--header", f"Authorization: Bearer {token}"),
            *("--checks", ",".join(CHECKS), "--phases", "fuzzing", "--mode", "all"),
            *("--max-examples", str(options.examples), "--seed", str(options.seed)),
            *("--workers", "2", "--request-timeout", "30", "--no-color"),
            *("--suppress-health-check", "all", *chosen),
            # Its own password is the one thing the administrator of this run must not lose.
            *("--exclude-path-regex", "/me/password|/users/.*/password|/auth/logout"),
        ],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        cwd=file.parent,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
