"""Rows per second of an import of contacts: `python -m bench.imports [ROWS] [up]`.

Starts a suite of its own, in one process or `up` in several, sends a CSV file of people with
sixteen columns and a link to one of fifty accounts, and has it imported for good. Counted is the
job, from its first part to its last; what its events set off goes on meanwhile. Nothing else
should run.
"""

import csv
import io
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import requests

from bench.company import Company
from bench.meter import used
from crmkit.config import Settings
from tandem.acceptance import stage

_AIM = 2_000
_ACCOUNTS = 50
_PERSON = {
    "First name": "Ada",
    "Last name": "Lovelace {n}",
    "Email": "ada{n}@example.com",
    "Phone": "+49 30 12345",
    "Mobile": "+49 170 12345",
    "Title": "Engineer",
    "Department": "Research",
    "Lead source": "web site",
    "Birthdate": "1970-01-02",
    "Mailing street": "Long Street {n}",
    "Mailing city": "Berlin",
    "Mailing code": "10115",
    "Mailing country": "Germany",
    "Account": "Account {account}",
    "Do not call": "no",
    "Description": "Some words about this person",
}


class Imported(NamedTuple):
    """Rows a second, and the CPU milliseconds of all processes for a row."""

    rows: float
    cpu: float


def people(rows: int, more: Mapping[str, str]) -> bytes:
    """A file of them; `more` has further columns, or other cells for these."""
    person = {**_PERSON, **more}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(person)
    for n in range(rows):
        account = n % _ACCOUNTS
        writer.writerow([cell.format(n=n, account=account) for cell in person.values()])
    return text.getvalue().encode()


def know_accounts(company: Company) -> None:
    """Make what the people are linked to."""
    for n in range(_ACCOUNTS):
        company.call("POST", "/accounts", {"name": f"Account {n}"})


def measure(
    company: Company, rows: int, more: Mapping[str, str] | None = None, **plan: Any
) -> Imported:
    """Import so many, by the proposed plan and `plan`."""
    headers = {"Authorization": f"Bearer {company.token}", "Content-Type": "text/csv"}
    at = f"{company.stage.url}/api/v1/contacts/imports"
    sent = requests.post(at, data=people(rows, more or {}), headers=headers, timeout=60)
    sent.raise_for_status()
    begun = sent.json()
    before = used(company.stage)
    job = company.call("POST", f"/contacts/imports/{begun['id']}/run", begun["proposal"] | plan)
    while job["state"] in {"queued", "running"}:
        time.sleep(0.25)
        job = company.call("GET", f"/contacts/jobs/{job['id']}")
    spent = used(company.stage).since(before).cpu
    if job["result"] != {"created": rows}:
        raise RuntimeError(f"the import ended as {job['state']}: {job['result']} {job['error']}")
    took = _seconds(job["finished_at"]) - _seconds(job["started_at"])
    each = ", ".join(f"{kind} {1000 * cpu / rows:.2f} ms" for kind, cpu in spent.items())
    print(f"{rows:,} contacts: {rows / took:,.0f} rows/s (aim {_AIM:,}); CPU per row {each}")
    return Imported(rows / took, 1000 * sum(spent.values()) / rows)


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def main(rows: str = "20000", mode: str = "embedded") -> None:
    with stage.up(Settings.from_env()) if mode == "up" else stage.embedded() as suite:
        company = Company(suite, at_once=1)
        know_accounts(company)
        measure(company, 400)
        company.settled()
        measure(company, int(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
