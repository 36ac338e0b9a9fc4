"""Signing in by an identity provider: what it says counts if it verifies, and nothing else."""

import socket
import uuid

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from crmkit import outgoing
from tests.service.identity.conftest import PASSWORD
from tests.service.identity.provider import CLIENT, SECRET, Provider


@pytest.fixture
def provider():
    running = Provider()
    yield running
    running.close()


@pytest.fixture
def configured(admin, provider, roles):
    """The provider as administrators have set it up; more than one at a time."""

    def configure(**more):
        body = {
            "key": f"sso-{uuid.uuid4().hex[:8]}",
            "name": "Sign-on",
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "role_claim": "groups",
            "roles": [
                {"value": "managers", "role_id": roles["Sales Manager"]["id"]},
                {"value": "*", "role_id": roles["Sales Person"]["id"]},
            ],
        }
        answer = admin("POST", "/identity-providers", body | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return configure


class Browser:
    """Goes off to the provider and comes back."""

    def __init__(self, identity, provider, key):
        self._identity, self._provider, self._key = identity, provider, key

    def begin(self):
        answer = self._identity.call("POST", "/auth/sso", {"provider": self._key})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def complete(self, returned):
        return self._identity.call("POST", "/auth/sso/complete", returned)

    def sign_in(self, **person):
        self._provider.person = person
        begun = self.begin()
        returned = self._provider.authorize(begun["authorization_url"])
        return self.complete(returned | {"attempt": begun["attempt"]})


@pytest.fixture
def browser(identity, provider, configured):
    return Browser(identity, provider, configured()["key"])


@pytest.fixture
def user(make_user):
    name = f"user-{uuid.uuid4().hex[:12]}"
    return make_user(username=name, email=f"{name}@example.com")


def me(identity, answer):
    assert answer.status_code == 200, answer.text
    return identity.call("GET", "/me", token=answer.json()["access_token"]).json()


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_a_verified_address_is_known_and_from_then_on_the_subject(
    identity, browser, user, roles, provider
):
    person = {"sub": "s-1", "email": user["email"].upper(), "groups": ["managers", "x"]}
    assert code(browser.sign_in(**person)) == (401, "no_such_user")
    first = me(identity, browser.sign_in(**person, email_verified=True))
    assert (first["id"], first["role_id"]) == (user["id"], roles["Sales Manager"]["id"])
    again = me(identity, browser.sign_in(sub="s-1", groups=["others"]))
    assert (again["id"], again["role_id"]) == (user["id"], roles["Sales Person"]["id"])
    assert code(browser.sign_in(sub="s-2", email=user["email"])) == (401, "no_such_user")
    token = browser.sign_in(sub="s-1").json()["access_token"]
    newest = identity.call("GET", "/me/sign-ins", token=token).json()["items"][0]
    assert (newest["method"].startswith("sso:sso-"), newest["outcome"]) == (True, "signed_in")


def test_whoever_is_new_is_made_a_user_where_that_is_set(identity, provider, configured, roles):
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    person = {"sub": "n-1", "email": email, "email_verified": True, "given_name": "Ada"}
    closed = Browser(identity, provider, configured()["key"])
    assert code(closed.sign_in(**person)) == (401, "no_such_user")
    open_ = Browser(identity, provider, configured(create_users=True)["key"])
    made = me(identity, open_.sign_in(**person, family_name="King", groups="managers"))
    assert (made["username"], made["display_name"]) == (email, "Ada King")
    assert made["role_id"] == roles["Sales Manager"]["id"]
    no_role = Browser(identity, provider, configured(create_users=True, roles=[])["key"])
    other = person | {"sub": "n-2", "email": f"x{email}"}
    assert code(no_role.sign_in(**other)) == (401, "no_such_user")


def test_the_deactivated_are_shut_out(admin, browser, user):
    person = {"sub": "d-1", "email": user["email"], "email_verified": True}
    assert browser.sign_in(**person).status_code == 200
    admin("PATCH", f"/users/{user['id']}", {"active": False})
    assert code(browser.sign_in(**person)) == (401, "no_such_user")


LIES = {
    "for others": {"aud": "somebody"},
    "from others": {"iss": "https://evil.example"},
    "an old one": {"exp": 1_700_000_000},
    "another sign-in's": {"nonce": "another"},
    "of no sign-in": {"nonce": None},
    "meant for others": {"azp": "somebody"},
    "for several, of whom nobody asked": {"aud": [CLIENT, "somebody"]},
    "for several others": {"aud": ["somebody", "another"], "azp": CLIENT},
    "of tomorrow": {"iat": 4_000_000_000, "exp": 4_000_000_060},
    "of no end": {"exp": None},
    "of nobody": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_verify_opens_nothing(browser, provider, user, lie):
    provider.lies = LIES[lie]
    person = {"email": user["email"], "email_verified": True}
    assert code(browser.sign_in(**person)) == (401, "sign_in_refused")
    provider.lies = {}
    assert browser.sign_in(**person).status_code == 200


def test_a_signature_of_another_key_or_by_the_client_secret_opens_nothing(browser, provider, user):
    person = {"email": user["email"], "email_verified": True}
    provider.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert code(browser.sign_in(**person)) == (401, "sign_in_refused")
    for key, algorithm in ((SECRET * 3, "HS256"), (None, "none"), (provider.key, "RS512")):
        provider.signing_key, provider.algorithm = key, algorithm
        assert code(browser.sign_in(**person)) == (401, "sign_in_refused")
    provider.published_algorithm = provider.algorithm
    assert code(browser.sign_in(**person)) == (401, "sign_in_refused")


def test_who_comes_back_is_who_left_and_comes_once(browser, provider, user):
    provider.person = {"email": user["email"], "email_verified": True}
    mine, theirs = browser.begin(), browser.begin()
    returned = provider.authorize(mine["authorization_url"])
    stolen = browser.complete(returned | {"attempt": theirs["attempt"]})
    assert code(stolen) == (401, "invalid_attempt")
    late = browser.complete(returned | {"attempt": mine["attempt"]})
    assert code(late) == (401, "invalid_attempt")
    mine = browser.begin()
    returned = provider.authorize(mine["authorization_url"]) | {"attempt": mine["attempt"]}
    forged = browser.complete(returned | {"code": "guessed"})
    assert code(forged) == (401, "sign_in_refused")
    assert code(browser.complete(returned)) == (401, "invalid_attempt")


def test_a_code_of_another_provider_is_not_taken_to_this_one(browser, provider, user):
    def bring(**more):
        begun = browser.begin()
        returned = provider.authorize(begun["authorization_url"])
        return browser.complete(returned | {"attempt": begun["attempt"]} | more)

    provider.person = {"email": user["email"], "email_verified": True}
    provider.names_itself = True
    for named in ({}, {"iss": "https://evil.example"}):
        assert code(bring(**named)) == (401, "sign_in_refused")
    assert provider.codes
    assert bring(iss=provider.issuer).status_code == 200


def test_administrators_alone_set_up_providers_and_no_secret_is_shown(
    identity, admin, configured, make_user, errors
):
    made = configured()
    assert made["has_secret"]
    assert "client_secret" not in made
    path = f"/identity-providers/{made['id']}"
    assert admin("PATCH", path, {"name": "Other"}).json()["name"] == "Other"
    assert errors(admin("PATCH", path, {"issuer": None, "roles": None})) == [
        ("/issuer", "required"),
        ("/roles", "required"),
    ]
    body = {"key": made["key"], "name": "x", "client_id": "x", "issuer": "ftp://x", "roles": []}
    assert errors(admin("POST", "/identity-providers", body)) == [("/issuer", "invalid")]
    body |= {"issuer": "https://x", "roles": [{"value": "a", "role_id": made["id"]}]}
    assert errors(admin("POST", "/identity-providers", body)) == [
        ("/roles/0/role_id", "dangling_link"),
        ("/key", "not_unique"),
    ]
    token = identity.sign_in(make_user()["username"], PASSWORD).json()["access_token"]
    for method, at in (("GET", "/identity-providers"), ("DELETE", path)):
        assert identity.call(method, at, token=token).status_code == 403
    offered = identity.call("GET", "/auth/sso").json()["items"]
    assert {"key": made["key"], "name": "Other"} in offered
    assert admin("PATCH", path, {"active": False}).status_code == 200
    begun = identity.call("POST", "/auth/sso", {"provider": made["key"]})
    assert begun.status_code == 404
    assert admin("DELETE", path).status_code == 204
    rows = identity.sql("SELECT row_to_json(t)::text FROM identity_provider t")
    rows += identity.sql("SELECT convert_from(body, 'UTF8') FROM outbox")
    assert not [row for (row,) in rows if SECRET in row]


def test_a_provider_that_leads_elsewhere_is_not_followed(identity, provider, configured):
    provider.redirect_to = "http://169.254.169.254/latest/meta-data"
    key = configured()["key"]
    begun = identity.call("POST", "/auth/sso", {"provider": key})
    assert code(begun) == (502, "provider_unavailable")
    provider.redirect_to = f"{provider.issuer}/elsewhere"
    begun = identity.call("POST", "/auth/sso", {"provider": key})
    assert code(begun) == (502, "provider_unavailable")
    assert set(provider.asked) == {"/.well-known/openid-configuration"}
    inside = configured(issuer="http://127.0.0.1:1")["key"]
    begun = identity.call("POST", "/auth/sso", {"provider": inside})
    assert code(begun) == (502, "provider_unavailable")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::]/",
        "https://169.254.169.254/",
        "https://0.0.0.0/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://192.0.2.1:8443/",
        "http://192.0.2.1/",
        "gopher://192.0.2.1/",
        "file:///etc/passwd",
    ],
)
def test_no_request_leads_into_this_network(url):
    with requests.Session() as session:
        outgoing.guard(session)
        with pytest.raises((outgoing.Forbidden, requests.exceptions.InvalidSchema)):
            session.get(url)


