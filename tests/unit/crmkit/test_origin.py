"""Whose word on a client's address counts."""

import pytest

from crmkit.config import Settings
from crmkit.origin import Origin, client_address, networks

PROXIES = networks("10.0.0.0/8, ::1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "6.6.6.6", "192.0.2.1"),
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "192.0.2.1:8080", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1"),
        ("::1", "192.0.2.1", "192.0.2.1"),
        ("", "192.0.2.1", ""),
    ],
)
def test_the_last_hop_that_no_trusted_proxy_vouches_for_is_the_client(peer, forwarded, client):
    assert client_address(peer, forwarded, PROXIES) == client


def test_an_ipv6_subscriber_is_one_network_however_many_addresses_it_has():
    assert Origin("2001:db8:1:2::77").network == Origin("2001:db8:1:2:ffff::1").network
    assert Origin("::ffff:192.0.2.1").network == Origin("192.0.2.1").network == "192.0.2.1"
    assert Origin("").network == ""


def test_what_cannot_be_read_is_refused_by_name():
    with pytest.raises(ValueError, match="TANDEM_PROXIES must be addresses and networks"):
        Settings.from_env({"TANDEM_PROXIES": "everybody"})
