"""Who the person at this keyboard is signed in as: one file that only its owner may read."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8000"


class NotSignedIn(Exception):  # noqa: N818 - tells the person what to do, not a fault
    """Nobody is signed in, or the sign-in is over; the message says how to sign in."""


@dataclass(frozen=True)
class Credentials:
    """What `POST /auth/token` gave. Without a `refresh_token` the access token ends as it is."""

    url: str
    access_token: str
    refresh_token: str | None = None


def default_path(env: Mapping[str, str] | None = None) -> Path:
    """`$XDG_CONFIG_HOME/tandem/credentials.json`; `~/.config` where that is not set."""
    env = os.environ if env is None else env
    base = env.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "tandem" / "credentials.json"


def load(path: Path) -> Credentials | None:
    """The kept credentials; None when there are none. Raises NotSignedIn when unreadable."""
    try:
        return Credentials(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise NotSignedIn(f"{path} cannot be read: run `tandem login` again.") from None


def save(path: Path, credentials: Credentials) -> None:
    """Keep the credentials, mode 0600; the file is replaced whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as out:
        json.dump(asdict(credentials), out)
    draft.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time renews: a refresh token used twice ends the whole sign-in."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
