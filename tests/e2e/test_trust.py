"""Nobody is let in on trust: each door looks at the token itself, and keys change under load."""

import base64
import json
import socket
import struct
import threading
import time
from contextlib import closing
from email import message_from_string
from pathlib import Path

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from contracts.services import SERVICE_PORTS
from crmkit import sealing
from crmkit.config import Settings
from tandem.postgres import EmbeddedPostgres
from tandem.provision import connect
from tests.e2e.running import PASSWORD, PATIENCE
from tests.eventually import eventually

_SUBJECT = "Set a new password for Tandem"
ASKED = {
    "identity": "/roles",
    "sales": "/leads",
    "inventory": "/products",
    "support": "/tickets",
    "messaging": "/emails",
    "reporting": "/reports/sales",
}


def listening(pid):
    """(address, port) of everything at which the process listens."""
    own = {link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    for table, size in (("tcp", 4), ("tcp6", 16)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and Path(f"socket:[{inode}]") in own:
                address, port = local.split(":")
                words = struct.unpack(f"<{size // 4}I", bytes.fromhex(address))
                packed = struct.pack(f">{size // 4}I", *words)
                family = socket.AF_INET if size == 4 else socket.AF_INET6
                yield socket.inet_ntop(family, packed), int(port, 16)


@pytest.fixture(scope="module")
def doors(suite):
    """The address of each service, and below /api/v1 that of the gateway."""
    found = {}
    for _, port in listening(suite._process.pid):
        ready = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE).json()
        if ready.get("service") in SERVICE_PORTS:
            found[ready["service"]] = f"http://127.0.0.1:{port}"
    assert set(found) == set(SERVICE_PORTS)
    return found


@pytest.fixture(scope="module")
def database(suite):
    """Identity's own, for what only it can do."""

    def run(statement, *values):
        url = make_url(EmbeddedPostgres(suite.var).url).set(database="tandem_identity")
        with closing(connect(url.render_as_string(hide_password=False))) as connection:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            connection.commit()
            return cursor.fetchall() if cursor.description else []

    return run


class Forge:
    """Makes tokens with the suite's own key, which nobody else has, and all but right ones."""

    def __init__(self, suite, database, user_id):
        self._user_id = user_id
        sealing.use_keys(Settings.from_env({"TANDEM_VAR": str(suite.var)}))
        query = "SELECT kid, private_key FROM signing_key_pair WHERE NOT retired"
        ((self.kid, sealed),) = database(query)
        raw = base64.b64decode(sealing.unseal(bytes(sealed), f"signing_key/{self.kid}"))
        self.key = Ed25519PrivateKey.from_private_bytes(raw)
        self.public = self.key.public_key().public_bytes_raw()

    def token(self, *, key=None, algorithm="EdDSA", header=(), **claims):
        now = int(time.time())
        payload = {"iss": "tandem", "aud": "tandem", "sub": self._user_id, "jti": "1"}
        payload |= {"iat": now, "exp": now + 600} | claims
        headers = {"typ": "at+jwt", "kid": self.kid} | dict(header)
        return jwt.encode(payload, key or self.key, algorithm, headers=headers)

    def unsigned(self):
        _, body, _ = self.token().split(".")
        words = json.dumps({"alg": "none", "typ": "at+jwt", "kid": self.kid}).encode()
        return f"{base64.urlsafe_b64encode(words).decode().rstrip('=')}.{body}."

    def attacks(self):
        """By name; each is wrong in one way."""
        stranger = Ed25519PrivateKey.generate()
        jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(stranger.public_key()))
        theirs = {"key": stranger}
        head, body, signature = self.token().split(".")
        return {
            "alg none": self.unsigned(),
            "without a signature": f"{head}.{body}.",
            "HS256 with the public key": self.token(key=self.public, algorithm="HS256"),
            "wrong audience": self.token(aud="refresh"),
            "several audiences": self.token(aud=["tandem", "others"]),
            "wrong issuer": self.token(iss="https://evil.example"),
            "wrong type": self.token(header={"typ": "JWT"}),
            "unknown key": self.token(header={"kid": "unknown"}),
            "path in the kid": self.token(header={"kid": "../../../../dev/null"}),
            "SQL in the kid": self.token(header={"kid": "' OR 1=1 --"}),
            "expired": self.token(exp=int(time.time()) - 120),
            "of the future": self.token(iat=int(time.time()) + 3600),
            "re-targeted": self._retargeted(head, signature),
            "another key": self.token(**theirs),
            "jwk in the header": self.token(**theirs, header={"jwk": jwk}),
            "jku in the header": self.token(**theirs, header={"jku": "https://evil.example/jwks"}),
            "x5u in the header": self.token(**theirs, header={"x5u": "https://evil.example/x"}),
            "100 KB": self.token(padding="x" * 100_000),
            "of nobody": self.token(sub=None),
            "no token": "abc",
        }

    def _retargeted(self, head, signature):
        body = self.token(sub="01990000-0000-7000-8000-000000000009").split(".")[1]
        return f"{head}.{body}.{signature}"


@pytest.fixture(scope="module")
def forge(suite, admin, database):
    return Forge(suite, database, admin.get("/me")["id"])


