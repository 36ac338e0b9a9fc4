"""What a new password must be like (NIST SP 800-63B 5.1.1.2): long, and nobody's first guess."""

from collections.abc import Iterator
from typing import Any

from zxcvbn import zxcvbn

from contracts.errors import FieldError
from crmkit import offload

SHORTEST = 12
LONGEST = 128
_SAFE_SCORE = 3
"""zxcvbn's "safely unguessable": more than 10^8 guesses of those who know what people choose."""
_LOOKED_AT = 72
"""Characters; the estimate takes a tenth of a second from there on, and hardly changes."""
_SHORTEST_NAME = 4


def flaws(user: Any, password: str, at: str) -> list[FieldError]:
    """Every rule that this new password of the user's breaks; `at` is the pointer to it."""
    return [FieldError(at, *flaw) for flaw in _flaws(user, password)]


def _flaws(user: Any, password: str) -> Iterator[tuple[str, str]]:
    if len(password) < SHORTEST:
        yield "too_short", f"must have at least {SHORTEST} characters"
    if len(password) > LONGEST:
        yield "too_long", f"must have at most {LONGEST} characters"
    names = _names(user)
    if any(name in password.casefold() for name in names):
        yield "contains_name", "must not contain the username or the e-mail address"
    # It holds the interpreter lock, yet a thread of its own lets the loop have its turns.
    if offload.call(_score, password[:_LOOKED_AT], names) < _SAFE_SCORE:
        yield "too_common", "must not be among the first that others would guess"


def _names(user: Any) -> list[str]:
    email = (user.email or "").casefold()
    names = {user.username.casefold(), email, email.partition("@")[0]}
    return sorted(name for name in names if len(name) >= _SHORTEST_NAME)


def _score(password: str, names: list[str]) -> int:
    """0 to 4. The lists of breached and common passwords and words come with zxcvbn."""
    return int(zxcvbn(password, user_inputs=names)["score"]) if password else 0