def names(monkeypatch, *addresses):
    """Let each name be at these addresses; the connections that are tried go into the list."""
    tried = []

    def asked(host, port, *_, **__):
        try:
            return [*known(host, port, flags=socket.AI_NUMERICHOST, type=socket.SOCK_STREAM)]
        except socket.gaierror:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    def connect(address, *_, **__):
        tried.append(address)
        raise ConnectionRefusedError

    known = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return tried


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
@pytest.mark.parametrize("others", [(), ("93.184.216.34",)])
def test_a_name_of_an_address_in_this_network_is_not_spoken_to(monkeypatch, others, inside):
    tried = names(monkeypatch, *others, inside)
    with requests.Session() as session:
        outgoing.guard(session)
        with pytest.raises(outgoing.Forbidden):
            session.get("https://sso.example/")
    assert tried == []


@pytest.mark.parametrize("url", ["https://sso.example:8443/", "http://sso.example/"])
def test_other_ports_and_plain_http_are_not_spoken(monkeypatch, url):
    tried = names(monkeypatch, "93.184.216.34")
    with requests.Session() as session:
        outgoing.guard(session)
        with pytest.raises(outgoing.Forbidden):
            session.get(url)
    assert tried == []


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    tried = names(monkeypatch, "93.184.216.34")
    with requests.Session() as session:
        outgoing.guard(session)
        with pytest.raises(requests.ConnectionError):
            session.get("https://sso.example/")
    assert tried == [("93.184.216.34", 443)]


def test_the_same_address_is_spoken_to_where_it_is_allowed(provider):
    with requests.Session() as session:
        outgoing.guard(session, [f"127.0.0.1:{provider.port}"])
        assert session.get(f"{provider.issuer}/jwks").json()["keys"]
        assert provider.asked == ["/jwks"]
        with pytest.raises(outgoing.Forbidden):
            session.get(f"http://127.0.0.1:{provider.port + 1}/")
        assert jwt.PyJWKSet.from_dict(session.get(f"{provider.issuer}/jwks").json())
