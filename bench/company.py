"""The company that is measured: enough records that a list or a report has something to do."""

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from bench.seeding import multiply
from tandem.acceptance.stage import Stage

_BY_HAND = 100


@dataclass
class Company:
    """A signed-in client with kept-alive connections, and what it has created.

    It is the administrator unless it gives a username and a password.
    """

    stage: Stage
    at_once: int
    username: str = "admin"
    password: str = ""
    token: str = ""
    products: list[str] = field(default_factory=list)
    account_id: str = ""

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.mount("http://", HTTPAdapter(pool_maxsize=self.at_once))
        self.token = self.login()
        self._headers = {"Authorization": f"Bearer {self.token}"}

    def login(self) -> str:
        body = {"username": self.username, "password": self.password or self.stage.password}
        url = f"{self.stage.url}/api/v1/auth/token"
        answer = self._http.post(url, json=body, timeout=60)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = dict(self._headers)
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        answer = self._http.request(
            method, f"{self.stage.url}/api/v1{path}", json=body, headers=headers, timeout=60
        )
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def populate(self, leads: int, opportunities: int) -> None:
        """Products with stock, an account, and so many leads and opportunities.

        Opportunities are spread over their stages; beyond a hundred of each, records are copies.
        """
        for number in range(5):
            product = self.call("POST", "/products", {"name": f"Product {number}"})
            movement = {"product_id": product["id"], "quantity": "1000000", "reason": "opening"}
            self.call("POST", "/stock-movements", movement)
            self.products.append(product["id"])
        self.account_id = self.call("POST", "/accounts", {"name": "Measured Inc."})["id"]
        self._many("/leads", "lead", leads, lead, told=False)
        self._many("/opportunities", "opportunity", opportunities, self.deal, told=True)

    def _many(
        self, path: str, table: str, number: int, record: Callable[[int], Any], *, told: bool
    ) -> None:
        by_hand = min(number, _BY_HAND)
        with ThreadPoolExecutor(self.at_once) as pool:
            made = list(pool.map(lambda n: self.call("POST", path, record(n)), range(by_hand)))
        copies = number // by_hand - 1 if by_hand else 0
        if copies:
            for original in made:
                multiply(self.stage, table, original["id"], copies, told=told)

    def deal(self, number: int) -> dict[str, Any]:
        stages = ("Prospecting", "Qualification", "Needs Analysis", "Closed Won")
        return {
            "name": f"Deal {number}",
            "account_id": self.account_id,
            "amount": "1250.00",
            "closing_date": "2027-01-31",
            "stage": stages[number % len(stages)],
        }

    def settled(self) -> None:
        """Wait until no event is on its way: every outbox empty, twice in a row."""
        calm = 0
        while calm < 2:
            backlog = sum(
                float(line.rsplit(" ", 1)[1])
                for address in self.stage.processes
                for line in requests.get(f"{address}/metrics", timeout=10).text.splitlines()
                if line.startswith("tandem_outbox_backlog{")
            )
            calm = calm + 1 if backlog == 0 else 0
            time.sleep(5.5)  # the gauges are measured every five seconds


def lead(number: int) -> dict[str, Any]:
    return {
        "first_name": "Ada",
        "last_name": f"Lovelace {number}",
        "company": f"Engines {number}",
        "email": f"ada{number}@example.com",
        "status": "Hot",
    }


@dataclass
class Queue:
    """Records made beforehand, each used by one measured request."""

    ids: Sequence[str]

    def __post_init__(self) -> None:
        self._next = itertools.count()
        self._lock = threading.Lock()

    def take(self) -> str:
        with self._lock:
            return self.ids[next(self._next)]
