"""Secrets that this service must read again are kept encrypted; the key is in a file elsewhere.

AES-256-GCM (NIST SP 800-38D). The key is in TANDEM_SECRET_KEY_FILE or `secret-key` in `var`: lines
of base64, of which the first seals and all of them open, so that a key can be replaced.
"""

import hashlib
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crmkit.config import Settings
from crmkit.kept_secrets import kept

_KEY_BYTES = 32
_NONCE_BYTES = 12
_NAME_BYTES = 4

_keys: dict[bytes, AESGCM] = {}


class Unreadable(Exception):  # noqa: N818 - said of the secret
    """It was sealed with another key, or for another purpose, or altered."""


def use_keys(settings: Settings) -> None:
    """Seal and open with the keys of this suite from now on; the first start makes one.

    Raises ValueError for a file that holds no keys.
    """
    path = settings.secret_key_file or settings.var / "secret-key"
    text = kept(path, lambda: urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
    found = {}
    for line in text.split():
        key = _key(line, path)
        found[hashlib.sha256(key).digest()[:_NAME_BYTES]] = AESGCM(key)
    _keys.clear()
    _keys.update(found)


def seal(secret: str, purpose: str) -> bytes:
    """The secret encrypted; `purpose` says whose and what it is, and is needed to open it."""
    name, cipher = next(iter(_keys.items()))
    nonce = os.urandom(_NONCE_BYTES)
    return name + nonce + cipher.encrypt(nonce, secret.encode(), purpose.encode())


def unseal(sealed: bytes, purpose: str) -> str:
    """The secret again. Raises Unreadable."""
    name, rest = sealed[:_NAME_BYTES], sealed[_NAME_BYTES:]
    cipher = _keys.get(name)
    if cipher is None:
        raise Unreadable("The key that sealed it is not in the key file (any more).")
    nonce, encrypted = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        return cipher.decrypt(nonce, encrypted, purpose.encode()).decode()
    except InvalidTag:
        raise Unreadable("It was altered, or sealed for another purpose.") from None


def _key(line: str, path: Path) -> bytes:
    try:
        key = urlsafe_b64decode(line)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path} must hold keys of {_KEY_BYTES} bytes in base64, one a line")
    return key
