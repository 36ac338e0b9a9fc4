"""What operations read: one JSON object a line from every process, tied by the request id."""

import logging
import logging.config
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import Processor

_SECRETS = frozenset(
    {
        "access_token",
        "api_key",
        "authorization",
        "cookie",
        "password",
        "refresh_token",
        "secret",
        "token",
    }
)


def _hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Whatever is logged by mistake under a telling name does not reach the disk."""
    for name in _SECRETS & event.keys():
        event[name] = "[hidden]"
    return event


def _dumps(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


class _NameService:
    """Adds the process's service unless the line was bound to another (the one-process suite)."""

    def __init__(self, service: str) -> None:
        self.service = service

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event.setdefault("service", self.service)
        return event


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Lines of libraries that use `logging` (gunicorn, SQLAlchemy, pika) in the same shape."""

    def __init__(self, service: str) -> None:
        super().__init__(
            foreign_pre_chain=_shared(service),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(
                    serializer=lambda event, **_: _dumps(event).decode()
                ),
            ],
        )


def _shared(service: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _hide_secrets,
        _NameService(service),
    ]


def stdlib_config(service: str, level: str = "INFO") -> dict[str, Any]:
    """A `logging.config.dictConfig` that sends every logger to standard error as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter, "service": service}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": level, "handlers": ["stderr"]},
    }


def configure(service: str, *, level: str = "INFO", stream: BinaryIO | None = None) -> None:
    """Log as `service` from now on; to standard error unless another byte stream is given.

    Raises ValueError if `level` is not a level name of the standard library.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"There is no log level {level!r}")
    logging.config.dictConfig(stdlib_config(service, level.upper()))
    structlog.configure(
        processors=[*_shared(service), structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(stream or sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


@contextmanager
def bound(**context: Any) -> Iterator[None]:
    """Put these values (`request_id`, `service`, ...) on every line logged inside the block."""
    tokens = structlog.contextvars.bind_contextvars(**context)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)
