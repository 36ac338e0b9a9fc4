"""The client: signs in and stays so, repeats what may be repeated, and names every bad field."""

import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tandem import credentials
from tandem.client import ApiError, Client, Unreachable
from tandem.credentials import Credentials, NotSignedIn
from tests.unit.commands.conftest import Gateway

TOKENS = {"access_token": "first", "refresh_token": "r1"}
RENEWED = {"access_token": "second", "refresh_token": "r2"}


def test_signing_in_keeps_the_tokens_for_their_owner_alone(
    gateway: Gateway, tmp_path: Path
) -> None:
    gateway.says(200, TOKENS)
    gateway.says(200, {"username": "admin"})
    path = tmp_path / "tandem" / "credentials.json"
    with Client.sign_in(gateway.url, "admin", "secret", kept_in=path) as client:
        assert client.get("/me") == {"username": "admin"}
    assert gateway.heard[0].path == "/api/v1/auth/token"
    assert gateway.heard[0].body == {"username": "admin", "password": "secret"}
    assert gateway.heard[1].headers["Authorization"] == "Bearer first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert credentials.load(path) == Credentials(gateway.url, "first", "r1")


def test_a_token_that_has_run_out_is_renewed_once_and_kept(
    gateway: Gateway, tmp_path: Path
) -> None:
    path = tmp_path / "credentials.json"
    credentials.save(path, Credentials(gateway.url, "first", "r1"))
    gateway.says(401, {"code": "unauthenticated"})
    gateway.says(200, RENEWED)
    gateway.says(200, {"items": [], "next_cursor": None})
    with Client(Credentials(gateway.url, "first", "r1"), kept_in=path) as client:
        client.get("/leads")
    assert [said.path for said in gateway.heard] == [
        "/api/v1/leads",
        "/api/v1/auth/refresh",
        "/api/v1/leads",
    ]
    assert gateway.heard[1].body == {"refresh_token": "r1"}
    assert gateway.heard[2].headers["Authorization"] == "Bearer second"
    assert credentials.load(path) == Credentials(gateway.url, "second", "r2")


