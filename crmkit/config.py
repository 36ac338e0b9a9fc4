"""Where a process finds its database, broker, peers and files: all from TANDEM_* variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.services import SERVICE_PORTS
from crmkit.origin import LOOPBACK, Networks, networks

_LAST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """`pg_url` is the administrator's URL; each service's own database and role derive from it.

    `bus` is `local` (in process, no broker) or `rabbitmq`. `database_prefix` lets several suites
    share one PostgreSQL cluster. `pg_service_password` is the one password of the services' roles
    where their files are not shared; without it each role's is generated and kept in `var`.
    `secret_key_file` holds the key of secrets kept encrypted; None for a file of its own in `var`.
    `host` is where the gateway listens, `service_host` where the services do, each as a process.
    `private_hosts` are names, with a port if need be, of servers in this network that may be asked.
    `public_url` is where people reach the gateway, as links in mails have it.
    `gateways` are the addresses from which a service believes what X-Forwarded-For says, `proxies`
    those from which the gateway does.
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
    secret_key_file: Path | None = None
    public_url: str = ""
    service_host: str = "127.0.0.1"
    private_hosts: frozenset[str] = frozenset()
    gateways: Networks = LOOPBACK
    proxies: Networks = ()

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
        host = env.get("TANDEM_HOST", "127.0.0.1")
        return cls(
            var=var,
            host=host,
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
            secret_key_file=Path(key) if (key := env.get("TANDEM_SECRET_KEY_FILE")) else None,
            public_url=env.get("TANDEM_PUBLIC_URL", "").rstrip("/") or _address(host, port),
            service_host=env.get("TANDEM_SERVICE_HOST", "127.0.0.1"),
            private_hosts=frozenset(env.get("TANDEM_PRIVATE_HOSTS", "").replace(",", " ").split()),
            gateways=_networks(env, "TANDEM_GATEWAYS", LOOPBACK),
            proxies=_networks(env, "TANDEM_PROXIES", ()),
        )


def _address(host: str, port: str) -> str:
    everywhere = host in {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not listened at
    readable = "localhost" if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{readable}:{port}"


def _networks(env: Mapping[str, str], name: str, default: Networks) -> Networks:
    text = env.get(name)
    try:
        return default if text is None else networks(text)
    except ValueError:
        reason = f"{name} must be addresses and networks (10.0.0.0/8,::1), not {text!r}"
        raise ValueError(reason) from None
