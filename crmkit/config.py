"""Where a process finds its database, broker, peers and files: all from TANDEM_* variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.services import SERVICE_PORTS

_LAST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """`pg_url` is the administrator's URL; each service's own database and role derive from it.

    `bus` is `local` (in process, no broker) or `rabbitmq`. `database_prefix` lets several suites
    share one PostgreSQL cluster. `pg_service_password` is the one password of the services' roles
    where their files are not shared; without it each role's is generated and kept in `var`.
    """

    var: Path
    host: str
    port: int
    pg_url: str
    amqp_url: str
    smtp_url: str
    bus: str
    database_prefix: str
    service_urls: Mapping[str, str]
    admin_password: str | None
    pg_service_password: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the variables; raises ValueError that names the variable that cannot be read."""
        env = os.environ if env is None else env
        port = env.get("TANDEM_PORT", "8000")
        if not port.isdigit() or int(port) > _LAST_PORT:
            raise ValueError(f"TANDEM_PORT must be a port number, not {port!r}")
        bus = env.get("TANDEM_BUS", "rabbitmq")
        if bus not in {"local", "rabbitmq"}:
            raise ValueError(f"TANDEM_BUS must be 'local' or 'rabbitmq', not {bus!r}")
        var = Path(env.get("TANDEM_VAR", "var"))
        return cls(
            var=var,
            host=env.get("TANDEM_HOST", "127.0.0.1"),
            port=int(port),
            pg_url=env.get("TANDEM_PG_URL", "postgresql://postgres@127.0.0.1:5432/postgres"),
            amqp_url=env.get("TANDEM_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2F"),
            smtp_url=env.get("TANDEM_SMTP_URL", f"file:{var / 'outbox'}"),
            bus=bus,
            database_prefix=env.get("TANDEM_DATABASE_PREFIX", "tandem_"),
            service_urls={
                name: env.get(f"TANDEM_{name.upper()}_URL", f"http://127.0.0.1:{number}")
                for name, number in SERVICE_PORTS.items()
            },
            admin_password=env.get("TANDEM_ADMIN_PASSWORD") or None,
            pg_service_password=env.get("TANDEM_PG_SERVICE_PASSWORD") or None,
        )