def test_every_door_refuses_every_bad_token_itself(suite, doors, forge):
    good = forge.token()
    addresses = {
        name: (url + ASKED[name], f"{suite.url}/api/v1{ASKED[name]}") for name, url in doors.items()
    }
    let_in, wrongly_refused = [], []
    for name, pair in addresses.items():
        for address in pair:
            assert ask(address, good).status_code == 200, address
            assert ask(address, None).status_code == 401, address
            for attack, token in forge.attacks().items():
                answer = ask(address, token)
                if answer.status_code == 200:
                    let_in.append((address, attack))
                too_long = attack == "100 KB" and answer.status_code in {400, 431}
                told = answer.status_code == 401 and answer.json()["code"] == "unauthenticated"
                if not (told or too_long):
                    wrongly_refused.append((name, address, attack, answer.status_code))
    assert let_in == []
    assert wrongly_refused == []


def ask(address, token):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(address, headers=headers, timeout=PATIENCE)


def test_services_listen_on_this_machine_alone(suite):
    """Whatever the gateway is opened to: here, too, it is at the address it was given."""
    assert {address for address, _ in listening(suite._process.pid)} == {"127.0.0.1"}


class Load:
    """People at work in all services until told to stop; what they were refused is kept."""

    def __init__(self, suite):
        self._suite = suite
        self._stop = threading.Event()
        self.refused = []
        self.answered = 0
        self.kids = {}
        self._threads = [threading.Thread(target=self._work) for _ in range(3)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self):
        body = {"username": "admin", "password": PASSWORD}
        tokens = self._suite.with_token(None)("POST", "/auth/token", body)
        while not self._stop.is_set():
            api = self._suite.with_token(tokens["access_token"])
            kid = jwt.get_unverified_header(tokens["access_token"])["kid"]
            self.kids[threading.get_ident()] = kid
            for path in ASKED.values():
                answer = api.ask("GET", path)
                self.answered += 1
                if answer.status_code != 200:
                    self.refused.append((path, answer.status_code, answer.text))
            renewed = {"refresh_token": tokens["refresh_token"]}
            tokens = api("POST", "/auth/refresh", renewed)


def test_a_forgotten_password_is_set_by_the_link_in_the_mail(suite, admin):
    (role, *_) = admin.get("/roles")["items"]
    address = "dora@example.com"
    dora = admin.create("users", username="dora", last_name="D", email=address, role_id=role["id"])
    api = suite.with_token(None)
    api("POST", "/auth/forgotten-password", {"username": address}, status=204)
    eventually(lambda: len(suite.mails(_SUBJECT)), 1, within=PATIENCE)
    mail = message_from_string(suite.mails(_SUBJECT)[0]).get_payload(decode=True).decode()
    secret = mail.split("/set-password#token=")[1].split()[0]
    body = {"token": secret, "password": "a wholly new one"}
    api("POST", "/auth/password", body, status=204)
    signed_in = api("POST", "/auth/token", {"username": "dora", "password": body["password"]})
    assert suite.with_token(signed_in["access_token"]).get("/me")["id"] == dora["id"]
    assert "Set your password" in requests.get(f"{suite.url}/set-password", timeout=PATIENCE).text
    everything = (suite.var / "suite.log").read_text()
    assert secret not in everything
    assert body["password"] not in everything


def knows(door, kid, forge):
    """Whether the key is published there, as each is long before it signs.

    Who shows the gateway a key that it has not heard of makes it look now, not in five minutes.
    """
    ask(door + ASKED["identity"], forge.token(header={"kid": "unheard of"}))
    return kid in {key["kid"] for key in ask(f"{door}/jwks", None).json()["keys"]}


def test_keys_change_under_load_and_no_request_fails(suite, admin, database, doors, forge):
    (old,) = admin.get("/signing-keys")["items"]
    with Load(suite) as load:
        eventually(lambda: load.answered > 60, within=PATIENCE)
        new, _ = admin("POST", "/signing-keys/rotate")["items"]
        assert (new["signing"], new["kid"] != old["kid"]) == (False, True)
        assert len(admin("POST", "/signing-keys/rotate")["items"]) == 2
        for door in (*doors.values(), f"{suite.url}/api/v1"):
            eventually(lambda door=door: knows(door, new["kid"], forge), within=PATIENCE)
        database("UPDATE signing_key_pair SET signs_from = now() WHERE kid = %s", new["kid"])
        eventually(lambda: set(load.kids.values()), {new["kid"]}, within=PATIENCE)
        admin = suite.sign_in("admin")
        assert load.refused == []
        database("UPDATE signing_key_pair SET signs_from = signs_from - interval '13 minutes'")
        eventually(lambda: len(admin.get("/signing-keys")["items"]), 1, within=PATIENCE)
        seen = load.answered
        eventually(lambda: load.answered > seen + 60, within=PATIENCE)
    assert load.refused == []
    [kept] = admin.get("/signing-keys")["items"]
    assert (kept["kid"], kept["signing"]) == (new["kid"], True)
    ((forgotten,),) = database("SELECT private_key FROM signing_key_pair WHERE retired")
    assert bytes(forgotten) == b""
