"""The same application under both servers it runs on, each in a process of its own."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from tests.unit.gateway.conftest import Services
from tests.unit.gateway.stub import Says, Seen, says

SCHEMAS = """
import os
from pathlib import Path
from gateway.app import create_app
create_app.__kwdefaults__["schemas"] = Path(os.environ["SCHEMAS"])
"""
GUNICORN = """
import sys
from gunicorn.app.wsgiapp import run
sys.argv = ["gunicorn", "--config", "python:gateway.server", "small:app"]
run()
"""
SMALL_APP = f"{SCHEMAS}from gateway.wsgi import app"
EVENTLET = f"""
import warnings
warnings.simplefilter("ignore")
import eventlet
eventlet.monkey_patch()
from eventlet import wsgi
from crmkit.config import Settings
{SCHEMAS}
settings = Settings.from_env()
listener = eventlet.listen((settings.host, settings.port))
wsgi.server(listener, create_app(settings.service_urls), log_output=False)
"""
Headers = dict[str, str]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(params=[GUNICORN, EVENTLET], ids=["gunicorn", "eventlet"])
def base(
    request: pytest.FixtureRequest, services: Services, schemas: Path
) -> Iterator[Callable[..., urllib3.BaseHTTPResponse]]:
    port = free_port()
    urls = {f"TANDEM_{name.upper()}_URL": stub.url for name, stub in services.items()}
    unheard = {
        f"TANDEM_{name}_URL": "http://127.0.0.1:1"
        for name in ("INVENTORY", "MESSAGING", "REPORTING")
    }
    (schemas / "small.py").write_text(SMALL_APP)
    own = {"TANDEM_PORT": str(port), "PYTHONPATH": str(schemas), "SCHEMAS": str(schemas)}
    process = subprocess.Popen(
        [sys.executable, "-c", request.param],
        env=os.environ | urls | unheard | own,
        stderr=subprocess.DEVNULL,
    )
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=16, retries=False)

    def ask(method: str, path: str, **options: object) -> urllib3.BaseHTTPResponse:
        return pool.request(method, path, **options)

    try:
        wait_for(ask)
        yield ask
    finally:
        pool.close()
        process.terminate()
        process.wait(30)


def wait_for(ask: Callable[..., urllib3.BaseHTTPResponse]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            assert ask("GET", "/healthz").status == 200
        except urllib3.exceptions.HTTPError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_requests_pass_wait_and_are_composed(
    base: Callable[..., urllib3.BaseHTTPResponse], services: Services, token: Headers
) -> None:
    together = threading.Barrier(16, timeout=20)

    def waits_for_the_others(_: Seen) -> Says:
        together.wait()
        return says({})

    services["sales"].answers["/leads/1"] = waits_for_the_others
    with ThreadPoolExecutor(16) as clients:
        answers = list(
            clients.map(lambda _: base("GET", "/api/v1/leads/1", headers=token), range(16))
        )
    assert [(answer.status, answer.data) for answer in answers] == [(200, b"{}")] * 16

    services["sales"].answers["/leads"] = lambda seen: Says(201, seen.body)
    body = b'{"last_name": "' + b"x" * 3_000_000 + b'"}'
    answer = base("POST", "/api/v1/leads", headers=token, body=body)
    assert (answer.status, answer.data) == (201, body)
    chunks = iter([b'{"a":', b" 1}"])
    answer = base("POST", "/api/v1/leads", headers=token, body=chunks, chunked=True)
    assert (answer.status, answer.data) == (201, b'{"a": 1}')
    # What is left unread of a body ends its connection.
    last = token | {"Connection": "close"}
    answer = base("POST", "/api/v1/leads", headers=last, body=b" " * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")

    for stub in services.values():
        stub.answers["/search"] = says({"items": [{"entity": "any", "id": stub.name}]})
    answer = base("GET", "/api/v1/search?q=a", headers=token)
    assert [hit["id"] for hit in answer.json()["items"]] == ["identity", "sales", "support"]
    assert answer.json()["unavailable"] == ["inventory", "messaging", "reporting"]

    assert base("HEAD", "/api/v1/leads/2", headers=token).status == 404
    answer = base("GET", "/metrics")
    wanted = 'tandem_gateway_request_seconds_count{method="GET",service="sales",status="200"} 16.0'
    assert wanted in answer.data.decode()
