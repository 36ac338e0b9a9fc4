"""What no client may make Tandem swallow: huge bodies, bottomless JSON, endless headers."""

from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote
from wsgiref.types import WSGIEnvironment

from contracts.errors import Problem, bad_request, method_not_allowed, too_large

BODY_LIMIT = 10 * 1024 * 1024
OPEN_BODY_LIMIT = 64 * 1024  # for who has not shown a token yet
DEPTH_LIMIT = 32
URL_LIMIT = 8000
HEADERS_LIMIT = 16 * 1024

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})

_BLOCK = 64 * 1024
_KEEP = b'[]{}"'
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_REST = bytes(byte for byte in range(256) if byte not in _KEEP)

API_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def check_head(environ: WSGIEnvironment) -> None:
    """Refuse an unknown method (405), a too long URL (414) or too long headers (431)."""
    if environ["REQUEST_METHOD"] not in METHODS:
        raise method_not_allowed(sorted(METHODS))
    if _url_length(environ) > URL_LIMIT:
        raise Problem(
            HTTPStatus.REQUEST_URI_TOO_LONG,
            "url_too_long",
            f"Path and query may have {URL_LIMIT} bytes together, as they are sent.",
        )
    size = 0
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            size += len(value)
    if size > HEADERS_LIMIT:
        raise Problem(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            f"The headers may have {HEADERS_LIMIT} bytes together.",
        )


def _url_length(environ: WSGIEnvironment) -> int:
    """In bytes. Of the path we see only what its %-escapes stand for, and pass on escapes."""
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    if 3 * len(path) + len(query) <= URL_LIMIT:
        return len(path) + len(query)
    return len(quote(path, encoding="latin-1")) + len(query)


def read_body(environ: WSGIEnvironment, limit: int) -> bytes:
    """The whole body, whether its length was announced or it came in chunks.

    Raises Problem: 413 over `limit` bytes, 415 for a compressed body, 400 if the client broke off
    or framed it badly.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    chunked = "HTTP_TRANSFER_ENCODING" in environ
    if not length and not chunked:
        return b""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content_encoding_unsupported",
            "Send the body uncompressed.",
        )
    if chunked:
        if length:
            raise bad_request(
                "bad_framing", "Content-Length and Transfer-Encoding exclude each other."
            )
        return _read_chunks(environ["wsgi.input"], limit)
    if not (length.isascii() and length.isdigit()):
        raise bad_request("bad_framing", "Content-Length must be a whole number of bytes.")
    size = int(length)
    if size > limit:
        raise too_large(f"The body may have {limit} bytes.")
    body = _read(environ["wsgi.input"], size) if size else b""
    if len(body) < size:
        raise bad_request("incomplete_body", "The body ended before its announced length.")
    return body


def _read_chunks(source: _Readable, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit + 1
    while left > 0 and (part := _read(source, min(left, _BLOCK))):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise too_large(f"The body may have {limit} bytes.")
    return b"".join(parts)


def _read(source: _Readable, size: int) -> bytes:
    try:
        return source.read(size)
    except (OSError, ValueError, EOFError) as error:
        raise bad_request("incomplete_body", "The body broke off or is badly framed.") from error


def check_depth(body: bytes, content_type: str) -> None:
    """Refuse JSON nested deeper than 32 levels (400 `too_deep`) without parsing it.

    Brackets inside strings do not count. Works by whole-buffer operations only, so that a bomb
    of 10 MB costs milliseconds. Broken JSON passes: the service says what is wrong with it.
    """
    if body.count(b"[") + body.count(b"{") <= DEPTH_LIMIT:
        return
    if content_type and "json" not in content_type.lower():
        return
    if b"\\" in body:
        # Escapes pair up from the left: what is left of a quote afterwards ends a string.
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    shape = body.translate(_ONE_KIND, _REST)
    # Two neighbouring quotes are an empty string, or the seam of two strings: dropping them
    # changes nothing about what lies inside and what outside.
    shape = shape.replace(b'""', b"")
    if b'"' in shape:
        shape = b"".join(shape.split(b'"')[::2])
    for _ in range(DEPTH_LIMIT):
        if b"[]" not in shape:
            break
        shape = shape.replace(b"[]", b"")  # takes away the innermost level
    if b"[]" in shape or shape.count(b"[") > DEPTH_LIMIT:
        raise bad_request("too_deep", f"JSON may be nested {DEPTH_LIMIT} levels deep.")
