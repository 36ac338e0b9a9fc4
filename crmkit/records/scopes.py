"""What a caller who is no person at a screen is let do at all: the scopes of an API key's token.

A scope is `<module>:read` or `<module>:write`, by the plural of its records; `*` is every module,
and who may write may read. Scopes only take away: the rights are still those of the key's user.
"""

from contracts.caller import Caller
from contracts.errors import Problem, forbidden
from crmkit.entity import Entity

SCOPE_PATTERN = r"^(\*|[a-z][a-z0-9-]{0,60}):(read|write)$"

_READING = frozenset({"view", "export", "preview"})


def permits(entity: Entity, caller: Caller, verb: str) -> bool:
    """Whether the caller's scopes, if they are limited to some, have room for the verb."""
    return _has(caller, entity.plural, reading=verb in _READING)


def require(entity: Entity, caller: Caller, verb: str) -> None:
    """Raise Problem 403 `insufficient_scope` for a caller whose scopes leave the verb out."""
    if not permits(entity, caller, verb):
        raise _insufficient(entity.plural, reading=verb in _READING)


def require_everywhere(caller: Caller, *, reading: bool) -> None:
    """The same for what belongs to no module, or to all of them."""
    if not _has(caller, "*", reading=reading):
        raise _insufficient("*", reading=reading)


def require_person(caller: Caller) -> None:
    """Raise Problem 403 for a key: what opens other ways in is for people who have signed in."""
    if caller.scopes is not None:
        raise forbidden("Only somebody who has signed in may do this, not an API key.")


def _has(caller: Caller, module: str, *, reading: bool) -> bool:
    if caller.scopes is None:
        return True
    wanted = {f"{module}:write", "*:write"}
    if reading:
        wanted |= {f"{module}:read", "*:read"}
    return not wanted.isdisjoint(caller.scopes)


def _insufficient(module: str, *, reading: bool) -> Problem:
    """403 as RFC 6750 section 3.1 has it."""
    wanted = f"{module}:{'read' if reading else 'write'}"
    challenge = f'Bearer realm="tandem", error="insufficient_scope", scope="{wanted}"'
    return Problem(
        403,
        "insufficient_scope",
        f"The API key lacks the scope {wanted}.",
        headers={"WWW-Authenticate": challenge},
    )
