"""One story across every hop: the request id people quote and the W3C trace that tools follow."""

import os
from typing import NamedTuple

import uuid_utils

_HEX = "0123456789abcdef"
_REQUEST_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
_REQUEST_ID_LENGTH = 64
_VERSION_00_LENGTH = 55


class TraceContext(NamedTuple):
    """What a caller said of itself: its trace, its span, and whether it records."""

    trace_id: str
    parent_id: str
    sampled: bool


def parse(header: str | None) -> TraceContext | None:
    """Read a `traceparent` strictly (W3C Trace Context 3.2); None if it is absent or malformed.

    Versions above 00 are read by their first four fields, as the recommendation asks.
    """
    if header is None or len(header) < _VERSION_00_LENGTH:
        return None
    if header[2] != "-" or header[35] != "-" or header[52] != "-":
        return None
    version, trace_id, parent_id, flags = header[:2], header[3:35], header[36:52], header[53:55]
    # str.strip leaves something behind exactly when a character is not lower-case hex.
    if (version + trace_id + parent_id + flags).strip(_HEX) or version == "ff":
        return None
    if not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    if len(header) > _VERSION_00_LENGTH and (version == "00" or header[55] != "-"):
        return None
    return TraceContext(trace_id, parent_id, bool(int(flags, 16) & 1))


def child_of(caller: TraceContext | None) -> str:
    """The `traceparent` of a new span under `caller`, or of a new trace if there is none."""
    span = os.urandom(8).hex()
    if caller is None:
        return f"00-{os.urandom(16).hex()}-{span}-01"
    return f"00-{caller.trace_id}-{span}-{'01' if caller.sampled else '00'}"


def request_id_from(header: str | None) -> str:
    """The caller's `X-Request-Id` if it is 1 to 64 characters of [A-Za-z0-9._-], else a new one."""
    if header and len(header) <= _REQUEST_ID_LENGTH and not header.strip(_REQUEST_ID):
        return header
    return str(uuid_utils.uuid7())