def test_what_another_process_renewed_is_taken_over(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    credentials.save(path, Credentials(gateway.url, "second", "r2"))
    gateway.says(401, {"code": "unauthenticated"})
    gateway.says(200, {})
    with Client(Credentials(gateway.url, "first", "r1"), kept_in=path) as client:
        client.get("/leads")
    assert gateway.heard[1].headers["Authorization"] == "Bearer second"


def test_threads_that_meet_a_spent_token_renew_it_once(gateway: Gateway) -> None:
    """A refresh token that is used twice ends the sign-in."""
    both_refused = threading.Barrier(2, timeout=10)

    class Waiting(Client):
        def _renewed(self, spent: str) -> str:
            both_refused.wait()
            return super()._renewed(spent)

    for document in ({}, {}):
        gateway.says(401, document)
    gateway.says(200, RENEWED)
    for document in ({}, {}):
        gateway.says(200, document)
    with (
        Waiting(Credentials(gateway.url, "first", "r1")) as client,
        ThreadPoolExecutor(2) as pool,
    ):
        assert list(pool.map(client.get, ["/leads", "/leads"])) == [{}, {}]
    renewals = [said for said in gateway.heard if said.path.endswith("/refresh")]
    assert len(renewals) == 1


def test_a_sign_in_that_is_over_says_so(gateway: Gateway) -> None:
    gateway.says(401, {"code": "unauthenticated"})
    gateway.says(401, {"code": "refresh_token_reused"})
    gateway.says(401, {"code": "unauthenticated"})
    with (
        Client(Credentials(gateway.url, "first", "r1")) as client,
        pytest.raises(NotSignedIn, match=r"over \(refresh_token_reused\): run `tandem login`"),
    ):
        client.get("/leads")
    with (
        Client(Credentials(gateway.url, "fixed")) as client,
        pytest.raises(NotSignedIn, match="TANDEM_TOKEN is not accepted"),
    ):
        client.get("/leads")


def test_a_token_in_the_environment_comes_before_the_sign_in(
    gateway: Gateway, tmp_path: Path
) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    credentials.save(credentials.default_path(environment), Credentials(gateway.url, "kept", "r"))
    gateway.says(200, {})
    gateway.says(200, {})
    with Client.from_env(environment) as client:
        client.get("/me")
    with Client.from_env({"TANDEM_URL": gateway.url, "TANDEM_TOKEN": "given"}) as client:
        client.get("/me")
    assert [said.headers["Authorization"] for said in gateway.heard] == [
        "Bearer kept",
        "Bearer given",
    ]


def test_nobody_signed_in_is_told_how(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    with pytest.raises(NotSignedIn, match=r"at http://127\.0\.0\.1:8000: run `tandem login`"):
        Client.from_env(environment)
    path = credentials.default_path(environment)
    credentials.save(path, Credentials("http://a.example", "t", "r"))
    with pytest.raises(NotSignedIn, match=r"at http://b\.example"):
        Client.from_env(environment | {"TANDEM_URL": "http://b.example"})
    path.write_text("{")
    with pytest.raises(NotSignedIn, match="cannot be read"):
        Client.from_env(environment)


def test_a_post_is_repeated_under_one_key_until_the_service_is_back(gateway: Gateway) -> None:
    gateway.says(503, {"code": "service_unavailable"}, Retry_After="0")
    gateway.says(409, {"code": "request_in_progress"})
    gateway.says(201, {"id": "1"})
    gateway.says(201, {"id": "2"})
    with Client(Credentials(gateway.url, "t")) as client:
        assert client.post("/leads", {"last_name": "Nolan"}) == {"id": "1"}
        client.post("/leads", {"last_name": "Nolan"})
    keys = [said.headers["Idempotency-Key"] for said in gateway.heard]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert {str(said.body) for said in gateway.heard} == {"{'last_name': 'Nolan'}"}


def test_patience_ends(gateway: Gateway) -> None:
    gateway.says(503, {"code": "service_unavailable", "detail": "Sales is down."})
    with Client(Credentials(gateway.url, "t"), patience=0) as client:
        with pytest.raises(ApiError, match="Sales is down") as refused:
            client.get("/leads")
        assert refused.value.status == 503
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Client(Credentials(f"http://127.0.0.1:{port}", "t"), patience=0) as client,
        pytest.raises(Unreachable, match=f"http://127.0.0.1:{port} cannot be reached"),
    ):
        client.get("/leads")


def test_a_refusal_lists_every_bad_field(gateway: Gateway) -> None:
    errors = [
        {"pointer": "/last_name", "code": "required", "detail": "Field required"},
        {"pointer": "/lines/2/quantity", "code": "invalid", "detail": "must be more"},
    ]
    document = {"code": "validation_failed", "detail": "2 fields are wrong.", "request_id": "abc"}
    gateway.says(422, document | {"errors": errors})
    with (
        Client(Credentials(gateway.url, "t")) as client,
        pytest.raises(ApiError) as refused,
    ):
        client.post("/leads")
    assert str(refused.value) == (
        "2 fields are wrong. (validation_failed, request abc)\n"
        "  /last_name: Field required\n"
        "  /lines/2/quantity: must be more"
    )


def test_an_answer_that_is_no_problem_document_is_shown_too(gateway: Gateway) -> None:
    gateway.says(404)
    with (
        Client(Credentials(gateway.url, "t")) as client,
        pytest.raises(ApiError, match=r"HTTP 404 Not Found \(http_404, request unknown\)"),
    ):
        client.get("/nowhere")


def test_a_list_is_read_to_its_end(gateway: Gateway) -> None:
    gateway.says(200, {"items": [{"id": "1"}], "next_cursor": "c=1"})
    gateway.says(200, {"items": [{"id": "2"}], "next_cursor": None})
    with Client(Credentials(gateway.url, "t")) as client:
        found = list(client.each("leads", **{"filter[status]": "Hot"}))
    assert found == [{"id": "1"}, {"id": "2"}]
    assert gateway.heard[1].path == "/api/v1/leads?limit=200&filter%5Bstatus%5D=Hot&cursor=c%3D1"


def test_an_upsert_escapes_its_key_and_tells_the_outcome(gateway: Gateway) -> None:
    gateway.says(200, {"id": "1"}, Tandem_Outcome="unchanged")
    with Client(Credentials(gateway.url, "t")) as client:
        answer = client.upsert("leads", "old crm", "a/b", {"last_name": "Nolan"})
    assert (answer.outcome, answer.body) == ("unchanged", {"id": "1"})
    assert gateway.heard[0].path == "/api/v1/leads/external/old%20crm/a%2Fb"
