"""Everything the published document allows, and much that it forbids, sent to a running suite.

`python -m tests.fuzz [--seed N] [--examples N] [--others N] [--entities N] [--only REGEX]`: no
answer is a fault of the server's, none is other than documented, and nobody is answered without a
token. Schemathesis sends, as each of several people in turn; paths name records of the company of
`tandem demo` and what is made beside it. An operation that the administrator is never answered
anything but 404 fails the run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from gateway.catalogue import SCHEMAS
from tandem.acceptance import stage
from tests.fuzz import people
from tests.fuzz.noting import CALLER, NOTES
from tests.fuzz.things import Things, Words

ROOT = Path(__file__).parents[2]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
SEED = 20260101
EXAMPLES = 8
"""For each operation, of the administrator's; others are mostly refused alike."""
OTHERS = 1
ENTITIES = 2
"""For how many entities each route is asked that all of them have, in turn."""
_MANY = 8
"""An address that so many words have in common is one that every entity has."""
ADMINISTRATOR = "administrator"
LONGEST = 200
"""Characters for each variable of a path; three of them, escaped, are no too long address."""
NOBODY = "00000000-0000-7000-8000-000000000000"
_OF_THE_CALLER = re.compile("/api/v1/(meta/)?(users?|roles?|profiles?)(/|$)")
"""Where a mass change could take from the administrator of this run what lets him in."""
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
SPARED = "/me/password|/users/.*/password|/auth/logout|/meta/.*/module"
"""What the run must not lose: its administrator's password, and the entities it is about."""
UNREACHED = re.compile(
    r"/parked-events/"  # nothing is parked in a suite in which nothing goes wrong
    r"|/jobs/{key}/file"  # only 5,001 records are exported by a job
    r"|/person-data/"  # only of a privacy request that has been answered
    r"|/numbering$"  # some entities have no numbers
)
"""Operations that may be answered 404 and nothing else, and why."""


def main() -> int:
    """The exit status of Schemathesis, or 1 when somebody without a token was answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--others", type=int, default=OTHERS)
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
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"

            def things() -> Things:
                known = (plurals(), document["components"])
                return Things(suite.url, session, *known, lambda: signed_in(suite))

            before = things()
            chosen = spread(document, options.entities, before)
            file.write_text(json.dumps(with_words(chosen, before)))
            # The administrator comes last, who may change what the others are.
            tokens = people.tokens(suite.url, token)
            failed = 0
            for who, shown in {**tokens, ADMINISTRATOR: ""}.items():
                if who == ADMINISTRATOR:
                    shown = signed_in(suite)  # noqa: PLW2901 - a token is good for ten minutes
                    session.headers["Authorization"] = f"Bearer {shown}"
                own = [before.caller, *before.sessions(current=True)]
                notes = Path(directory) / who
                notes.touch()
                told = {
                    NOTES: str(notes),
                    CALLER: " ".join([*own, *people.spared(suite.url, shown)]),
                }
                examples = options.examples if who == ADMINISTRATOR else options.others
                print(f"\n=== {who}", flush=True)
                failed |= sent(suite, shown, file, told, options, examples)
                print(f"=== {who}: {people.told(notes)}", flush=True)
            # What it asked for may have been deleted or converted by then: once more, with new.
            after = things()
            missed = [each for each in out_of_reach(notes) if not reached(each, after)]
        if missed:
            print("never answered anything but 404 or 401:", *missed, sep="\n  ")
        return failed or int(bool(missed))


def signed_in(suite: stage.Stage) -> str:
    credentials = {"username": "admin", "password": suite.password}
    answer = requests.post(f"{suite.url}/api/v1/auth/token", json=credentials, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def plurals() -> dict[str, str]:
    """The entity of each plural."""
    routes = json.loads((SCHEMAS / "catalogue.json").read_text())["routes"]
    return {plural: route["entity"] for plural, route in routes.items()}


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
            for method, operation in operations(item):
                if operation.get("security") == []:
                    continue
                address = suite.url + re.sub(r"{\w+}", NOBODY, path)
                answer = session.request(method, address, json={}, timeout=30)
                if answer.status_code != 401:
                    found.append(f"{method} {path}: {answer.status_code}")
    return found


def spread(document: dict[str, Any], entities: int, things: Things) -> dict[str, Any]:
    """The document with every route that all entities have for some of them, others for others.

    They are such as have what the path names, if there are any.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for path, item in document["paths"].items():
        for method, told in operations(item) if "x-entity" in item else ():
            _, _, rest = path.removeprefix("/api/v1/").removeprefix("meta/").partition("/")
            meta = "meta" if path.startswith("/api/v1/meta/") else ""
            # What answers by another status is an action in the place of what all entities have.
            key = (method, f"{meta}/{rest}", min(told["responses"]))
            groups.setdefault(key, []).append(path)
    for turn, ((method, *_), paths) in enumerate(sorted(groups.items())):
        if len(paths) > _MANY:
            start = turn * entities % len(paths)
            in_turn = [*paths[start:], *paths[:start]]
            harmless = [p for p in in_turn if method == "get" or not _OF_THE_CALLER.match(p)]
            good = islice(filter(things.there, harmless), entities)
            chosen = set(good) or set(harmless[:entities])
            for path in set(paths) - chosen:
                del document["paths"][path][method]
    document["paths"] = {p: item for p, item in document["paths"].items() if operations(item)}
    return document


