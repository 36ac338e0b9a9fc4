"""A small OpenID provider on 127.0.0.1, as faithful or as false as a test wants it."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "tandem", "the client's secret"


class Provider:
    """`person` are the claims of whoever signs in there; `lies` changes those of the ID token."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signing_key = self.key
        self.algorithm = self.published_algorithm = "RS256"
        self.person = {}
        self.lies = {}
        self.codes = {}
        self.redirect_to = None
        self.names_itself = False
        self.asked = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        self.issuer = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def authorize(self, url):
        """The person signs in there: the code and state that the browser comes back with."""
        query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def documents(self):
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "authorization_response_iss_parameter_supported": self.names_itself,
            },
            "/jwks": {"keys": [jwk | {"kid": "1", "use": "sig", "alg": self.published_algorithm}]},
        }

    def token(self, form, authorization):
        asked = self.codes.pop(form.get("code", [""])[0], None)
        verifier = form.get("code_verifier", [""])[0].encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        if asked is None or digest != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if authorization not in {_basic(CLIENT, SECRET), _basic(quote(CLIENT), quote(SECRET))}:
            return 401, {"error": "invalid_client"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60}
        claims |= {"nonce": asked["nonce"], "sub": "p-1"} | self.person | self.lies
        claims = {name: value for name, value in claims.items() if value is not None}
        id_token = jwt.encode(claims, self.signing_key, self.algorithm, headers={"kid": "1"})
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": id_token}

    def _handler(provider):  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                if provider.redirect_to:
                    self.send_response(302)
                    self.send_header("Location", provider.redirect_to)
                    self.end_headers()
                    return
                self._answer(200, provider.documents().get(self.path, {}))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(*provider.token(parse_qs(body), self.headers["Authorization"]))

            def _answer(self, status, document):
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


def _basic(name, password):
    """As RFC 7617 has it; RFC 6749 section 2.3.1 would form-encode both first."""
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"
