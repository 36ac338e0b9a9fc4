"""Requests to addresses that people have typed: only where they may lead, and never for long.

What a name resolves to is looked at once, and the connection goes to just that address: a name that
answers differently the next moment (DNS rebinding) gains nothing by it.
"""

import socket
from collections.abc import Collection, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

SECONDS = (5.0, 10.0)
"""To connect, and for each wait for an answer."""
MOST_BYTES = 1024 * 1024
_PORTS = {80, 443}
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: an IPv4 address in disguise."""


class Forbidden(requests.RequestException):
    """The address may lead into this network, or is none that is spoken to."""


def guard(session: requests.Session, private_hosts: Collection[str] = ()) -> None:
    """Let this session speak HTTPS with the outside alone, on its usual ports.

    `private_hosts` are names or addresses, with their port if it is none of those (`sso:8443`),
    that may be anywhere and may speak plain HTTP. No redirect is followed, no proxy or netrc of
    the environment used, no answer of more than 1 MB read. What is refused raises
    requests.RequestException.
    """
    adapter = _Adapter(frozenset(host.lower() for host in private_hosts))
    session.trust_env = False
    session.max_redirects = 0
    session.mount("https://", adapter)
    session.mount("http://", adapter)


class _Adapter(HTTPAdapter):
    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._private_hosts = private_hosts
        super().__init__(max_retries=0)

    def send(  # noqa: PLR0917 - as requests has it
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002, ARG002 - as requests has it
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """Send it, and read the answer as far as it may go."""
        where = urlsplit(request.url or "")
        request.headers["Host"] = where.netloc.rpartition("@")[2]
        answer = super().send(
            request, stream=True, timeout=timeout or SECONDS, verify=verify, cert=cert
        )
        body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
        if len(body) > MOST_BYTES:
            answer.close()
            raise Forbidden(f"{where.hostname} answers more than {MOST_BYTES} bytes")
        answer._content = body  # noqa: SLF001 - what `answer.content` reads
        answer._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return answer

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """To the address that was looked at, under the name that was asked for."""
        found: Any = super().build_connection_pool_key_attributes(request, verify, cert)
        host_params, pool_kwargs = found
        name = str(host_params["host"]).strip("[]")
        scheme, port = host_params["scheme"], host_params.get("port")
        port = int(port or (443 if scheme == "https" else 80))
        private = not self._private_hosts.isdisjoint({name.lower(), f"{name.lower()}:{port}"})
        if not private and (scheme != "https" or port not in _PORTS):
            raise Forbidden(f"{scheme}://{name}:{port} is not spoken to")
        host_params["host"] = _address_of(name, port, private=private)
        if scheme == "https":
            pool_kwargs |= {"server_hostname": name, "assert_hostname": name}
        return host_params, pool_kwargs


def _address_of(name: str, port: int, *, private: bool) -> str:
    """The first address of the name; raises Forbidden unless all of them may be spoken to."""
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden(f"{name} cannot be found: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (private or all(map(_is_outside, addresses))):
        raise Forbidden(f"{name} is in a network that is not for requests from here")
    return addresses[0]


def _is_outside(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            address = inner
        elif address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast
