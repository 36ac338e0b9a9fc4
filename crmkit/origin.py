"""From where a request comes: the client's address, believed only of who may speak for others."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Networks = Sequence[IPv4Network | IPv6Network]

_DEVICE_LENGTH = 300
_OWN_NETWORK = 64
"""Bits of an IPv6 address that one subscriber shares with nobody (RFC 6177)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """`address` is an IP address, empty if nobody knows it; `device` the User-Agent it sent.

    `session_id` is that of the sign-in whose token came with the request, if one did.
    """

    address: str = ""
    device: str = ""
    session_id: str = ""

    @property
    def network(self) -> str:
        """What stands for the client where attempts are counted: with IPv6, whoever has one
        address has 2^64 of them.
        """
        try:
            address = ip_address(self.address)
        except ValueError:
            return ""
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(ip_network((address, _OWN_NETWORK), strict=False))
        return str(address)


NOWHERE = Origin()
"""Of what the suite does by itself."""


def networks(text: str) -> Networks:
    """Addresses and networks (`10.0.0.0/8,::1`) as written in a setting. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


LOOPBACK = networks("127.0.0.0/8,::1")


def client_address(peer: str, forwarded: str, trusted: Networks) -> str:
    """The client's address: the last one in the chain that no `trusted` proxy vouches for.

    `peer` is who is connected; `forwarded` is X-Forwarded-For, to which each proxy adds, on the
    right, who was connected to it. What stands left of the first stranger, he may have made up.
    """
    client = _plain(peer)
    for hop in reversed(forwarded.split(",") if forwarded else []):
        if not _within(client, trusted):
            break
        named = _plain(hop.strip())
        if not named:
            break
        client = named
    return client


def of_request(
    peer: str | None, forwarded: str | None, agent: str | None, trusted: Networks
) -> Origin:
    """The origin that these parts of an HTTP request tell."""
    device = "".join(letter for letter in (agent or "") if letter.isprintable())
    return Origin(client_address(peer or "", forwarded or "", trusted), device[:_DEVICE_LENGTH])


def _plain(text: str) -> str:
    """The address alone, without a port or brackets; empty for what is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


def _within(address: str, trusted: Networks) -> bool:
    if not address:
        return False
    found = ip_address(address)
    return any(found in network for network in trusted)
