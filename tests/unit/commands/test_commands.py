"""What the person at the keyboard sees: one line for each refusal, and the right exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from contracts.services import SERVICE_PORTS
from tandem.cli import app
from tandem.commands.import_northwind import report
from tandem.northwind.pouring import Summary
from tandem.northwind.tables import RowFault
from tests.unit.commands.conftest import Gateway

PARKED = {
    "id": "42",
    "type": "crm.sales.lead.created.v1",
    "subscription": "reporting.facts",
    "parked_at": "2026-11-22T01:54:13Z",
    "attempts": 5,
    "error": "boom",
    "service": "reporting",
}


@pytest.fixture(autouse=True)
def nobody_signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("TANDEM_URL", "TANDEM_TOKEN", "TANDEM_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def signed_in(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("TANDEM_URL", gateway.url)
    monkeypatch.setenv("TANDEM_TOKEN", "t")
    return gateway


def run(*arguments: str, **options: Any) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments), **options)
    return result.exit_code, result.stdout, result.stderr


def test_login_asks_for_the_password_and_keeps_the_sign_in(
    gateway: Gateway, tmp_path: Path
) -> None:
    gateway.says(200, {"access_token": "a", "refresh_token": "r"})
    gateway.says(200, {"username": "admin"})
    code, out, _ = run("login", "--url", gateway.url, input="admin\nsecret\n")
    assert (code, out.splitlines()[-1]) == (0, f"Signed in at {gateway.url} as admin.")
    assert "secret" not in out
    assert gateway.heard[0].body == {"username": "admin", "password": "secret"}
    assert (tmp_path / "tandem" / "credentials.json").exists()


def test_a_wrong_password_is_one_line(gateway: Gateway, tmp_path: Path) -> None:
    gateway.says(401, {"code": "wrong_credentials", "detail": "No.", "request_id": "x"})
    code, _, err = run("login", "--url", gateway.url, input="admin\nsecret\n")
    assert (code, err.splitlines()[-1]) == (1, "tandem: No. (wrong_credentials, request x)")
    assert not (tmp_path / "tandem").exists()


@pytest.mark.parametrize("command", [["demo"], ["parked", "list"], ["import", "northwind", "."]])
def test_nobody_signed_in_is_told_how(command: list[str]) -> None:
    code, _, err = run(*command)
    assert code == 2
    assert "run `tandem login`" in err


def test_a_directory_without_the_files_is_told_in_one_line(
    signed_in: Gateway, tmp_path: Path
) -> None:
    code, _, err = run("import", "northwind", str(tmp_path))
    file = tmp_path / "employees.csv"
    assert (code, err) == (2, f"tandem: {file} cannot be read: No such file or directory\n")
    assert signed_in.heard == []


def test_parked_events_of_all_services_are_listed(signed_in: Gateway) -> None:
    signed_in.says(200, {"items": [PARKED], "next_cursor": "c", "unavailable": []})
    signed_in.says(200, {"items": [], "next_cursor": None, "unavailable": ["sales"]})
    code, out, err = run("parked", "list")
    assert (code, err) == (1, "tandem: no answer from sales\n")
    assert all(str(value) in out for value in PARKED.values())


@pytest.mark.parametrize(
    ("command", "asked"),
    [("list", ("GET", "/signing-keys")), ("rotate", ("POST", "/signing-keys/rotate"))],
)
def test_signing_keys_are_shown_and_replaced(
    signed_in: Gateway, command: str, asked: tuple[str, str]
) -> None:
    at = {"created_at": "2026-11-22T01:54:13Z", "signs_from": "2026-11-22T02:04:13Z"}
    items = [{"kid": "next", "signing": False, **at}, {"kid": "now", "signing": True, **at}]
    signed_in.says(200, {"items": items})
    code, out, err = run("keys", command)
    assert (code, err) == (0, "")
    assert [(one.method, one.path) for one in signed_in.heard] == [(asked[0], f"/api/v1{asked[1]}")]
    rows = [row for row in out.splitlines() if "2026-11-22T02:04:13Z" in row]
    assert [("next" in row, "now" in row, "yes" in row) for row in rows] == [
        (True, False, False),
        (False, True, True),
    ]


def test_no_parked_event_is_said(signed_in: Gateway) -> None:
    signed_in.says(200, {"items": [], "next_cursor": None})
    assert run("parked", "list", "--service", "sales")[:2] == (0, "No event is parked.\n")
    assert signed_in.heard[0].path == "/api/v1/parked-events?limit=200&service=sales"


def test_parked_events_are_decided_one_by_one(signed_in: Gateway) -> None:
    signed_in.says(200, PARKED)
    signed_in.says(409, {"code": "already_decided", "detail": "Too late.", "request_id": "x"})
    code, out, err = run("parked", "retry", "sales", "42", "43")
    assert (code, out) == (1, "42 will be tried again.\n")
    assert err == "tandem: Too late. (already_decided, request x)\n"
    assert [said.path for said in signed_in.heard] == [
        "/api/v1/parked-events/sales/42/retry",
        "/api/v1/parked-events/sales/43/retry",
    ]


def test_the_first_bad_row_of_each_audit_is_named(signed_in: Gateway, tmp_path: Path) -> None:
    kept = tmp_path / "heads"
    head = {"service": "sales", "day": "2026-01-01", "seq": 4, "at": "x", "hash": "aa"}
    kept.write_text(json.dumps(head) + "\n")
    for service in SERVICE_PORTS:
        bad = {"day": "2026-01-02", "seq": 3, "wrong": "altered"} if service == "support" else None
        whole = {"service": service, "checked": 2, "bad": bad, "next_cursor": None}
        if service == "identity":
            signed_in.says(200, {"items": [whole | {"next_cursor": "2026-01-01/2"}]})
        signed_in.says(200, {"items": [whole]})
        if service == "sales":
            signed_in.says(200, {"items": [{"hash": "bb"}]})
    code, out, err = run("audit", "verify", "--heads", str(kept))
    assert code == 1
    assert out.splitlines()[0] == "identity: 4 rows are in order."
    assert err.splitlines() == [
        "tandem: sales: 2026-01-01, row 4 is rewritten, or one before it.",
        "tandem: support: 2026-01-02, row 3 is altered.",
    ]


def test_heads_are_printed_to_be_kept(signed_in: Gateway) -> None:
    head = {"service": "sales", "day": "2026-01-01", "seq": 4, "at": "x", "hash": "aa"}
    for service in SERVICE_PORTS:
        signed_in.says(200, {"items": [head] if service == "sales" else [], "unavailable": []})
    code, out, _ = run("audit", "heads")
    assert (code, [json.loads(line) for line in out.splitlines()]) == (0, [head])


def test_the_report_of_an_import_lists_the_bad_rows_in_order() -> None:
    faults = [
        RowFault("products.csv", 7, (("unitPrice", "is [red] wrong"), ("productName", "too"))),
        RowFault("products.csv", 3, (("unitPrice", "is wrong"),)),
        RowFault("products.csv", 3, (("(row)", "needs another"),)),
    ]
    console = Console(record=True, width=100)
    with console.capture() as captured:
        report(Summary(faults), console)
    assert captured.get().splitlines()[-5:] == [
        "products.csv row 3: unitPrice: is wrong",
        "products.csv row 3: (row): needs another",
        "products.csv row 7: unitPrice: is [red] wrong",
        "products.csv row 7: productName: too",
        "2 bad rows; all others are in.",
    ]


def test_a_run_that_changed_nothing_says_so() -> None:
    console = Console(record=True, width=100)
    with console.capture() as captured:
        report(Summary([]), console)
    assert captured.get().endswith("Nothing changed: everything was there already.\n")