def with_words(document: dict[str, Any], things: Things) -> dict[str, Any]:
    """The document with words of real things for the variables of its paths."""
    parameters = document["components"]["parameters"]
    for path, item in document["paths"].items():
        shared = [
            parameters[part["$ref"].rpartition("/")[2]] for part in item.pop("parameters", ())
        ]
        known = things.words(path)
        for method, operation in operations(item):
            own = [_worded(one, known.get(one["name"], ()), method) for one in shared]
            operation["parameters"] = [*own, *operation.get("parameters", ())]
    return document


def _worded(parameter: dict[str, Any], words: Words, method: str) -> dict[str, Any]:
    """What is deleted is always the last, which nobody else is told of if there are others."""
    if not words:
        return parameter
    named = words[-1:] if method == "delete" else words[:-1] or words
    anything = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    schema = {"anyOf": [{"enum": list(named)}, anything]}
    return {**parameter, "schema": schema, "example": named[0]}


def operations(item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(method, told) for method, told in item.items() if method in METHODS]


def out_of_reach(notes: Path) -> list[str]:
    """The operations that were answered, but never anything else than 404 or 401."""
    answers: dict[str, set[str]] = {}
    for line in notes.read_text().splitlines():
        label, status = line.rsplit("\t", 1)
        answers.setdefault(label, set()).add(status)
    missed = [label for label, statuses in answers.items() if statuses <= {"404", "401"}]
    missed = [label for label in missed if "/auth/" not in label]  # 401 is all they may say
    return sorted(label for label in missed if not UNREACHED.search(label))


def reached(label: str, things: Things) -> bool:
    """Whether the operation, as in `GET /api/v1/leads/{id}`, answers when it is asked by itself."""
    method, path = label.split(" ")
    if not things.there(path):
        return False
    words = {name: known[-1] for name, known in things.words(path).items()}
    return things.status(method, path.format_map(words)) not in {401, 404}


def sent(  # noqa: PLR0917
    suite: stage.Stage,
    token: str,
    file: Path,
    told: dict[str, str],
    options: argparse.Namespace,
    examples: int,
) -> int:
    chosen = ["--include-path-regex", options.only] if options.only else []
    shown = ["--header", f"Authorization: Bearer {token}"] if token else []
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "run", str(file), "--url", suite.url),
            *shown,
            *("--checks", ",".join(CHECKS), "--phases", "examples,fuzzing", "--mode", "all"),
            *("--max-examples", str(examples), "--seed", str(options.seed)),
            *("--workers", "2", "--request-timeout", "30", "--no-color"),
            *("--suppress-health-check", "all", *chosen),
            *("--exclude-path-regex", SPARED),
        ],
        env=os.environ
        | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}
        | {"SCHEMATHESIS_HOOKS": "tests.fuzz.noting", **told},
        cwd=file.parent,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
